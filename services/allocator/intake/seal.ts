import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertNdjson, insertRows } from "@apportion/clickhouse/insert";
import { isRefusal } from "@apportion/clickhouse/errors";
import { run } from "@apportion/clickhouse/query";
import { readingName } from "@apportion/domain/facts";
import { parsePicos } from "@apportion/domain/money";
import type { EventLog, LogPosition } from "@apportion/event-log/log";
import type { SnapshotSealed } from "@apportion/events/catalogue";
import { decodeChunkHeaders, inflateChunk } from "@apportion/events/snapshot";
import { sha256 } from "@apportion/runtime/hash";
import {
  CURRENT_ROW_COUNT,
  dateTimeParameter,
  FACTS_TABLE,
  SEALED_SNAPSHOTS,
  STORED_SNAPSHOTS,
  type StoredSnapshot,
} from "./facts-tables.js";

export interface SealDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  /** ISO 4217; the deployment's one currency. */
  readonly currency: string;
}

/** A seal and where it lies in the log. */
export interface ReceivedSeal {
  readonly seal: SnapshotSealed;
  readonly position: LogPosition;
}

export type SealOutcome =
  | { readonly kind: "visible" }
  /** The rows are not what the seal says, or must not be charged; the last good snapshot stays visible. */
  | { readonly kind: "quarantined"; readonly reason: string };

/**
 * Makes snapshots visible whose rows in ClickHouse equal their seal, all of them with one insert. When one does not (a chunk was
 * redelivered after the deduplication window had forgotten it, or was lost), it is deleted whole and read again from the log, once.
 */
export async function applySeals(
  deps: SealDeps,
  received: readonly ReceivedSeal[],
): Promise<ReadonlyMap<ReceivedSeal, SealOutcome>> {
  const outcomes = new Map<ReceivedSeal, SealOutcome>();
  const mismatches = await compareWithSeals(deps.clickhouse, received);
  const sound: ReceivedSeal[] = [];
  for (const each of received) {
    const reason = await objectionTo(deps, each, mismatches.get(each), sound);
    if (reason === undefined) sound.push(each);
    else await recordQuarantine(deps.clickhouse, each.seal, reason);
    outcomes.set(each, reason === undefined ? { kind: "visible" } : { kind: "quarantined", reason });
  }
  await insertSeals(deps.clickhouse, sound);
  return outcomes;
}

/** Why the snapshot must not become visible, or undefined. `before` are those of the same batch that will. */
async function objectionTo(
  deps: SealDeps,
  received: ReceivedSeal,
  mismatch: string | undefined,
  before: readonly ReceivedSeal[],
): Promise<string | undefined> {
  const { seal } = received;
  if (seal.currency !== deps.currency)
    return `the reading is in ${seal.currency}, this deployment charges in ${deps.currency}`;
  if (mismatch !== undefined) {
    await readAgain(deps, received);
    const still = (await compareWithSeals(deps.clickhouse, [received])).get(received);
    if (still !== undefined) return still;
  }
  if (seal.rowCount === 0 && (await hasRowsNow(deps.clickhouse, seal, before)))
    return "the reading is empty, the one before it was not: an empty answer never replaces costs silently";
  return undefined;
}

async function insertSeals(clickhouse: ClickHouse, received: readonly ReceivedSeal[]): Promise<void> {
  if (received.length === 0) return;
  const snapshotIds = received.map(({ seal }) => seal.snapshotId);
  const sealed = await run(clickhouse, SEALED_SNAPSHOTS, { snapshotIds });
  const known = new Set(sealed.map(({ snapshot_id }) => snapshot_id));
  const rows = new Map<string, Record<string, unknown>>();
  for (const each of received)
    if (!known.has(each.seal.snapshotId)) rows.set(each.seal.snapshotId, snapshotRow(each));
  const token = sha256([...rows.keys()].join("/"));
  await insertRows(clickhouse, "snapshots", [...rows.values()], { token });
}

/** What differs between seals and what is stored; those that are equal are absent. */
async function compareWithSeals(
  clickhouse: ClickHouse,
  received: readonly ReceivedSeal[],
): Promise<Map<ReceivedSeal, string>> {
  const stored = new Map<string, StoredSnapshot>();
  for (const dataset of new Set(received.map(({ seal }) => seal.dataset))) {
    const seals = received.filter(({ seal }) => seal.dataset === dataset).map(({ seal }) => seal);
    const rows = await run(clickhouse, STORED_SNAPSHOTS[dataset], {
      snapshotIds: [...new Set(seals.map(({ snapshotId }) => snapshotId))],
      starts: [...new Set(seals.map(({ chargePeriod }) => dateTimeParameter(chargePeriod.start)))],
    });
    for (const row of rows) stored.set(row.snapshot_id, row);
  }
  const mismatches = new Map<ReceivedSeal, string>();
  for (const each of received) {
    const mismatch = mismatchOf(each.seal, stored.get(each.seal.snapshotId));
    if (mismatch !== undefined) mismatches.set(each, mismatch);
  }
  return mismatches;
}

const NOTHING_STORED = { rows: "0", chunks: "0", amount: "0", broken: "0" };

function mismatchOf(
  seal: SnapshotSealed,
  stored: Omit<StoredSnapshot, "snapshot_id"> = NOTHING_STORED,
): string | undefined {
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
async function readAgain(deps: SealDeps, { seal, position }: ReceivedSeal): Promise<void> {
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

/** Whether the reading that is visible, or is about to be, has rows. */
async function hasRowsNow(
  clickhouse: ClickHouse,
  seal: SnapshotSealed,
  before: readonly ReceivedSeal[],
): Promise<boolean> {
  const inBatch = before.findLast((each) => readingName(each.seal) === readingName(seal));
  if (inBatch) return inBatch.seal.rowCount > 0;
  const { dataset, source, scope, chargePeriod } = seal;
  const start = dateTimeParameter(chargePeriod.start);
  const [current] = await run(clickhouse, CURRENT_ROW_COUNT, { dataset, source, scope, start });
  return Number(current?.row_count ?? 0) > 0;
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

function snapshotRow({ seal, position }: ReceivedSeal): Record<string, unknown> {
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
