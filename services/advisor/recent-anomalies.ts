import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import type { AnomalyFloors } from "@apportion/books/anomalies/find-anomalies";
import { cannotBeRead, readUnexpected } from "@apportion/books/anomalies/read-anomalies";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { addDays, billingPeriodOf, type Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { Logger } from "@apportion/runtime/logger";

/** A bill settles a day within some of them; of what is longer past the report tells, and a backfill of months is no news. */
const DAYS_TOLD = 10;

/**
 * Days that nobody expected, of the last ten, the latest first; without those that somebody marked as expected. None, and the log says why, where cells
 * and lines of a day do not agree or ClickHouse refuses to compute it: `verify` names the day, and forecasts do not wait for it.
 */
export async function recentAnomalies(
  {
    clickhouse,
    registry,
    anomalyFloors: floors,
    logger,
  }: {
    readonly clickhouse: ClickHouse;
    readonly registry: Registry;
    readonly anomalyFloors: AnomalyFloors;
    readonly logger: Logger;
  },
  today: Day,
  signal?: AbortSignal,
): Promise<Anomaly[]> {
  const oldest = addDays(today, -DAYS_TOLD);
  const periods = [oldest, today].map(billingPeriodOf);
  const isWanted = ({ day }: { readonly day: Day }): boolean => day >= oldest;
  try {
    const found = await readUnexpected(clickhouse, { periods, registry, floors, isWanted }, signal);
    return found.toReversed();
  } catch (error) {
    if (!cannotBeRead(error)) throw error;
    logger.error({ err: error }, "days that nobody expected are not looked for");
    return [];
  }
}
