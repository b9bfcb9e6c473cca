import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Category } from "@apportion/domain/category";
import { parsePicos } from "@apportion/domain/money";
import type { Movement, WorkloadName } from "./movement.js";
import {
  Difference,
  type LabelledWorkload,
  type PeriodCosts,
  splitDifference,
  type WorkloadCosts,
} from "./split-difference.js";

const NAME: WorkloadName = {
  kind: "workload",
  source: "kubecost",
  scope: "one",
  cluster: "one",
  namespace: "team-a",
  controller: "api",
  service: "",
  label: "",
  protectedLevel: "",
  protectedTeam: "",
};
type Parts = Partial<Record<Category, [cost: string, quantity: string]>>;

function workload(byPayer: Readonly<Record<string, Parts>>, label = ""): LabelledWorkload {
  const parts = (given: Parts) =>
    new Map(
      Object.entries(given).map(([category, [cost, quantity]]) => [
        category as Category,
        { cost: parsePicos(cost), quantity: parsePicos(quantity) },
      ]),
    );
  return {
    name: { ...NAME, label },
    unlabelled: "api",
    byPayer: new Map(Object.entries(byPayer).map(([payer, given]) => [payer, parts(given)])),
  };
}
const period = (given: Partial<PeriodCosts>): PeriodCosts => ({
  workloads: new Map(),
  severalLabels: new Set(),
  pools: new Map(),
  rest: new Map(),
  days: 30,
  ...given,
});
const of = (...workloads: readonly LabelledWorkload[]): PeriodCosts =>
  period({ workloads: new Map(workloads.map((each) => [`api/${each.name.label}`, each])) });
const api = (byPayer: Readonly<Record<string, Parts>>): PeriodCosts => of(workload(byPayer));
const pool = (byPayer: Readonly<Record<string, string>>): PeriodCosts =>
  period({
    pools: new Map([
      [
        "mlflow",
        {
          pool: "mlflow",
          category: "shared",
          byPayer: new Map(Object.entries(byPayer).map(([payer, amount]) => [payer, parsePicos(amount)])),
        },
      ],
    ]),
  });

/** Of a payer: effects and by how much. */
function split(before: PeriodCosts, after: PeriodCosts, payer = "team/a"): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const { effect, category, picos } of splitDifference(before, after).get(payer) ?? [])
    sums[`${effect} ${category}`] = picos;
  return sums;
}
const amounts = (given: Readonly<Record<string, string>>): Record<string, bigint> =>
  Object.fromEntries(Object.entries(given).map(([name, amount]) => [name, parsePicos(amount)]));

