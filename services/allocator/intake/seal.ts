import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertNdjson, insertRows } from "@apportion/clickhouse/insert";
import { isRefusal } from "@apportion/clickhouse/errors";
import { run } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { EventLog, LogPosition } from "@apportion/event-log/log";
import type { SnapshotSealed } from "@apportion/events/catalogue";
import { decodeChunkHeaders, inflateChunk } from "@apportion/events/snapshot";
import { CURRENT_ROW_COUNT, dateTimeParameter, FACTS_TABLE, STORED_SNAPSHOT } from "./facts-tables.js";

export interface SealDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  /** ISO 4217; the deployment's one currency. */
  readonly currency: string;
}

export type SealOutcome =
  | { readonly kind: "visible" }
  /** The rows are not what the seal says, or must not be charged; the last good snapshot stays visible. */
  | { readonly kind: "quarantined"; readonly reason: string };

/**
 * Makes a snapshot visible if what lies in ClickHouse equals its seal. When it does not (a chunk was redelivered after the
 * deduplication window had forgotten it, or was lost), the snapshot is deleted whole and read again from the log, once.
 */
export async function applySeal(
  deps: SealDeps,
  seal: SnapshotSealed,
  position: LogPosition,
): Promise<SealOutcome> {
  if (seal.currency !== deps.currency)
    return quarantine(
      deps,
      seal,
      `the reading is in ${seal.currency}, this deployment charges in ${deps.currency}`,
    );
  let mismatch = await compareWithSeal(deps.clickhouse, seal);
  if (mismatch !== undefined) {
    await readAgain(deps, seal, position);
    mismatch = await compareWithSeal(deps.clickhouse, seal);
  }
  if (mismatch !== undefined) return quarantine(deps, seal, mismatch);
  if (seal.rowCount === 0 && (await visibleRowCount(deps.clickhouse, seal)) > 0) {
    const reason =
      "the reading is empty, the one before it was not: an empty answer never replaces costs silently";
    return quarantine(deps, seal, reason);
  }
  await insertRows(deps.clickhouse, "snapshots", [snapshotRow(seal, position)], {
    token: `${seal.snapshotId}/seal`,
  });
  return { kind: "visible" };
}

/** What differs between the seal and what is stored, or undefined when they are equal. */
async function compareWithSeal(clickhouse: ClickHouse, seal: SnapshotSealed): Promise<string | undefined> {
  const [stored] = await run(clickhouse, STORED_SNAPSHOT[seal.dataset], snapshotParams(seal));
  if (!stored) throw new Error("An aggregate query gave no row");
  const differences = [
    difference("rows", stored.rows, String(seal.rowCount)),
    difference("chunks", stored.chunks, String(seal.chunkCount)),
    parsePicos(stored.amount) === parsePicos(seal.amount)
      ? ""
      : `amount ${stored.amount} instead of ${seal.amount}`,
    stored.broken === "0"
      ? ""
      : `${stored.broken} rows contradict themselves (parts and effective cost, or a negative quantity)`,
  ].filter((text) => text !== "");
  return differences.length === 0 ? undefined : `stored is not what was sealed: ${differences.join("; ")}`;
}

function difference(what: string, stored: string, sealed: string): string {
  return stored === sealed ? "" : `${what} ${stored} instead of ${sealed}`;
}

/** Deletes the snapshot's rows and inserts its chunks again, under tokens that the deduplication window does not know. */
async function readAgain(deps: SealDeps, seal: SnapshotSealed, position: LogPosition): Promise<void> {
  const table = FACTS_TABLE[seal.dataset];
  await deps.clickhouse.command({
    query: `DELETE FROM ${table} WHERE snapshot_id = {snapshotId:String}
  AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}`,
    query_params: snapshotParams(seal),
  });
  const inserted = new Set<number>();
  for await (const message of deps.log.replay(position.topic, { partition: position.partition })) {
    const header = decodeChunkHeaders(message.headers);
    if (!header.ok || header.data.snapshotId !== seal.snapshotId || inserted.has(header.data.chunk)) continue;
    const rows = await inflateChunk(message.value);
    if (!rows.ok) continue; // it was dead-lettered when it came; without it the snapshot stays incomplete and says so
    const token = `${seal.snapshotId}/${header.data.chunk}/again/${position.offset}`;
    await insertNdjson(deps.clickhouse, table, rows.data, { token }).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
    });
    inserted.add(header.data.chunk);
  }
}

async function visibleRowCount(clickhouse: ClickHouse, seal: SnapshotSealed): Promise<number> {
  const { dataset, source, scope, chargePeriod } = seal;
  const start = dateTimeParameter(chargePeriod.start);
  const [current] = await run(clickhouse, CURRENT_ROW_COUNT, { dataset, source, scope, start });
  return Number(current?.row_count ?? 0);
}

export interface QuarantinedReading {
  readonly dataset: string;
  readonly source: string;
  readonly scope: string;
  readonly chargePeriod: { readonly start: string; readonly end: string };
  readonly readAt: string;
  readonly snapshotId?: string;
}

/** Puts the reading on record with what is wrong with it; nothing of it becomes visible. */
export async function recordQuarantine(
  clickhouse: ClickHouse,
  reading: QuarantinedReading,
  reason: string,
): Promise<void> {
  const { dataset, source, scope, chargePeriod, readAt, snapshotId = "" } = reading;
  const row = {
    dataset,
    source,
    scope,
    charge_period_start: chargePeriod.start,
    charge_period_end: chargePeriod.end,
    read_at: readAt,
    snapshot_id: snapshotId,
    reason,
  };
  const token = [dataset, source, scope, chargePeriod.start, readAt, snapshotId].join("/");
  await insertRows(clickhouse, "quarantined_readings", [row], { token });
}

async function quarantine(deps: SealDeps, seal: SnapshotSealed, reason: string): Promise<SealOutcome> {
  await recordQuarantine(deps.clickhouse, seal, reason);
  return { kind: "quarantined", reason };
}

function snapshotParams({ snapshotId, chargePeriod }: SnapshotSealed): {
  snapshotId: string;
  start: string;
  end: string;
} {
  return {
    snapshotId,
    start: dateTimeParameter(chargePeriod.start),
    end: dateTimeParameter(chargePeriod.end),
  };
}

function snapshotRow(seal: SnapshotSealed, position: LogPosition): Record<string, unknown> {
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
