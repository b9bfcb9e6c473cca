import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { simulate } from "@apportion/books/simulate/simulate";
import { parseBillingPeriod } from "@apportion/domain/period";
import { costReading, cpu, openTestPlatform, publish, runsReading, type TestPlatform } from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const NOVEMBER = parseBillingPeriod("2026-11");
const METERS = [{ meter: "mlflow.runs", percent: "100" }];
const BY_DAY = [
  { pool: "mlflow", methods: [{ kind: "usage" as const, meters: METERS, window: "day" as const }] },
];

/** MLflow costs 10 on each of two days; team a has 3 runs on the first, team b 1 on the first and 6 on the second. */
async function readTwoDays(): Promise<void> {
  for (const [day, runs] of [
    ["2026-11-01", { a: 3, b: 1 }],
    ["2026-11-02", { b: 6 }],
  ] as const) {
    const rows = [cpu("10", { namespace: "platform-shared", controller: "mlflow" })];
    await publish(test.log, costReading(day, rows), "2026-11-03T06:00:00Z");
    await publish(test.log, runsReading(day, runs), "2026-11-03T06:00:00Z");
  }
}

const paid = (): Promise<Record<string, unknown>[]> =>
  test.rows(`SELECT team_id AS team, toString(sum(toDecimal256(current_allocations.amount, 12))) AS pays,
    groupUniqArray(usage_window) AS windows FROM current_allocations GROUP BY team ORDER BY team`);

describe("the window of usage", () => {
  it("is the billing month unless a policy counts each day alone, as simulated, posted and verified", async () => {
    await readTwoDays();
    await test.settle();
    expect(await paid()).toEqual([
      { team: "a", pays: "6", windows: ["billing-month"] },
      { team: "b", pays: "14", windows: ["billing-month"] },
    ]);
    const policies = {
      pools: BY_DAY.map((each) => ({ ...each, exempt: [], caps: {}, minimums: {} })),
      betweenServices: [],
    };
    const { teams } = await simulate(test.clickhouse, NOVEMBER, { policies });
    expect(teams.map(({ team, simulated }) => [team, simulated])).toEqual([
      ["a", 750n],
      ["b", 1250n],
    ]);
    await test.settle({ policies: BY_DAY });
    expect(await paid()).toEqual([
      { team: "a", pays: "7.5", windows: ["day"] },
      { team: "b", pays: "12.5", windows: ["day"] },
    ]);
    const { findings } = await verifyMonth({ clickhouse: test.clickhouse, log: test.log }, NOVEMBER);
    expect(findings).toEqual([]);
  });

  it("is told apart day by day by the query of docs/analysts.md", async () => {
    await readTwoDays();
    await test.settle({ policies: BY_DAY });
    const guide = readFileSync(new URL("../../docs/analysts.md", import.meta.url), "utf8");
    const query = /^How MLflow was split[^]*?```sql\n([^]*?)```/m.exec(guide)?.[1] ?? "";
    const rows = await test.rows(query.replace("2026-10", "2026-11"));
    expect(
      rows.map(({ team_id: team, usage_window: window, quantity, total, days, share }) => [
        [team, window, days].join(),
        `${String(quantity)} of ${String(total)} is ${String(share)}`,
      ]),
    ).toEqual([
      ["a,day,1", "3 of 4 is 7.5"],
      ["b,day,1", "6 of 6 is 10"],
      ["b,day,1", "1 of 4 is 2.5"],
    ]);
  });
});
