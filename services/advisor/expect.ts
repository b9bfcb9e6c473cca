import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { formatPicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { requirePrintable } from "@apportion/runtime/printable";
import type { Clock } from "@apportion/runtime/service";

/** Why an anomaly was to be expected. */
export interface ExpectedBecause {
  readonly by: string;
  readonly reason: string;
  /** Day from which the like is said again; without one this anomaly alone is expected. */
  readonly until?: Day;
}

/** A mark that cannot be set; the message says why. */
class AnomalyMarkError extends Error {
  readonly code = "USAGE";
}

/**
 * Puts on record that an anomaly was expected: it is not said again. A later mark of the same replaces it.
 * @throws AnomalyMarkError when it has no name, no reason, or a day that is not after the anomaly's
 */
export async function expectAnomaly(
  { clickhouse, clock }: { readonly clickhouse: ClickHouse; readonly clock: Clock },
  { id, team, category, day, direction, cost, expected }: Anomaly,
  { by, reason, until }: ExpectedBecause,
): Promise<void> {
  requirePrintable({ "--by": by, "--reason": reason });
  if (by.trim() === "") throw new AnomalyMarkError("--by must name who expected it");
  if (reason.trim() === "") throw new AnomalyMarkError("--reason must say why: whoever sees it again asks");
  if (until !== undefined && until <= day)
    throw new AnomalyMarkError(`--until: ${until} is not after ${day}, the day of the anomaly`);
  const markedAt = clock().toISOString();
  const row = {
    id,
    team_id: team,
    category,
    charge_day: day,
    direction,
    cost: formatPicos(cost),
    expected: formatPicos(expected),
    reason,
    until: until ?? null,
    marked_by: by,
    marked_at: markedAt,
  };
  await insertRows(clickhouse, "anomaly_marks", [row], { token: `${id}/${markedAt}` });
}
