import type { ClickHouse } from "@apportion/clickhouse/client";
import { type BillingPeriod, type Day, daysOf } from "@apportion/domain/period";
import { type AllocationRules, pinMonth, visibleSnapshots } from "./inputs.js";
import type { StoredRun } from "./stored-runs.js";

/** Days of a month whose run is not what all that is visible gives under these rules: they wait to be allocated, or could not be. */
export async function staleDays(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  rules: AllocationRules,
  runs: readonly Pick<StoredRun, "day" | "runId">[],
): Promise<Day[]> {
  const current = new Map(runs.map(({ day, runId }) => [day, runId]));
  const visible = await visibleSnapshots(clickhouse, month);
  const wanted = new Map(pinMonth(month, visible, rules).map(({ day, runId }) => [day, runId]));
  return daysOf(month).filter((day) => current.get(day) !== wanted.get(day));
}
