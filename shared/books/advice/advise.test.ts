import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDays, type Day, daysBetween, parseDay } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { advise, type AdviceContext, type KnownHistory, type Recommendation } from "./advise.js";
import type { CostHistory, HistoryDay } from "./history.js";

const PICOS = 10n ** 12n;
const FIRST = parseDay("2026-11-01");
const DAYS = daysBetween(FIRST, addDays(FIRST, 30));

const registry: Registry = {
  teams: ["fraud", "search"].map((id) => ({
    id,
    name: id,
    costCenter: `cc-${id}`,
    complianceLevel: "standard",
    contacts: [],
    budgets: [],
  })),
  sharedServices: [],
  dedicatedClusters: [],
  nodePools: [],
  rules: [
    { owner: { kind: "team", id: "fraud" }, match: { namespace: "team-fraud" } },
    { owner: { kind: "team", id: "search" }, match: { teamLabel: "search" } },
    { owner: { kind: "system", id: "system" }, match: { namespace: "kube-system" } },
  ],
};

const context: AdviceContext = {
  registry,
  days: DAYS,
  clusters: [
    { cluster: "one", days: [], nodes: [], measured: { cpu: true, gpu: true, ram: true, network: true } },
  ],
  buckets: [],
  minimum: 10n * PICOS,
};

const NOTHING: HistoryDay = {
  day: FIRST,
  cpuCost: 0n,
  gpuCost: 0n,
  ramCost: 0n,
  pvCost: 0n,
  loadBalancerCost: 0n,
  networkInfo: 0n,
  cost: 0n,
  cpuHours: 0n,
  cpuRequestHours: 0n,
  cpuUsageHours: 0n,
  gpuHours: 0n,
  gpuUsageHours: 0n,
  ramHours: 0n,
  ramRequestHours: 0n,
  ramUsageHours: 0n,
};

/** Days by their figures in whole units; what they cost is the sum of the parts. */
function dayOf(day: Day, units: Partial<Record<keyof Omit<HistoryDay, "day" | "cost">, number>>): HistoryDay {
  const figures = Object.fromEntries(
    Object.entries(units).map(([name, value]) => [name, BigInt(Math.round(value * 1000)) * 10n ** 9n]),
  );
  const filled = { ...NOTHING, ...figures, day };
  const { cpuCost, gpuCost, ramCost, pvCost, loadBalancerCost } = filled;
  return { ...filled, cost: cpuCost + gpuCost + ramCost + pvCost + loadBalancerCost };
}

function known(days: readonly HistoryDay[], names: Partial<CostHistory> = {}): KnownHistory {
  const history: CostHistory = {
    kind: "workload",
    cluster: "one",
    namespace: "team-fraud",
    controllerKind: "deployment",
    controller: "api",
    teamLabel: "",
    account: "",
    service: "",
    recordType: "",
    networkClass: "",
    ...names,
    days,
  };
  return {
    history,
    trueController: history.controller,
    trueLabel: history.teamLabel,
    costCenter: "",
    first: days[0]?.day ?? FIRST,
    last: days.at(-1)?.day ?? FIRST,
    cost: days.reduce((sum, { cost }) => sum + cost, 0n),
  };
}

const every = (units: Parameters<typeof dayOf>[1], days = DAYS): HistoryDay[] =>
  days.map((day) => dayOf(day, units));

const OVERSIZED = { cpuCost: 2, cpuHours: 48, cpuRequestHours: 48, cpuUsageHours: 4 };
const UNUSED = { gpuCost: 24, gpuHours: 24, gpuUsageHours: 0.1 };
const kinds = (found: readonly Recommendation[]): string[] => found.map(({ kind }) => kind);

