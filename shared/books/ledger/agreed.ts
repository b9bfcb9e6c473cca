import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { type BillingPeriod, chargePeriodOf, firstDayOf, nextBillingPeriod } from "@apportion/domain/period";
import { dateTimeParameter } from "../readings/facts-tables.js";

/**
 * Since when the bill of each day has been read as it is now, and when the last time: a snapshot that counts, or one that was
 * confirmed. What was read differently in between begins it anew.
 */
const UNCHANGED = defineQuery({
  name: "since when the bill of a month is unchanged",
  sql: `WITH
  readings AS (
    SELECT source, scope, charge_period_start, snapshots.read_at AS at, content_hash FROM snapshots
    WHERE dataset = 'bill' AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
    UNION ALL
    SELECT source, scope, charge_period_start, reading_confirmations.read_at AS at, content_hash FROM reading_confirmations
    WHERE dataset = 'bill' AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
      AND snapshot_id IN (SELECT snapshot_id FROM snapshots WHERE dataset = 'bill')
  ),
  by_day AS (
    SELECT source, scope, charge_period_start, argMax(content_hash, at) AS current, max(at) AS last_at,
      groupArray((at, content_hash)) AS read
    FROM readings GROUP BY source, scope, charge_period_start
  ),
  streaks AS (
    SELECT source, scope, last_at,
      arrayMax(arrayMap(each -> if(each.2 = current, toDateTime64(0, 3, 'UTC'), each.1), read)) AS other_at,
      arrayMin(arrayMap(each -> each.1, arrayFilter(each -> each.1 > other_at, read))) AS since
    FROM by_day
  )
SELECT source, scope, count() AS days,
  countIf(dateDiff('millisecond', since, last_at) < {hours:UInt32} * 3600000) AS open_days,
  formatDateTime(max(since) + toIntervalHour({hours:UInt32}), '%Y-%m-%d %H:%i') AS passes_from
FROM streaks GROUP BY source, scope ORDER BY source, scope`,
  params: z.object({ start: z.string(), end: z.string(), hours: z.int() }),
  row: z.object({
    source: z.string(),
    scope: z.string(),
    days: z.string().transform(Number),
    open_days: z.string().transform(Number),
    passes_from: z.string(),
  }),
});

/** One account's bill of a month. */
export interface BillAgreement {
  readonly source: string;
  readonly scope: string;
  readonly days: number;
  /** Days that were not yet read alike twice, so many hours apart. */
  readonly open_days: number;
  /** From when on a reading that finds no change agrees for all days, `2026-11-10 05:50` in UTC. */
  readonly passes_from: string;
}

/** How far two readings of each bill of the month, so many hours apart, agree. Empty without a bill. */
export function billAgreement(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  hours: number,
): Promise<readonly BillAgreement[]> {
  return select(clickhouse, UNCHANGED, {
    start: dateTimeParameter(chargePeriodOf(firstDayOf(month)).start),
    end: dateTimeParameter(chargePeriodOf(firstDayOf(nextBillingPeriod(month))).start),
    hours,
  });
}
