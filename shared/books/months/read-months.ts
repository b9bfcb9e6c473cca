import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";

/** A month of which something is allocated. */
export interface KnownMonth {
  readonly month: BillingPeriod;
  readonly isClosed: boolean;
  readonly days: number;
  readonly lastDay: Day;
  /** Days of which an expected reading is missing. */
  readonly incompleteDays: number;
  /** Exact sum of everything, in picos. */
  readonly allocated: bigint;
  readonly preparedBy: string;
  readonly approvedBy: string;
}

const MONTHS = defineQuery({
  name: "books.months",
  sql: `SELECT billing_period, state, days, toString(billing_periods.allocated) AS total, prepared_by, approved_by, last_day, incomplete
FROM billing_periods
LEFT JOIN (
  SELECT billing_period, toString(max(charge_day)) AS last_day, countIf(notEmpty(missing)) AS incomplete FROM current_runs GROUP BY billing_period
) AS runs USING billing_period
ORDER BY billing_period`,
  params: z.object({}),
  row: z.object({
    billing_period: z.string().transform((text) => text as BillingPeriod),
    state: z.enum(["open", "closed"]),
    days: z.string().transform(Number),
    total: z.string().transform(parsePicos),
    prepared_by: z.string(),
    approved_by: z.string(),
    last_day: z.string().transform((text) => text as Day),
    incomplete: z.string().transform(Number),
  }),
});

/** Every month of which something is allocated, in their order. */
export async function readMonths(clickhouse: ClickHouse): Promise<KnownMonth[]> {
  const rows = await select(clickhouse, MONTHS, {});
  return rows.map(
    ({ billing_period, state, days, total, prepared_by, approved_by, last_day, incomplete }) => ({
      month: billing_period,
      isClosed: state === "closed",
      days,
      lastDay: last_day,
      incompleteDays: incomplete,
      allocated: total,
      preparedBy: prepared_by,
      approvedBy: approved_by,
    }),
  );
}