describe("a workload", () => {
  it("that wastes in several ways is advised once, by what saves most", () => {
    const found = advise(context, [known(every({ ...OVERSIZED, ...UNUSED }))]);
    expect(found).toMatchObject([{ kind: "unused-gpus", freed: 720n * PICOS, cash: 0n, since: FIRST }]);
  });

  it("that used its GPUs lately is left alone, and since then is evidence", () => {
    const busy = { ...UNUSED, gpuUsageHours: 12 };
    const idleSince = (count: number): HistoryDay[] => [
      ...every(busy, DAYS.slice(0, -count)),
      ...every(UNUSED, DAYS.slice(-count)),
    ];
    expect(advise(context, [known(idleSince(2))])).toEqual([]);
    expect(advise(context, [known(idleSince(5))])).toMatchObject([
      { since: DAYS.at(-5), freed: 120n * PICOS },
    ]);
  });

  it("whose GPUs nothing measures is not said to waste them", () => {
    const measured = { cpu: true, gpu: false, ram: true, network: true };
    const clusters = [{ cluster: "one", days: [], nodes: [], measured }];
    expect(advise({ ...context, clusters }, [known(every(UNUSED))])).toEqual([]);
  });

  it("without a request has none to lower", () => {
    expect(advise(context, [known(every({ ...OVERSIZED, cpuRequestHours: 0 }))])).toEqual([]);
  });

  it("that is gone needs no advice, and a job that runs weekly is there", () => {
    const weekly = DAYS.filter((_, index) => index % 4 === 1);
    const [gone, job] = [every(OVERSIZED, DAYS.slice(0, 20)), every({ ...OVERSIZED, cpuCost: 4 }, weekly)];
    const found = advise(context, [
      known(gone, { controller: "gone" }),
      known(job, { controllerKind: "job", controller: "etl-*" }),
    ]);
    // 4 a run, of which 40 of 48 hours are spare, on 8 days.
    expect(found).toMatchObject([{ subject: { controller: "etl-*" }, freed: 26_666_666_666_664n }]);
  });

  it.each(["job", "cronjob", "daemonset"])(
    "of kind %s is not abandoned for being quiet",
    (controllerKind) => {
      const quiet = every({ cpuCost: 2, cpuHours: 48, cpuRequestHours: 1, cpuUsageHours: 0.1 });
      expect(kinds(advise(context, [known(quiet)]))).toEqual(["abandoned-workload"]);
      expect(advise(context, [known(quiet, { controllerKind })])).toEqual([]);
    },
  );

  it("of which nobody knows how much it was given is not abandoned", () => {
    expect(advise(context, [known(every({ cpuCost: 2 }))])).toEqual([]);
  });

  it("that moves bytes is not abandoned", () => {
    const proxy = every({ cpuCost: 2, cpuHours: 48, cpuRequestHours: 1, cpuUsageHours: 0.1, networkInfo: 1 });
    expect(advise(context, [known(proxy)])).toEqual([]);
  });

  it("of Kubernetes itself is its provider's to size", () => {
    expect(advise(context, [known(every(OVERSIZED), { namespace: "kube-system" })])).toEqual([]);
  });
});

describe("what is advised", () => {
  it("is nothing below the least amount, and nothing from few complete days", () => {
    const cheap = known(every({ ...OVERSIZED, cpuCost: 0.3 }));
    expect(advise(context, [cheap])).toEqual([]);
    expect(advise({ ...context, minimum: 0n }, [cheap])).toHaveLength(1);
    expect(advise({ ...context, days: DAYS.slice(0, 6) }, [known(every(OVERSIZED))])).toEqual([]);
  });

  it("is never more than its subject costs, also where a credit of another day leaves less", () => {
    const credited = (credit: number): KnownHistory =>
      known([dayOf(FIRST, { cpuCost: -credit }), ...every(UNUSED, DAYS.slice(1))]);
    expect(advise(context, [credited(600)])).toMatchObject([{ freed: 96n * PICOS, cost: 96n * PICOS }]);
    expect(advise(context, [credited(700)])).toEqual([]);
  });

  it.each([-5, 5_000_000_000])("takes a day with %d hours for no evidence", (cpuUsageHours) => {
    const broken = dayOf(DAYS[25] ?? FIRST, { ...UNUSED, cpuUsageHours });
    const days = [...every(UNUSED, DAYS.slice(0, 25)), broken, ...every(UNUSED, DAYS.slice(26))];
    expect(advise(context, [known(days)])).toMatchObject([{ since: DAYS[26] }]);
  });

  it("has names that cannot become a command, nor end a text of SQL", async () => {
    const { findAgain } = await import("./find-again.js");
    const evil = known(every(UNUSED), { controller: "x'; rm -rf ~ #" });
    const [found] = advise(context, [evil]);
    expect(found?.change).toContain(`'deployment/x'\\''; rm -rf ~ #'`);
    expect(found && findAgain(found)).toContain(String.raw`controller = 'x\'; rm -rf ~ #'`);
  });

  it("gives no sizes", () => {
    const [found] = advise(context, [known(every(OVERSIZED))]);
    expect(found?.change).toContain('updateMode: "Off"');
    expect(found?.risk).toContain("are not read here");
    expect(found?.change).not.toMatch(/\d+(m|Mi|Gi)\b/);
  });
});

describe("what the bill and the network say", () => {
  const late = DAYS.slice(0, -5);
  const costly = (daily: number, days = DAYS): HistoryDay[] => every({ cpuCost: daily }, days);

  it.each([
    ["unused-commitment", { kind: "bill", namespace: "", recordType: "SavingsPlanRecurringFee" }],
    ["unowned-buckets", { kind: "object-storage", namespace: "", teamLabel: "frad" }],
    ["nat-traffic", { kind: "network", controller: "", networkClass: "nat" }],
  ] as const)("of kind %s is not said any more once it is mended", (kind, names) => {
    expect(kinds(advise(context, [known(costly(3), names)]))).toEqual([kind]);
    const mended = [...costly(3, late), ...costly(0, DAYS.slice(-5))];
    expect(advise(context, [known(mended, names)])).toEqual([]);
  });

  it("is said of traffic as long as it is much beside the namespace's cost, on the last days too", () => {
    const names = { kind: "network", controller: "", networkClass: "nat" } as const;
    const namespace = known(every({ cpuCost: 40, cpuHours: 900, cpuRequestHours: 900, cpuUsageHours: 800 }));
    const less = [...costly(3, late), ...costly(1, DAYS.slice(-5))];
    expect(kinds(advise(context, [known(costly(3), names), namespace]))).toEqual(["nat-traffic"]);
    expect(advise(context, [known(less, names), namespace])).toEqual([]);
  });
});

