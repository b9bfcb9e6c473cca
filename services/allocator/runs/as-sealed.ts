import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { chargePeriodOf, type Day } from "@apportion/domain/period";
import { ConservationError } from "../allocation/certificate.js";
import { dateTimeParameter, STORED_SNAPSHOTS } from "../intake/facts-tables.js";

const SEALED_AMOUNTS = defineQuery({
  name: "what snapshots were sealed with",
  sql: `SELECT snapshot_id, toString(toDate(any(charge_period_start))) AS day, concat(any(source), '/', any(scope)) AS reading,
  any(row_count) AS rows, any(snapshots.amount) AS sealed_amount
FROM snapshots WHERE snapshot_id IN {snapshotIds:Array(String)} GROUP BY snapshot_id ORDER BY day, reading`,
  params: z.object({ snapshotIds: z.array(z.string()) }),
  row: z.object({
    snapshot_id: z.string(),
    day: z.string(),
    reading: z.string(),
    rows: z.string(),
    sealed_amount: z.string().transform(parsePicos),
  }),
});

/**
 * Usage and bills decide about dollars that lie elsewhere, so no sum of a run shows when some of them were lost or changed since they
 * were sealed.
 * @param days of the snapshots
 * @throws ConservationError naming every snapshot whose rows are not those that were sealed
 */
export async function requireAsSealed(
  clickhouse: ClickHouse,
  dataset: "usage" | "bill",
  days: readonly Day[],
  snapshotIds: readonly string[],
): Promise<void> {
  if (snapshotIds.length === 0) return;
  const ids = { snapshotIds: [...snapshotIds] };
  const starts = days.map((day) => dateTimeParameter(chargePeriodOf(day).start));
  const [sealed, stored] = await Promise.all([
    run(clickhouse, SEALED_AMOUNTS, ids),
    run(clickhouse, STORED_SNAPSHOTS[dataset], { ...ids, starts }),
  ]);
  const lying = new Map(stored.map((each) => [each.snapshot_id, each]));
  const wrong = sealed.flatMap(({ snapshot_id, day, reading, rows, sealed_amount }) => {
    const { rows: found, amount } = lying.get(snapshot_id) ?? { rows: "0", amount: "0" };
    if (found === rows && parsePicos(amount) === sealed_amount) return [];
    const was = `${rows} rows that come to ${formatPicos(sealed_amount)}`;
    return [`${dataset}/${reading} of ${day} was sealed with ${was}, and now has ${found} with ${amount}`];
  });
  if (wrong.length > 0) throw new ConservationError(`Facts are not what was sealed: ${wrong.join("; ")}`);
}
