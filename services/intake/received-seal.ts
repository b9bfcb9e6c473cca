import type { LogPosition } from "@apportion/event-log/log";
import type { SnapshotSealed } from "@apportion/events/catalogue";

/** A seal and where it lies in the log. */
export interface ReceivedSeal {
  readonly seal: SnapshotSealed;
  readonly position: LogPosition;
}

/** Columns of `snapshots`. */
export function snapshotRow({ seal, position }: ReceivedSeal): Record<string, unknown> {
  return {
    snapshot_id: seal.snapshotId,
    dataset: seal.dataset,
    source: seal.source,
    scope: seal.scope,
    charge_period_start: seal.chargePeriod.start,
    charge_period_end: seal.chargePeriod.end,
    read_at: seal.readAt,
    finality: seal.finality,
    currency: seal.currency,
    chunk_count: seal.chunkCount,
    row_count: seal.rowCount,
    amount: seal.amount,
    content_hash: seal.contentHash,
    log_topic: position.topic,
    log_partition: position.partition,
    log_offset: position.offset,
  };
}
