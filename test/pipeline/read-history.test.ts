import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readHistory } from "@apportion/books/forecast/read-history";
import { EVERYBODY } from "@apportion/books/viewer";
import { formatPicos } from "@apportion/domain/money";
import { type CostFactRow, type Reading } from "@apportion/domain/facts";
import { chargePeriodOf, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import {
  ACCOUNT,
  billReading,
  costReading,
  cpu,
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

const NOVEMBER = parseBillingPeriod("2026-11");
const registry = registryWith({});

/** A cost that team a has in a bucket alone. */
const stored = (amount: string): CostFactRow => ({
  ...cpu("0", {}),
  kind: "object-storage",
  cluster: "",
  account: ACCOUNT,
  service: "Backups",
  record_type: "Usage",
  team_label: "a",
  effective_cost: amount,
  billed_cost: amount,
});
const storage = (day: string, amount: string): Reading => ({
  key: { dataset: "cost", source: "s3", scope: ACCOUNT, chargePeriod: chargePeriodOf(parseDay(day)) },
  rows: [stored(amount)],
  finality: "provisional",
});
/** A whole day at the bill's price. */
const dayOf = (day: string, amount: string): Reading[] => [
  costReading(day, [cpu(amount, { namespace: "team-a" })]),
  runsReading(day, { a: 1 }),
  billReading(day, amount),
];

describe("what teams cost before a month", () => {
  it("is of settled days alone, without those of the month itself, with what may be a fee of the calendar apart", async () => {
    const days = ["2026-09-28", "2026-09-29", "2026-09-30", "2026-10-01", "2026-10-02"];
    await publishAll(
      test.log,
      [
        ...days.flatMap((day) => dayOf(day, "10")),
        ...["2026-09-29", "2026-10-29"].map((day) => storage(day, "7")),
        ...dayOf("2026-07-31", "10"), // four months ago
        ...dayOf("2026-10-29", "20"),
        ...dayOf("2026-10-30", "10").slice(0, 1), // MLflow's runs and the bill are missing
        ...dayOf("2026-11-01", "10"),
      ],
      "2026-11-05T06:00:00Z",
    );
    await test.settle({ now: "2026-11-05T07:00:00Z", registry });
    const history = await readHistory(test.clickhouse, EVERYBODY, NOVEMBER, registry);
    expect(history.settled).toEqual([...days, "2026-10-29"]);
    expect(history.restated).toEqual([]);
    expect(history.costs.get("a")?.map(({ day, picos, line }) => [day, formatPicos(picos), line])).toEqual([
      ["2026-09-28", "10", ""],
      ["2026-09-29", "10", ""],
      ["2026-09-29", "7", "object-storage, Backups"],
      ["2026-09-30", "10", ""],
      ["2026-10-01", "10", ""],
      ["2026-10-02", "10", ""],
      ["2026-10-29", "20", ""],
      ["2026-10-29", "7", "object-storage, Backups"],
    ]);
    const seenBy = (teams: readonly string[]) =>
      readHistory(test.clickhouse, { teams, namesOf: [] }, NOVEMBER, registry);
    expect(await seenBy(["a"])).toEqual(history);
    expect((await seenBy(["b"])).costs).toEqual(new Map());
  });

  it("has the latest figures of a day, and says which were restated by more than a little", async () => {
    for (const [day, amount] of [
      ["2026-10-01", "10.3"],
      ["2026-10-02", "14"],
    ] as const)
      await publish(
        test.log,
        costReading(day, [cpu(amount, { namespace: "team-a" })]),
        "2026-11-06T06:00:00Z",
      );
    await test.settle({ now: "2026-11-06T07:00:00Z", registry });
    const history = await readHistory(test.clickhouse, EVERYBODY, NOVEMBER, registry);
    expect(history.restated).toEqual([]); // the bill says what it said, and Kubernetes is at its price
    await publishAll(
      test.log,
      [billReading("2026-10-01", "10.3"), billReading("2026-10-02", "14")],
      "2026-11-07T06:00:00Z",
    );
    await test.settle({ now: "2026-11-07T07:00:00Z", registry });
    const restated = await readHistory(test.clickhouse, EVERYBODY, NOVEMBER, registry);
    expect(restated.restated).toEqual(["2026-10-02"]);
    const last = restated.costs.get("a")?.find(({ day }) => day === "2026-10-02");
    expect(last && formatPicos(last.picos)).toBe("14");
  });

  it("is nothing where nothing was read", async () => {
    const history = await readHistory(test.clickhouse, EVERYBODY, parseBillingPeriod("2025-01"), registry);
    expect(history).toEqual({ settled: [], restated: [], costs: new Map() });
  });
});
