import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAnomaly } from "@apportion/advisor/expect";
import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import { readAnomalies } from "@apportion/books/anomalies/read-anomalies";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { formatPicos } from "@apportion/domain/money";
import {
  chargePeriodOf,
  type Day,
  daysBetween,
  parseBillingPeriod,
  parseDay,
} from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { collected } from "./advised-platform.js";
import {
  ACCOUNT,
  beforeCall,
  cpu,
  MLFLOW_BY_RUNS,
  openTestPlatform,
  publishAll,
  registryWith,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;

const NOVEMBER = parseBillingPeriod("2026-11");
const FLOORS = { atLeast: "50", atLeastPercent: 30 };
/** When all of it was read. */
const READ = "2026-11-25T06:00:00Z";
const SWAPPED = "2026-11-16";
/** Bills its fee on the 13th of each month; in November also on two days more. */
const FEES = ["2026-09-13", "2026-10-13", "2026-11-13", "2026-11-17", "2026-11-19"];
/** The last day of October has what a minimum charge takes from a. */
const POLICIES = MLFLOW_BY_RUNS.map((policy) => ({ ...policy, minimums: { c: "30.00" } }));

/** A workload of CPU that costs so much at list price, of which the bill is half, for so many core-hours. */
const works = (namespace: string, controller: string, cost: number, hours: number): CostFactRow =>
  cpu(String(cost), { namespace, controller, cpu_core_hours: String(hours) });

/** Each on its day: more use, another price, a workload that is there from then on, and one that takes the place of another. Teams rest on weekends. */
function rowsOf(day: Day, planted = true): CostFactRow[] {
  const rests = [0, 6].includes(new Date(day).getUTCDay()) ? 0.5 : 1;
  const used = planted && day === "2026-11-03" ? 2 : 1;
  const priced = planted && day === "2026-11-05" ? 2 : 1;
  const shared = planted && day === "2026-11-07" ? 26 : 1;
  return [
    works("team-a", "api", 200 * rests * used, 100 * rests * used),
    works("team-b", "web", 200 * priced, 100),
    works("lab", "notebook", 120, 60),
    works("team-c", "etl", 200, 100),
    ...(planted && day >= "2026-11-10" ? [works("team-c", "batch", 150, 75)] : []),
    works("team-c", planted && day >= SWAPPED ? "search-v2" : "search-v1", 240, 120),
    works("platform-shared", "mlflow", 8 * shared, 4),
  ];
}

/** What a keeps in a bucket alone. */
function backupsOn(day: string): Reading {
  const cost = { effective_cost: "90", billed_cost: "90", account: ACCOUNT };
  const named = { cluster: "", service: "Backups", record_type: "Usage", team_label: "a" };
  return {
    key: { dataset: "cost", source: "s3", scope: ACCOUNT, chargePeriod: chargePeriodOf(parseDay(day)) },
    rows: [{ ...cpu("0", {}), kind: "object-storage", ...cost, ...named }],
    finality: "provisional",
  };
}

/** The lab is b's, and from the 12th on a's. */
function registry(): Registry {
  const base = registryWith({});
  const lab = { match: { namespace: "lab" } };
  const handedOver = parseDay("2026-11-12");
  return {
    ...base,
    rules: [
      ...base.rules,
      { owner: { kind: "team", id: "b" }, ...lab, to: handedOver },
      { owner: { kind: "team", id: "a" }, ...lab, from: handedOver },
    ],
  };
}

const days = daysBetween(parseDay("2026-09-13"), parseDay("2026-11-21"));

async function read(readings: readonly Reading[], at = READ): Promise<void> {
  await publishAll(test.log, readings, at);
  await test.settle({ now: at, registry: registry(), policies: POLICIES });
}

async function found(): Promise<readonly Anomaly[]> {
  const asked = { period: NOVEMBER, registry: registry(), floors: FLOORS };
  return (await readAnomalies(test.clickhouse, asked)).anomalies;
}

const told = (anomalies: readonly Anomaly[]): unknown[] =>
  anomalies.map(({ team, category, day, direction, effects }) => [
    `${day.slice(8)} ${team} ${category} ${direction}`,
    Object.fromEntries(effects.map(({ effect, picos }) => [effect, formatPicos(picos)])),
  ]);

const PLANTED = [
  ["03 a cpu above", { usage: "100" }],
  ["05 b cpu above", { price: "100" }],
  ["07 a shared above", { "pool-cost": "100" }],
  ["10 c cpu above", { new: "75" }],
  ["12 a cpu above", { ownership: "60" }],
  ["12 b cpu below", { ownership: "-60" }],
  ["16 c cpu within", { new: "195", gone: "-120" }],
  ["17 a object-storage above", { new: "90" }],
];

describe("days that nobody expected", { timeout: 180_000 }, () => {
  beforeAll(async () => {
    test = await openTestPlatform();
    // The last day first: the order in which days come does not matter.
    await read([
      ...days.toReversed().flatMap((day) => collected(day, rowsOf(day))),
      ...FEES.map((day) => backupsOn(day)),
    ]);
  }, 180_000);
  afterAll(() => test.close());

  it("are found with what did it, each once, and nothing else is", async () => {
    const anomalies = await found();
    expect(told(anomalies)).toEqual(PLANTED);
    for (const { cost, before, movements, effects } of anomalies) {
      const sum = (parts: readonly { readonly picos: bigint }[]): bigint =>
        parts.reduce((total, { picos }) => total + picos, 0n);
      expect([sum(movements), sum(effects)]).toEqual([cost - before, cost - before]);
    }
    const [usage, , shared, , , handedOver] = anomalies;
    expect(usage).toMatchObject({
      against: "2026-10-27",
      cost: 200n * 10n ** 12n,
      before: 100n * 10n ** 12n,
    });
    // That day had a minimum charge of the month.
    expect(shared).toMatchObject({ against: "2026-10-31", before: 4n * 10n ** 12n });
    // A week before the price was another: that day is nothing to compare with.
    expect(handedOver?.against).toBe("2026-10-29");
  });

  it("are read no further once nobody waits for them", async () => {
    const stopped = async (abort: (controller: AbortController) => void): Promise<unknown> => {
      const controller = new AbortController();
      const isOfMarks = ({ query }: { readonly query: string }): boolean =>
        query.includes("FROM anomaly_marks");
      const clickhouse = beforeCall(test.clickhouse, "query", isOfMarks, async () => abort(controller));
      const asked = { period: NOVEMBER, registry: registry(), floors: FLOORS };
      return readAnomalies(clickhouse, asked, controller.signal).then(() => "read", String);
    };
    expect(await stopped((controller) => setImmediate(() => controller.abort()))).toMatch(
      /anomalies marked as expected.*abort/,
    );
    // The client does not look at what was aborted before it asks.
    expect(await stopped((controller) => controller.abort())).toMatch(/AbortError/);
  });

  it("are not looked for where a day is not settled, and no more where it was restated", async () => {
    const enormous = [works("team-a", "api", 2000, 100)];
    const [withoutRuns] = collected(parseDay("2026-11-21"), enormous);
    if (!withoutRuns) throw new Error("a day has readings");
    const third = parseDay("2026-11-03");
    await read([withoutRuns, ...collected(third, rowsOf(third, false))], "2026-11-26T06:00:00Z");
    expect(told(await found())).toEqual(PLANTED.slice(1));
  });

  it("are expected once somebody says so, the like too until a day, and that outlives the tables", async () => {
    const [priced] = await found();
    if (!priced) throw new Error("nothing is found");
    const deps = { clickhouse: test.clickhouse, clock: () => new Date("2026-11-26T09:00:00Z") };
    const because = { by: "ann", reason: "a new contract" };
    await expect(expectAnomaly(deps, priced, { ...because, reason: " " })).rejects.toThrow("must say why");
    await expect(expectAnomaly(deps, priced, { ...because, by: "ann\u202e" })).rejects.toThrow(
      "take out U+202E",
    );
    await expect(expectAnomaly(deps, priced, { ...because, until: priced.day })).rejects.toThrow(
      "is not after 2026-11-05",
    );
    await expectAnomaly(deps, priced, because);
    const marked = async (): Promise<unknown[]> =>
      (await found()).flatMap(({ id, mark }) => (mark ? [[id, mark.by, mark.reason]] : []));
    expect(await marked()).toEqual([[priced.id, "ann", "a new contract"]]);

    const recovery = await test.platform.recovery();
    await recovery.tell();
    const view = (): Promise<unknown[]> => test.rows("SELECT * FROM expected_anomalies");
    const before = await view();
    expect(before).toMatchObject([{ team_id: "b", charge_day: "2026-11-05", direction: "above" }]);
    await test.clickhouse.command({ query: "TRUNCATE TABLE anomaly_marks" });
    await expect(recovery.requireWhole()).rejects.toThrow("anomaly_marks has 0 rows of 1");
    await recovery.putBack("again");
    expect(await view()).toEqual(before);
  });
});