describe("a namespace that nobody owns", () => {
  const unowned = (namespace: string, others: Partial<CostHistory> = {}): KnownHistory =>
    known(every({ cpuCost: 1, cpuHours: 24, cpuRequestHours: 24, cpuUsageHours: 20 }), {
      namespace,
      ...others,
    });

  it.each([
    ["fraud-sandbox", 'it probably belongs to fraud: "fraud-sandbox" has the word fraud'],
    ["team-frauds", 'it probably belongs to fraud: "team-frauds" is spelled almost as fraud'],
    ["fraud-search", "no name or label of it is like a team's"],
    ["sandbox-x7", "no name or label of it is like a team's"],
  ])("%s says whose it probably is, and why", (namespace, because) => {
    expect(advise(context, [unowned(namespace)])).toMatchObject([
      {
        kind: "unowned-namespace",
        owner: { kind: "nobody" },
        because,
        cash: 0n,
        freed: 0n,
        cost: 30n * PICOS,
      },
    ]);
  });

  it("says the same in whatever order its workloads are seen", () => {
    const both = [
      unowned("x", { teamLabel: "fraud-b" }),
      unowned("x", { teamLabel: "fraud-a", controller: "web" }),
    ];
    expect(advise(context, both)).toMatchObject([{ because: expect.stringContaining('"fraud-a" has') }]);
    expect(advise(context, both.toReversed())).toEqual(advise(context, both));
  });

  it("is known by its cost center before its name", () => {
    const found = advise(context, [{ ...unowned("fraud-x"), costCenter: "cc-search" }]);
    expect(found).toMatchObject([{ because: "it probably belongs to search: its cost center is cc-search" }]);
  });
});

const figure = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 500 }) },
  { weight: 1, arbitrary: fc.integer({ min: -500, max: -1 }) },
  { weight: 1, arbitrary: fc.constant(4_000_000_000) },
);
const anyDay = fc.record(
  {
    cpuCost: figure,
    gpuCost: figure,
    ramCost: figure,
    pvCost: figure,
    loadBalancerCost: figure,
    cpuHours: figure,
    cpuRequestHours: figure,
    cpuUsageHours: figure,
    gpuHours: figure,
    gpuUsageHours: figure,
    ramHours: figure,
    ramRequestHours: figure,
    ramUsageHours: figure,
  },
  { requiredKeys: [] },
);
const anyKnown = fc
  .record({
    days: fc.array(anyDay, { minLength: 1, maxLength: DAYS.length }),
    kind: fc.constantFrom("workload" as const, "unmounted" as const, "network" as const, "bill" as const),
    namespace: fc.constantFrom("team-fraud", "nobody-s", "kube-system"),
    controllerKind: fc.constantFrom("deployment", "job", "daemonset"),
  })
  .map(({ days, ...names }) =>
    known(
      days.map((units, index) => dayOf(DAYS[DAYS.length - days.length + index] ?? FIRST, units)),
      { ...names, networkClass: "nat", recordType: "RIFee" },
    ),
  );

describe("properties", () => {
  it("no saving exceeds the cost of its subject, nor all of them together what was spent", () => {
    fc.assert(
      fc.property(fc.array(anyKnown, { maxLength: 6 }), (histories) => {
        const found = advise({ ...context, minimum: 0n }, histories.map(named));
        for (const { cash, freed, cost } of found) {
          expect(cash >= 0n && freed >= 0n).toBe(true);
          expect(cash + freed <= (cost > 0n ? cost : 0n)).toBe(true);
        }
        const saved = found.reduce((sum, { cash, freed }) => sum + cash + freed, 0n);
        const spent = histories.reduce((sum, { cost }) => sum + (cost > 0n ? cost : 0n), 0n);
        expect(saved <= spent).toBe(true);
      }),
    );
  });

  it("the order in which histories arrive does not matter", () => {
    fc.assert(
      fc.property(fc.array(anyKnown, { maxLength: 6 }), (histories) => {
        const all = histories.map(named);
        const minimal = { ...context, minimum: 0n };
        expect(advise(minimal, all.toReversed())).toEqual(advise(minimal, all));
      }),
    );
  });
});

/** Each is something of its own. */
function named(each: KnownHistory, index: number): KnownHistory {
  const controller = `w${index}`;
  return { ...each, trueController: controller, history: { ...each.history, controller } };
}
