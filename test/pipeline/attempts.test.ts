import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { activateRules } from "@apportion/allocator/activate-rules";
import { verifyMonth } from "@apportion/books/ledger/verify";
import type { AllocationRules } from "@apportion/books/runs/inputs";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { parseBillingPeriod } from "@apportion/domain/period";
import { TOPICS } from "@apportion/events/catalogue";
import { INTAKE_GROUP } from "@apportion/recovery/groups";
import { allocationConfig, policiesOf } from "@apportion/registry/allocation";
import {
  askFor,
  beforeCall,
  caughtUp,
  costReading,
  cpu,
  MLFLOW_BY_RUNS,
  openTestPlatform,
  publish,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
let rules: AllocationRules;
beforeEach(async () => {
  test = await openTestPlatform();
  for (const day of DAYS) {
    const rows = [cpu("10", { namespace: "team-a" }), cpu("3", { namespace: "team-b" })];
    await publish(test.log, costReading(day, rows), "2026-11-12T06:00:00Z");
  }
  const { intake } = test.services();
  await intake.start();
  await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
  await intake.stop();
  const policies = policiesOf(allocationConfig.parse({ policies: MLFLOW_BY_RUNS }));
  const now = new Date("2026-11-12T07:00:00Z");
  ({ rules } = await activateRules(test.clickhouse, test.platform.registry, policies, [], now));
});
afterEach(() => test.close());

const MONTH = parseBillingPeriod("2026-11");
const DAYS = ["2026-11-05", "2026-11-06"];

const ask = (clickhouse: ClickHouse, days: readonly string[]): Promise<unknown> =>
  askFor({ ...test, clickhouse }, rules, days);
const beforeItsProof = (happens: () => Promise<unknown>): ClickHouse =>
  beforeCall(test.clickhouse, "query", ({ query }) => query.includes("SHA256"), happens);
const beforeItsSeal = (happens: () => Promise<unknown>): ClickHouse =>
  beforeCall(test.clickhouse, "insert", ({ table }) => table === "allocation_runs", happens);
const killed = (): Promise<never> => Promise.reject(new Error("killed"));

/** Lines of each day, how many numbers they have, and what they come to. */
const lines = (): Promise<Record<string, unknown>[]> =>
  test.rows(`SELECT charge_day AS day, count() AS lines, uniqExact(line) AS numbers,
    toString(sum(toDecimal256(current_allocations.amount, 12))) AS allocated
    FROM current_allocations GROUP BY day ORDER BY day`);
const EACH_DAY_ONCE = DAYS.map((day) => ({ day, lines: "2", numbers: "2", allocated: "13" }));
const findings = async (): Promise<unknown> =>
  (await verifyMonth({ clickhouse: test.clickhouse, log: test.log }, MONTH)).findings;

describe("several attempts at a run", () => {
  it("leave one set of lines when two allocators have overlapping days at the same time", async () => {
    await ask(
      beforeItsProof(() => ask(test.clickhouse, DAYS)),
      DAYS.slice(0, 1),
    );
    expect(await lines()).toEqual(EACH_DAY_ONCE);
    expect(await findings()).toEqual([]);
  });

  it("leave one set of lines when one of them dies between its lines and its seal", async () => {
    const dying = (): Promise<unknown> => ask(beforeItsSeal(killed), DAYS).catch(() => undefined);
    await ask(beforeItsProof(dying), DAYS.slice(0, 1));
    await ask(test.clickhouse, DAYS);
    expect(await lines()).toEqual(EACH_DAY_ONCE);
    expect(await findings()).toEqual([]);
  });

  it("do not count while none of them sealed, and are not in the way of the one that does", async () => {
    for (let attempt = 0; attempt < 2; attempt += 1)
      await expect(ask(beforeItsSeal(killed), DAYS)).rejects.toThrow("killed");
    expect(await test.rows("SELECT count() AS n FROM current_allocations")).toEqual([{ n: "0" }]);
    await ask(test.clickhouse, DAYS);
    expect(await lines()).toEqual(EACH_DAY_ONCE);
    expect(await findings()).toEqual([]);
  });
});
