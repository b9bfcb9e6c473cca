import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storedLines } from "@apportion/books/runs/lines-table";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { openTestPlatform, type TestPlatform } from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const RUN = { billingPeriod: parseBillingPeriod("2026-10"), day: parseDay("2026-10-05"), runId: "r" };
const SOUND = {
  run_id: RUN.runId,
  charge_day: RUN.day,
  billing_period: RUN.billingPeriod,
  owner_kind: "team",
  team_id: "a",
  basis: "shared",
  pool: "mlflow",
  policy: "1",
  method: "usage",
  meter: "mlflow.runs",
  meters: ["mlflow.runs"],
  meter_percents: ["100"],
  driver_quantity: "1",
  driver_total: "4",
  amount: "2.5",
};
/** Of a line that no usage split. */
const NO_METER = { meter: "", meters: [], meter_percents: [] };
const POLICIES = {
  pools: [
    {
      pool: "mlflow",
      methods: [{ kind: "usage" as const, meters: [{ meter: "mlflow.runs", percent: "100" }] }],
      exempt: [],
      caps: {},
      minimums: {},
      version: "1",
    },
  ],
};
const brokenBy = async (...rows: object[]): Promise<readonly string[] | undefined> => {
  const values = rows.map((row, line) => ({ ...SOUND, attempt: "first", line, ...row }));
  await test.clickhouse.insert({ table: "allocation_lines", values, format: "JSONEachRow" });
  return (await storedLines(test.clickhouse, [{ key: RUN, policies: POLICIES }], "first")).get("r")?.broken;
};

describe("stored lines of a run", () => {
  it("are sound with a weight, an owner, and a reason where a fallback was taken", async () => {
    expect(
      await brokenBy(
        {},
        { ...NO_METER, method: "proportional", reason: "no-usage-of-mlflow.runs" },
        { ...NO_METER, pool: "system/one", policy: "default", method: "proportional" },
        { owner_kind: "unallocated", team_id: "", reason: "usage-without-owner" },
        { ...NO_METER, pool: "", basis: "direct", method: "", driver_quantity: "0", driver_total: "0" },
        { ...NO_METER, method: "limit", driver_quantity: "0", driver_total: "0", amount: "-1" },
      ),
    ).toEqual([]);
  });

  it("are refused with what no rules could give", async () => {
    expect(
      await brokenBy(
        { driver_quantity: "-1" },
        { driver_quantity: "5" },
        { driver_quantity: "0" },
        { ...NO_METER, method: "even" },
        { ...NO_METER, pool: "system/one", policy: "default", method: "even" },
        { meters: ["feast.rows"] },
        { meter_percents: ["70"] },
        { meters: [], meter_percents: [] },
        { team_id: "" },
        { owner_kind: "idle" },
      ),
    ).toEqual([
      "2 lines have a negative weight, or one above the weight of all",
      "1 lines have a share without a weight",
      "2 lines were split by another method than the policy's first, and do not say why",
      "3 lines have other meters in columns than in words",
      "2 lines name a team and another owner, or neither",
    ]);
  });
});

it("a team's statement in SQL is read of the sums that the engine keeps, and they are those of its lines", async () => {
  await brokenBy(
    {},
    { amount: "0.25" },
    { ...NO_METER, pool: "", basis: "direct", amount: "1" },
    { team_id: "b" },
  );
  await brokenBy({ attempt: "second", amount: "100" });
  const run = { run_id: RUN.runId, charge_day: RUN.day, billing_period: RUN.billingPeriod, attempt: "first" };
  await test.clickhouse.insert({ table: "allocation_runs", values: [run], format: "JSONEachRow" });
  const question =
    "SELECT pool, sum(amount) AS owes FROM team_monthly_costs WHERE billing_period = '2026-10' AND team_id = 'a' GROUP BY pool ORDER BY pool";
  const asked = async (query: string, isByLines = false): Promise<unknown[]> => {
    const settings = { optimize_use_projections: isByLines ? (0 as const) : (1 as const) };
    const answer = await test.clickhouse.query({
      query,
      format: "JSONEachRow",
      clickhouse_settings: settings,
    });
    return answer.json();
  };
  expect(JSON.stringify(await asked(`EXPLAIN ${question}`))).toContain("team_costs");
  expect(JSON.stringify(await asked(`EXPLAIN ${question}`, true))).not.toContain("team_costs");
  const owes = [
    { pool: "", owes: "1" },
    { pool: "mlflow", owes: "2.75" },
  ];
  expect(await asked(question)).toEqual(owes);
  expect(await asked(question, true)).toEqual(owes);
});
