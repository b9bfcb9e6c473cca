import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import type { AnomalyFloors } from "@apportion/books/anomalies/find-anomalies";
import { readAnomalies } from "@apportion/books/anomalies/read-anomalies";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { addDays, billingPeriodOf, type Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";

/** A bill settles a day within some of them; of what is longer past the report tells, and a backfill of months is no news. */
const DAYS_TOLD = 10;

/** Days that nobody expected, of the last ten, the latest first; without those that somebody marked as expected. */
export async function recentAnomalies(
  {
    clickhouse,
    registry,
    anomalyFloors: floors,
  }: { readonly clickhouse: ClickHouse; readonly registry: Registry; readonly anomalyFloors: AnomalyFloors },
  today: Day,
  signal?: AbortSignal,
): Promise<Anomaly[]> {
  const oldest = addDays(today, -DAYS_TOLD);
  const periods = new Set([billingPeriodOf(oldest), billingPeriodOf(today)]);
  const anomalies: Anomaly[] = [];
  for (const period of periods) {
    const asked = { period, registry, floors, isWanted: ({ day }: { readonly day: Day }) => day >= oldest };
    anomalies.push(...(await readAnomalies(clickhouse, asked, signal)).anomalies);
  }
  return anomalies.filter(({ mark }) => !mark).toReversed();
}
