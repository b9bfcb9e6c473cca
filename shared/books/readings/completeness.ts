import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { firstDayOf, nextBillingPeriod, type BillingPeriod } from "@apportion/domain/period";

const COMPLETENESS = defineQuery({
  name: "completeness of readings",
  sql: `SELECT toString(reading_completeness.day) AS day, dataset, source, scope, status, age_hours FROM reading_completeness
WHERE reading_completeness.day >= {from:Date} AND reading_completeness.day < {to:Date}
ORDER BY dataset, source, scope, day`,
  params: z.object({ from: z.string(), to: z.string() }),
  row: z.object({
    day: z.string(),
    dataset: z.string(),
    source: z.string(),
    scope: z.string(),
    status: z.enum(["final", "provisional", "stale", "missing"]),
    age_hours: z.string().nullable(),
  }),
});
/** How complete a reading of a day is. */
export type Completeness = z.infer<(typeof COMPLETENESS)["row"]>;

/** Of each day of a month, what was expected or read. */
export async function readCompleteness(
  clickhouse: ClickHouse,
  month: BillingPeriod,
): Promise<Completeness[]> {
  const params = { from: firstDayOf(month), to: firstDayOf(nextBillingPeriod(month)) };
  return select(clickhouse, COMPLETENESS, params);
}
