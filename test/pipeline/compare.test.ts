import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareMonths, compareWithCosts, readMonthsToCompare } from "@apportion/books/compare/compare";
import { ofPayers } from "@apportion/books/compare/comparison";
import type { MonthComparison } from "@apportion/books/compare/comparison";
import { asSeenBy } from "@apportion/books/compare/hidden";
import { ownerOf, payerOf } from "@apportion/books/months/month";
import { readMonth } from "@apportion/books/months/read-month";
import { readStatements } from "@apportion/books/months/read-statements";
import { EVERYBODY, NotYoursError, type Viewer } from "@apportion/books/viewer";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { type BillingPeriod, daysOf, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { closeOctober, OCTOBER, readOctober } from "./october.js";
import {
  ACCOUNT,
  billReading,
  correctClosed,
  costReading,
  cpu,
  MLFLOW_BY_RUNS,
  openTestPlatform,
  publish,
  publishAll,
  registryWith,
  runsReading,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
});
afterAll(() => test.close());

const READ = "2026-11-10T06:00:00Z";

/** A workload of CPU that costs so much for so many core-hours. */
const works = (namespace: string, cost: string, hours: string, row: Partial<CostFactRow> = {}): CostFactRow =>
  cpu(cost, { namespace, controller: "api", cpu_core_hours: hours, ...row });
const mlflow = (cost: string): CostFactRow => works("platform-shared", cost, "4", { controller: "mlflow" });
const idle = (cost: string): CostFactRow => ({
  ...cpu(cost, { namespace: "", cluster: "pci" }),
  kind: "idle",
});
const storage = (day: string, cost: string): Reading<"cost"> => ({
  key: { ...costReading(day, []).key, source: "s3", scope: ACCOUNT },
  rows: [
    {
      kind: "object-storage",
      account: ACCOUNT,
      service: "Amazon Simple Storage Service",
      record_type: "Usage",
      team_label: "a",
      effective_cost: cost,
      billed_cost: cost,
    },
  ],
  finality: "final",
});

interface DayOf {
  readonly a?: CostFactRow | null;
  readonly others?: readonly CostFactRow[];
  readonly mlflow?: string;
  readonly runs?: Readonly<Record<string, number>>;
  readonly more?: (day: string) => readonly Reading[];
}
/** Teams a and b at work, MLflow by its runs, and what is given otherwise. */
function readings(day: string, of: DayOf): Reading[] {
  const a = of.a === undefined ? works("team-a", "20", "10") : of.a;
  const own = [...(a ? [a] : []), works("team-b", "10", "5"), mlflow(of.mlflow ?? "8"), ...(of.others ?? [])];
  return [
    costReading(day, own),
    runsReading(day, of.runs ?? { a: 1, b: 1 }),
    ...(of.more ? of.more(day) : []),
  ];
}

function sum(...amounts: readonly string[]): string {
  return formatPicos(amounts.reduce((total, each) => total + parsePicos(each), 0n));
}