describe("a workload", () => {
  it("that runs as before at another price has a difference of price", () => {
    expect(
      split(api({ "team/a": { cpu: ["100", "50"] } }), api({ "team/a": { cpu: ["80", "50"] } })),
    ).toEqual(amounts({ "price cpu": "-20" }));
  });

  it("that runs more at the same price has one of usage, category by category", () => {
    expect(
      split(
        api({ "team/a": { cpu: ["100", "50"], memory: ["10", "5"] } }),
        api({ "team/a": { cpu: ["150", "75"], memory: ["8", "4"] } }),
      ),
    ).toEqual(amounts({ "usage cpu": "50", "usage memory": "-2" }));
  });

  it("that changes in both has usage at the price of before, and price for the quantity of now", () => {
    // 50 hours at 2 become 60 at 3: ten more at 2, and 60 dearer by 1.
    expect(
      split(api({ "team/a": { cpu: ["100", "50"] } }), api({ "team/a": { cpu: ["180", "60"] } })),
    ).toEqual(amounts({ "usage cpu": "20", "price cpu": "60" }));
  });

  it("that runs as long a day in a longer month has a difference of days alone", () => {
    const [before, after] = [
      api({ "team/a": { cpu: ["100", "50"] } }),
      api({ "team/a": { cpu: ["110", "55"] } }),
    ];
    expect(split(before, { ...after, days: 33 })).toEqual(amounts({ "days cpu": "10" }));
    expect(split(before, { ...before, days: 33 })).toEqual(amounts({ "usage cpu": "-10", "days cpu": "10" }));
  });

  it("of which no quantity was read is not told apart, on either side", () => {
    const [unknown, known] = [api({ "team/a": { cpu: ["7", "0"] } }), api({ "team/a": { cpu: ["9", "3"] } })];
    expect(split(unknown, known)).toEqual(amounts({ "not-told-apart cpu": "2" }));
    expect(split(known, unknown)).toEqual(amounts({ "not-told-apart cpu": "-2" }));
    const volume = (cost: string) => api({ "team/a": { "persistent-volume": [cost, "0"] } });
    expect(split(volume("1"), volume("4"))).toEqual(amounts({ "not-told-apart persistent-volume": "3" }));
  });

  it("that begins or ends to use a GPU uses it more or less, and nothing became dearer", () => {
    const [without, with_] = [
      api({ "team/a": { cpu: ["1", "1"] } }),
      api({ "team/a": { cpu: ["1", "1"], gpu: ["30", "10"] } }),
    ];
    expect(split(without, with_)).toEqual(amounts({ "usage gpu": "30" }));
    expect(split(with_, without)).toEqual(amounts({ "usage gpu": "-30" }));
  });

  it("that nobody had before is new, and one that nobody has now is gone", () => {
    const [none, one] = [period({}), api({ "team/a": { cpu: ["7", "3"], gpu: ["1", "0"] } })];
    expect(split(none, one)).toEqual(amounts({ "new cpu": "7", "new gpu": "1" }));
    expect(split(one, none)).toEqual(amounts({ "gone cpu": "-7", "gone gpu": "-1" }));
  });

  it("that was another's is a change of ownership by what it cost before, and grew by the rest", () => {
    const [before, after] = [
      api({ "team/b": { cpu: ["100", "50"] } }),
      api({ "team/a": { cpu: ["120", "60"] } }),
    ];
    expect(split(before, after)).toEqual(amounts({ "ownership cpu": "100", "usage cpu": "20" }));
    expect(split(before, after, "team/b")).toEqual(amounts({ "ownership cpu": "-100" }));
    expect(splitDifference(before, after).get("team/a")?.[0]).toMatchObject({
      effect: "ownership",
      others: { before: ["team/b"], after: [] },
    });
  });

  it("that changed hands in the midst of a month is so by the part that was another's", () => {
    const before = api({ "team/a": { cpu: ["40", "20"] }, "unallocated/": { cpu: ["60", "30"] } });
    const after = api({ "team/a": { cpu: ["100", "50"] } });
    expect(split(before, after)).toEqual(amounts({ "ownership cpu": "60" }));
    expect(split(after, before)).toEqual(amounts({ "ownership cpu": "-60" }));
    expect(split(after, before, "unallocated/")).toEqual(amounts({ "ownership cpu": "60" }));
  });

  it("may be named to a team under HIPAA or PCI where it was none other's, in the months as among its labels", () => {
    const labelled = (label: string, protectedTeam: string): LabelledWorkload => {
      const made = workload({ [`team/${label}`]: { cpu: ["100", "50"] } }, label);
      return { ...made, name: { ...made.name, protectedLevel: protectedTeam && "pci", protectedTeam } };
    };
    const teamsOf = (before: PeriodCosts, after: PeriodCosts): string[] =>
      [...splitDifference(before, after).values()]
        .flat()
        .map(({ subject }) => ("protectedTeam" in subject ? subject.protectedTeam : ""));
    const [own, other, nobodys] = [labelled("a", "a"), labelled("b", "b"), labelled("c", "")];
    expect(new Set(teamsOf(of(own), of(nobodys)))).toEqual(new Set(["a"]));
    expect(new Set(teamsOf(of(nobodys), of(own)))).toEqual(new Set(["a"]));
    expect(new Set(teamsOf(of(own), of(other)))).toEqual(new Set([""]));
    expect(new Set(teamsOf(of(), of(own, other)))).toEqual(new Set([""]));
  });

  it("is followed through another label, but not where labels are there at once", () => {
    const [a, b] = [
      workload({ "team/a": { cpu: ["5", "5"] } }, "a"),
      workload({ "team/b": { cpu: ["5", "5"] } }, "b"),
    ];
    expect(split(of(a), of(b))).toEqual(amounts({ "ownership cpu": "-5" }));
    const apart = { ...of(a), severalLabels: new Set(["api"]) };
    expect(split(apart, of(b))).toEqual(amounts({ "gone cpu": "-5" }));
    expect(split(of(a), { ...of(b), severalLabels: new Set(["api"]) })).toEqual(
      amounts({ "gone cpu": "-5" }),
    );
  });

  it("whose payers have costs below zero is not told apart", () => {
    const before = api({ "team/a": { cpu: ["5", "5"] } });
    const after = api({ "team/a": { cpu: ["6", "5"] }, "team/b": { cpu: ["-1", "1"] } });
    expect(split(before, after)).toEqual(amounts({ "not-told-apart cpu": "1" }));
  });
});

describe("a pool", () => {
  it("is told apart by its cost at the share of before and by the share of its cost now", () => {
    // A quarter of 100, then half of 120.
    expect(split(pool({ "team/a": "25", "team/b": "75" }), pool({ "team/a": "60", "team/b": "60" }))).toEqual(
      amounts({ "pool-cost shared": "5", "pool-share shared": "30" }),
    );
  });

  it("that is new, or gone, has another cost and no other share", () => {
    const [none, one] = [period({}), pool({ "team/a": "25", "team/b": "75" })];
    expect(split(none, one)).toEqual(amounts({ "pool-cost shared": "25" }));
    expect(split(one, none)).toEqual(amounts({ "pool-cost shared": "-25" }));
  });

  it("of credits is turned, and one that comes to nothing has no share to go by", () => {
    expect(
      split(pool({ "team/a": "-25", "team/b": "-75" }), pool({ "team/a": "-60", "team/b": "-60" })),
    ).toEqual(amounts({ "pool-cost shared": "-5", "pool-share shared": "-30" }));
    for (const strange of [
      { "team/a": "5", "team/b": "-5" },
      { "team/a": "5", "team/b": "-4" },
    ])
      expect(split(pool(strange), pool({ "team/a": "7" }))).toEqual(
        amounts({ "not-told-apart shared": "2" }),
      );
  });
});

