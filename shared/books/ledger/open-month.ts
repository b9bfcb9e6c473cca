import type { ClickHouse } from "@apportion/clickhouse/client";
import { type BillingPeriod, nextBillingPeriod } from "@apportion/domain/period";
import { collectedPeriods } from "../runs/inputs.js";
import { closedMonths } from "./journals.js";

/**
 * The first month that is not closed: what is posted about any month goes into it. Undefined where the books have no month yet.
 * @param firstMonth with which the books begin; by default the first month of which cost was collected
 */
export async function openMonth(
  clickhouse: ClickHouse,
  firstMonth: BillingPeriod | undefined,
): Promise<BillingPeriod | undefined> {
  const last = (await closedMonths(clickhouse)).at(-1)?.period;
  if (last !== undefined) return nextBillingPeriod(last);
  return firstMonth ?? (await collectedPeriods(clickhouse))[0];
}