/** What alone is otherwise in the second of two months, and how the difference of each payer must be split for it. */
const PLANTED: readonly {
  readonly name: string;
  readonly day?: number;
  readonly before?: DayOf;
  readonly after: DayOf;
  readonly found: Readonly<Record<string, Readonly<Record<string, string>>>>;
}[] = [
  {
    name: "a price",
    after: { a: works("team-a", "26", "10") },
    found: { a: { price: "6" } },
  },
  {
    name: "the bill's price",
    before: { more: (day) => [billReading(day, "38")] },
    after: { more: (day) => [billReading(day, "19")] },
    found: { a: { price: "-10", "pool-cost": "-2" }, b: { price: "-5", "pool-cost": "-2" } },
  },
  {
    name: "usage",
    after: { a: works("team-a", "24", "12") },
    found: { a: { usage: "4" } },
  },
  {
    name: "a cap",
    day: 31,
    after: {},
    found: { a: { adjustments: "1" }, b: { adjustments: "-1" } },
  },
  {
    name: "a new workload",
    after: { others: [works("team-a", "3", "1", { controller: "batch" })] },
    found: { a: { new: "3" } },
  },
  {
    name: "a job whose runs have a date for a name",
    before: { others: [works("team-a", "3", "1", { controller_kind: "job", controller: "etl-20261005" })] },
    after: { others: [works("team-a", "6", "2", { controller_kind: "job", controller: "etl-20261105" })] },
    found: { a: { usage: "3" } },
  },
  {
    name: "a workload that is gone",
    before: { others: [works("team-a", "3", "1", { controller: "batch" })] },
    after: {},
    found: { a: { gone: "-3" } },
  },
  {
    name: "another owner",
    before: { others: [works("lab", "7", "2")] },
    after: { others: [works("lab", "7", "2")] },
    found: { a: { ownership: "7" }, b: { ownership: "-7" } },
  },
  {
    name: "an owner of what nobody owned",
    before: { others: [works("sandbox", "2", "1")] },
    after: { others: [works("sandbox", "2", "1")] },
    found: { a: { ownership: "2" }, unallocated: { ownership: "-2" } },
  },
  {
    name: "the cost of a pool",
    after: { mlflow: "10" },
    found: { a: { "pool-cost": "1" }, b: { "pool-cost": "1" } },
  },
  {
    name: "the share of a pool",
    after: { runs: { a: 3, b: 1 } },
    found: { a: { "pool-share": "2" }, b: { "pool-share": "-2" } },
  },
  {
    name: "idle capacity of one's own",
    before: { more: (day) => [costReading(day, [idle("5")], "pci")] },
    after: { more: (day) => [costReading(day, [idle("9")], "pci")] },
    found: { a: { idle: "4" } },
  },
  {
    name: "what has no quantity",
    before: { more: (day) => [storage(day, "4")] },
    after: { more: (day) => [storage(day, "6")] },
    found: { a: { "not-told-apart": "2" } },
  },
];

/** Two months for each. */
const monthsOf = (at: number): { before: BillingPeriod; after: BillingPeriod } => {
  const month = (number: number): BillingPeriod =>
    parseBillingPeriod(`${2024 + Math.floor(number / 12)}-${String((number % 12) + 1).padStart(2, "0")}`);
  return { before: month(2 * at), after: month(2 * at + 1) };
};
const AFTER = {
  cap: monthsOf(PLANTED.findIndex(({ name }) => name === "a cap")).after,
  owner: monthsOf(PLANTED.findIndex(({ name }) => name === "another owner")).after,
  found: monthsOf(PLANTED.findIndex(({ name }) => name === "an owner of what nobody owned")).after,
};

function registry(): Registry {
  const base = registryWith({ clusters: [{ id: "pci", dedicatedTo: "a" }] });
  const handedOver = parseDay(`${AFTER.owner}-01`);
  const lab = { match: { namespace: "lab" } };
  const [a, b] = [
    { kind: "team" as const, id: "a" },
    { kind: "team" as const, id: "b" },
  ];
  return {
    ...base,
    rules: [
      ...base.rules,
      { owner: b, match: { namespace: "moved" }, to: parseDay("2023-03-11") },
      { owner: a, match: { namespace: "moved" }, from: parseDay("2023-03-11") },
      { owner: b, ...lab, to: handedOver },
      { owner: a, ...lab, from: handedOver },
      { owner: a, match: { namespace: "sandbox" }, from: parseDay(`${AFTER.found}-01`) },
    ],
  };
}
const [BY_RUNS] = MLFLOW_BY_RUNS;
const RULES = {
  now: READ,
  policies: BY_RUNS
    ? [
        { ...BY_RUNS, to: `${AFTER.cap}-01` },
        { ...BY_RUNS, from: `${AFTER.cap}-01`, caps: { b: "3.00" } },
      ]
    : [],
};

/** By payer: what each effect comes to, exactly. */
function effectsOf({ payers }: MonthComparison): Record<string, Record<string, string>> {
  return Object.fromEntries(
    payers
      .filter(({ effects }) => effects.length > 0)
      .map(({ ownerKind, teamId, effects }) => [
        teamId || ownerKind,
        Object.fromEntries(effects.map(({ effect, picos }) => [effect, formatPicos(picos)])),
      ]),
  );
}

