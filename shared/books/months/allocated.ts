import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { BillingPeriod } from "@apportion/domain/period";

const DAYS = defineQuery({
  name: "allocated days of a month",
  sql: "SELECT count() AS days FROM current_runs WHERE billing_period = {month:String}",
  params: z.object({ month: z.string() }),
  row: z.object({ days: z.string().transform(Number) }),
});

/** An empty answer about a month that was never allocated would look like a month without costs. @throws Error */
export async function requireAllocated(clickhouse: ClickHouse, month: BillingPeriod): Promise<void> {
  const [found] = await select(clickhouse, DAYS, { month });
  if ((found?.days ?? 0) === 0)
    throw new Error(`Nothing of ${month} is allocated yet; collect and allocate it first`);
}
