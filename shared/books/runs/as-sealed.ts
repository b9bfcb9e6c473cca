import { z } from "zod";
import { ConservationError, type OriginTotal } from "@apportion/allocation/certificate";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { STORED_SNAPSHOTS } from "../readings/facts-tables.js";

const SEALED = defineQuery({
  name: "what snapshots were sealed with",
  sql: `SELECT snapshot_id, toString(toDate(any(charge_period_start))) AS day, any(snapshots.source) AS read_from,
  any(snapshots.scope) AS part, any(row_count) AS rows, any(snapshots.amount) AS sealed_amount
FROM snapshots WHERE snapshot_id IN {snapshotIds:Array(String)} GROUP BY snapshot_id ORDER BY day, read_from, part`,
  params: z.object({ snapshotIds: z.array(z.string()) }),
  row: z.object({
    snapshot_id: z.string(),
    day: z.string().transform((text) => text as Day),
    read_from: z.string(),
    part: z.string(),
    rows: z.string(),
    sealed_amount: z.string().transform(parsePicos),
  }),
});

/** A snapshot as its seal has it. */
interface SealedSnapshot extends OriginTotal {
  readonly snapshotId: string;
  readonly day: Day;
  readonly rows: string;
}

/** What snapshots were sealed with: facts that were lost since then must not make a smaller day with a clean proof. */
export async function sealedSnapshots(
  clickhouse: ClickHouse,
  snapshotIds: readonly string[],
): Promise<SealedSnapshot[]> {
  const rows = await select(clickhouse, SEALED, { snapshotIds: [...snapshotIds] });
  return rows.map(({ snapshot_id, day, read_from, part, rows: count, sealed_amount }) => ({
    snapshotId: snapshot_id,
    day,
    source: read_from,
    scope: part,
    rows: count,
    amount: sealed_amount,
  }));
}

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
  const [sealed, stored] = await Promise.all([
    sealedSnapshots(clickhouse, snapshotIds),
    select(clickhouse, STORED_SNAPSHOTS[dataset], { snapshotIds: [...snapshotIds], days: [...days] }),
  ]);
  const inTable = new Map(stored.map((each) => [each.snapshot_id, each]));
  const wrong = sealed.flatMap(({ snapshotId, day, source, scope, rows, amount }) => {
    const found = inTable.get(snapshotId) ?? { rows: "0", amount: "0" };
    if (found.rows === rows && parsePicos(found.amount) === amount) return [];
    const was = `${rows} rows that come to ${formatPicos(amount)}`;
    return [
      `${dataset}/${source}/${scope} of ${day} was sealed with ${was}, and now has ${found.rows} with ${found.amount}`,
    ];
  });
  if (wrong.length > 0) throw new ConservationError(`Facts are not what was sealed: ${wrong.join("; ")}`);
}