describe("what alone is otherwise in a month", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    const all = PLANTED.flatMap(({ day = 1, before = {}, after }, at) => {
      const months = monthsOf(at);
      const dayOf = (month: BillingPeriod): string => `${month}-${String(day).padStart(2, "0")}`;
      return [...readings(dayOf(months.before), before), ...readings(dayOf(months.after), after)];
    });
    await publishAll(test.log, all, READ);
    await test.settle({ ...RULES, registry: registry() });
  }, 120_000);

  it.each(PLANTED.map(({ name, found }, at) => ({ name, found, at })))(
    "is found, and nothing else: $name",
    async ({ found, at }) => {
      const comparison = await compareMonths(test.clickhouse, monthsOf(at), test.platform.registry, ALL);
      expect(effectsOf(comparison)).toEqual(found);
      expect(comparison).toMatchObject({ isWhole: false, before: { leftOut: [] }, after: { leftOut: [] } });
    },
  );
});

/** Everybody is asked about, by who sees everybody. */
const ALL = { viewer: EVERYBODY };
const FEBRUARY = { before: parseBillingPeriod("2023-02"), after: parseBillingPeriod("2023-03") };

describe("two whole months in which everything is otherwise", { timeout: 120_000 }, () => {
  const amount = (of: number): string => `${of}.333333333333`;
  const inFebruary = (day: string, at: number): Reading[] => [
    ...readings(day, {
      a: works("team-a", amount(20 + at), "10", {
        gpu_cost: "1.5",
        gpu_hours: "1",
        effective_cost: sum(amount(20 + at), "1.5"),
      }),
      others: [
        works("moved", "7", "2"),
        works("team-b", "3", "1", { controller: "old" }),
        works("sandbox", "2", "1"),
      ],
      more: (of) => [billReading(of, amount(30)), storage(of, "4"), costReading(of, [idle("5")], "pci")],
    }),
  ];
  const inMarch = (day: string, at: number): Reading[] => [
    ...readings(day, {
      a: works("team-a", amount(15 + at), "12"),
      mlflow: "11",
      runs: { a: 1 + at, b: 2, gone: 1 },
      others: [
        works("moved", "9", "3"),
        works("team-a", "2", "1", { controller: "batch" }),
        works("sandbox", "1", "1"),
      ],
      more: (of) => [billReading(of, amount(50)), storage(of, "5"), costReading(of, [idle("2")], "pci")],
    }),
  ];

  it("add up to what the statements differ by, exactly and in cents", async () => {
    const all = [...daysOf(FEBRUARY.before).flatMap(inFebruary), ...daysOf(FEBRUARY.after).flatMap(inMarch)];
    await publishAll(test.log, all, READ);
    await test.settle({ ...RULES, registry: registry() });
    const comparison = await compareMonths(test.clickhouse, FEBRUARY, test.platform.registry, ALL);
    expect(comparison).toMatchObject({
      isWhole: true,
      before: { isClosed: false },
      after: { isClosed: false },
    });
    expect([comparison.before.days.length, comparison.after.days.length]).toEqual([28, 31]);
    const [was, is] = [
      await readStatements(test.clickhouse, FEBRUARY.before, test.platform.registry.teams),
      await readStatements(test.clickhouse, FEBRUARY.after, test.platform.registry.teams),
    ];
    expect(comparison.payers.map(({ ownerKind, teamId }) => teamId || ownerKind).toSorted()).toEqual([
      "a",
      "b",
      "c",
      "corporate",
      "idle",
      "unallocated",
    ]);
    for (const { ownerKind, teamId, before, after, difference, effects, movements } of comparison.payers) {
      const of = (month: typeof was) =>
        ownerKind === "team"
          ? month?.teams.find((statement) => statement.teamId === teamId)
          : month?.[ownerKind];
      expect([before.charged, after.charged]).toEqual([of(was)?.cents, of(is)?.cents]);
      const exact = (of(is)?.picos ?? 0n) - (of(was)?.picos ?? 0n);
      const total = (all_: readonly { readonly picos: bigint; readonly cents: bigint }[]) => [
        all_.reduce((sum_, { picos }) => sum_ + picos, 0n),
        all_.reduce((sum_, { cents }) => sum_ + cents, 0n),
      ];
      expect(total(effects)).toEqual([exact, difference]);
      expect(difference).toBe(after.charged - before.charged);
      expect(total(movements)).toEqual([exact, difference]);
    }
    const found = Object.keys(effectsOf(comparison)["a"] ?? {});
    expect(found).toEqual([
      "price",
      "usage",
      "days",
      "not-told-apart",
      "new",
      "pool-cost",
      "pool-share",
      "ownership",
      "idle",
    ]);
    expect(Object.keys(effectsOf(comparison)["b"] ?? {})).toContain("gone");
    expect(comparison.total.effects.find(({ effect }) => effect === "ownership")?.picos).toBe(0n);
    // Asked for alone, each is told the same of its own, though cells of others are not read.
    for (const payer of comparison.payers) {
      const asked = ownerOf(payer.ownerKind, payer.teamId);
      const alone = await compareMonths(test.clickhouse, FEBRUARY, test.platform.registry, {
        ...ALL,
        payers: [payerOf(payer)],
      });
      expect(alone.payers).toEqual([payer]);
      expect(ofPayers(comparison, [asked])).toEqual(alone);
    }
    const viewer: Viewer = { teams: ["b"], namesOf: ["b"] };
    const of = (payers?: readonly string[]) =>
      compareMonths(test.clickhouse, FEBRUARY, test.platform.registry, {
        viewer,
        ...(payers && { payers }),
      });
    expect(await of()).toEqual(asSeenBy(viewer, ofPayers(comparison, [ownerOf("team", "b")])));
    const [before, after] = [
      await readMonth(test.clickhouse, FEBRUARY.before),
      await readMonth(test.clickhouse, FEBRUARY.after),
    ];
    const read = await readMonthsToCompare(test.clickhouse, { before, after }, test.platform.registry);
    const { costs } = await compareWithCosts(test.clickhouse, read, { viewer });
    expect([...costs.keys()]).toEqual([ownerOf("team", "b")]);
    for (const others of ["a", "idle"]) await expect(of([others])).rejects.toThrow(NotYoursError);
  });
});

