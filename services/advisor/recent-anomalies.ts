import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import type { AnomalyFloors } from "@apportion/books/anomalies/find-anomalies";
import { readAnomalies } from "@apportion/books/anomalies/read-anomalies";
import { NotAsAllocatedError } from "@apportion/books/compare/period-sum";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { isRefusal } from "@apportion/clickhouse/errors";
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
  deps: RecentDeps & { readonly logger: Logger },
  today: Day,
  signal?: AbortSignal,
): Promise<Anomaly[]> {
  try {
    return await readRecent(deps, today, signal);
  } catch (error) {
    if (!(error instanceof NotAsAllocatedError) && !isRefusal(error)) throw error;
    deps.logger.error({ err: error }, "days that nobody expected are not looked for");
    return [];
  }
}

interface RecentDeps {
  readonly clickhouse: ClickHouse;
  readonly registry: Registry;
  readonly anomalyFloors: AnomalyFloors;
}

async function readRecent(
  { clickhouse, registry, anomalyFloors: floors }: RecentDeps,
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
