import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { sha256 } from "@apportion/domain/hash";
import type { ReadingConfirmed } from "@apportion/events/catalogue";

/** Stores that readings were made again without a change, all with one insert. What is delivered again is merged away. */
export async function storeConfirmations(
  clickhouse: ClickHouse,
  confirmed: readonly ReadingConfirmed[],
): Promise<void> {
  const rows = confirmed.map(({ dataset, source, scope, chargePeriod, ...reading }) => ({
    dataset,
    source,
    scope,
    charge_period_start: chargePeriod.start,
    snapshot_id: reading.snapshotId,
    read_at: reading.readAt,
    finality: reading.finality,
    content_hash: reading.contentHash,
  }));
  const token = sha256(rows.map(({ snapshot_id, read_at }) => `${snapshot_id}/${read_at}`).join("\n"));
  await insertRows(clickhouse, "reading_confirmations", rows, { token });
}