it("has corrections of a closed month by what was posted, and compares as many days as there are", async () => {
  const other = await openTestPlatform();
  try {
    await readOctober(other);
    expect(await closeOctober(other)).toMatchObject({ closed: true });
    const later = "2026-11-20T06:00:00Z";
    const [tenth = ""] = daysOf(OCTOBER).slice(9);
    await publish(other.log, { ...costReading(tenth, restated), finality: "final" }, later);
    await publish(other.log, billReading(tenth, "16.5"), later);
    await publishAll(
      other.log,
      ["2026-11-01", "2026-11-02"].map((day) => costReading(day, restated)),
      later,
    );
    await other.settle({ now: later });
    await correctClosed(other);
    const months = { before: OCTOBER, after: parseBillingPeriod("2026-11") };
    const comparison = await compareMonths(other.clickhouse, months, other.platform.registry, ALL);
    expect(comparison).toMatchObject({
      isWhole: false,
      before: { isClosed: true, days: ["2026-10-01", "2026-10-02"], incompleteDays: [] },
      after: { isClosed: false, days: ["2026-11-01", "2026-11-02"], missing: ["usage/mlflow/mlflow"] },
    });
    expect(comparison.before.leftOut).toHaveLength(29);
    expect(effectsOf(comparison)).toMatchObject({ a: { corrections: "4.5" } });
  } finally {
    await other.close();
  }
}, 120_000);

const restated = [
  works("team-a", "15", "0"),
  cpu("2.333333333333", { namespace: "team-b", controller: "web" }),
  mlflow("1"),
];