const PAYERS = ["team/a", "team/b", "unallocated/", "pool/mlflow"] as const;
const CATEGORIES = ["cpu", "gpu", "memory", "persistent-volume"] as const;
const cost = fc.bigInt({ min: -(10n ** 6n), max: 10n ** 15n });
const part = fc.record({
  cost: fc.oneof({ weight: 5, arbitrary: cost }, fc.constant(0n)),
  quantity: fc.oneof({ weight: 4, arbitrary: fc.bigInt({ min: 1n, max: 10n ** 15n }) }, fc.constant(0n)),
});
const mapOf = <K, V>(key: fc.Arbitrary<K>, value: fc.Arbitrary<V>, minLength = 0) =>
  fc
    .uniqueArray(fc.tuple(key, value), { selector: ([named]) => named, minLength, maxLength: 4 })
    .map((all) => new Map(all));
const payer = fc.constantFrom(...PAYERS);
const parts = mapOf(fc.constantFrom(...CATEGORIES), part, 1) as fc.Arbitrary<
  Map<Category, { cost: bigint; quantity: bigint }>
>;
const workloads = mapOf(
  fc.tuple(fc.constantFrom("w1", "w2", "w3"), fc.constantFrom("", "x", "y")).map((both) => both.join("/")),
  mapOf(payer, parts, 1),
).map(
  (all) =>
    new Map(
      [...all].map(([key, byPayer]) => {
        const [unlabelled = "", label = ""] = key.split("/");
        return [key, { name: { ...NAME, controller: unlabelled, label }, unlabelled, byPayer }];
      }),
    ),
);
const pools = mapOf(fc.constantFrom("mlflow", "system/one"), mapOf(payer, cost, 1)).map(
  (all) =>
    new Map([...all].map(([key, byPayer]) => [key, { pool: key, category: "shared" as const, byPayer }])),
);
const rest = mapOf(fc.constantFrom("idle"), mapOf(payer, cost, 1)).map(
  (all) =>
    new Map(
      [...all].map(([key, byPayer]) => [
        key,
        {
          effect: "idle" as const,
          subject: { of: "idle" as const, cluster: "one", nodePool: "" },
          category: "idle-cpu" as const,
          byPayer,
        },
      ]),
    ),
);
const costs: fc.Arbitrary<PeriodCosts> = fc.record({
  workloads,
  severalLabels: fc.subarray(["w1", "w2"]).map((all) => new Set(all)),
  pools,
  rest,
  days: fc.integer({ min: 1, max: 31 }),
});

function owed({ workloads: all, pools: shared, rest: others }: PeriodCosts, of_: string): bigint {
  let sum = 0n;
  for (const { byPayer } of all.values())
    for (const each of byPayer.get(of_)?.values() ?? []) sum += each.cost;
  for (const { byPayer } of [...shared.values(), ...others.values()]) sum += byPayer.get(of_) ?? 0n;
  return sum;
}
const sum = (movements: readonly Movement[]): bigint =>
  movements.reduce((total, { picos }) => total + picos, 0n);

describe("whatever two periods cost", () => {
  it("the movements of each payer add up to its difference, exactly", () => {
    fc.assert(
      fc.property(costs, costs, (before, after) => {
        const movements = splitDifference(before, after);
        for (const each of PAYERS)
          expect(sum(movements.get(each) ?? [])).toBe(owed(after, each) - owed(before, each));
      }),
    );
  });

  it("what one hands over another takes: ownership comes to nothing over all", () => {
    fc.assert(
      fc.property(costs, costs, (before, after) => {
        const all = [...splitDifference(before, after).values()].flat();
        expect(sum(all.filter(({ effect }) => effect === "ownership"))).toBe(0n);
      }),
    );
  });

  it("pieces in any order come to the same", () => {
    const piece = ({ workloads: all, severalLabels }: PeriodCosts, unlabelled: string): WorkloadCosts => ({
      workloads: new Map([...all].filter(([, each]) => each.unlabelled === unlabelled)),
      severalLabels: new Set([...severalLabels].filter((key) => key === unlabelled)),
    });
    fc.assert(
      fc.property(costs, costs, (before, after) => {
        const keys = [before, after].flatMap(({ workloads: all }) =>
          Array.from(all.values(), ({ unlabelled }) => unlabelled),
        );
        const difference = new Difference({ before: before.days, after: after.days });
        for (const key of [...new Set(keys)].toSorted().toReversed())
          difference.add(piece(before, key), piece(after, key));
        const pieces = difference.movements(before, after);
        for (const [each, movements] of splitDifference(before, after))
          expect(pieces.get(each)).toEqual(movements);
      }),
    );
  });

  it("nothing moves where nothing changed", () => {
    fc.assert(
      fc.property(costs, (same) => {
        expect([...splitDifference(same, same).values()].flat()).toEqual([]);
      }),
    );
  });
});
