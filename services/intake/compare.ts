import { randomUUID } from "node:crypto";
import { DRAWN } from "@apportion/books/readings/cells-weight";
import {
  dateTimeParameter,
  FACTS_TABLE,
  STORED_SNAPSHOTS,
  type StoredSnapshot,
} from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { isRefusal } from "@apportion/clickhouse/errors";
import { insertEncoded } from "@apportion/clickhouse/insert";
import { select } from "@apportion/clickhouse/query";
import { chargeDayOf } from "@apportion/domain/facts";
import type { EventLog } from "@apportion/event-log/log";
import { chunkFormatOf, type SnapshotSealed } from "@apportion/events/catalogue";
import { decodeChunkHeaders, openChunk } from "@apportion/events/chunk";
import { eventTypeOf } from "@apportion/events/cloud-event";
import type { ReceivedSeal } from "./received-seal.js";

type Compared = Pick<SnapshotSealed, "snapshotId" | "dataset" | "chargePeriod">;

/** What ClickHouse holds of the snapshots, by their id; one without rows is absent. */
export async function storedSnapshots(
  clickhouse: ClickHouse,
  received: readonly { readonly seal: Compared }[],
): Promise<Map<string, StoredSnapshot>> {
  const stored = new Map<string, StoredSnapshot>();
  for (const dataset of new Set(received.map(({ seal }) => seal.dataset))) {
    const seals = received.filter(({ seal }) => seal.dataset === dataset).map(({ seal }) => seal);
    const params = {
      snapshotIds: [...new Set(seals.map(({ snapshotId }) => snapshotId))],
      days: [...new Set(seals.map(({ chargePeriod }) => chargeDayOf(chargePeriod)))],
      ...DRAWN,
    };
    const rows = await select(clickhouse, STORED_SNAPSHOTS[dataset], params);
    for (const row of rows) stored.set(row.snapshot_id, row);
  }
  return stored;
}

/** Of a snapshot without rows. */
export const NOTHING_STORED = {
  rows: "0",
  chunks: "0",
  amount: "0",
  broken: "0",
  weight: "0",
  cells: 0,
};

/** How it begins to be said that rows are not those of their seal: chunks that come later mend that, and nobody has to decide. */
export const UNLIKE_SEAL = "stored is not what was sealed: ";

/** What differs between a seal and what is stored, if anything. */
export function mismatchOf(
  seal: Pick<SnapshotSealed, "rowCount" | "chunkCount" | "amount">,
  stored: Pick<StoredSnapshot, "rows" | "chunks" | "amount" | "broken"> = NOTHING_STORED,
): string | undefined {
  const differences = [
    difference("rows", stored.rows, String(seal.rowCount)),
    difference("chunks", stored.chunks, String(seal.chunkCount)),
    stored.amount === seal.amount // both without trailing zeros
      ? ""
      : `amount ${stored.amount} instead of ${seal.amount}`,
    stored.broken === "0"
      ? ""
      : `${stored.broken} rows contradict themselves (parts and effective cost, or a cost or quantity below zero)`,
  ].filter((text) => text !== "");
  return differences.length === 0 ? undefined : UNLIKE_SEAL + differences.join("; ");
}

function difference(what: string, stored: string, sealed: string): string {
  return stored === sealed ? "" : `${what} ${stored} instead of ${sealed}`;
}

/** Deletes the snapshot's rows and inserts its chunks again, under tokens that the deduplication window does not know. */
export async function readAgain(
  deps: { readonly clickhouse: ClickHouse; readonly log: EventLog },
  { seal, position }: ReceivedSeal,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const table = FACTS_TABLE[seal.dataset];
  const attempt = randomUUID();
  await deps.clickhouse.command({
    query: `DELETE FROM ${table} WHERE snapshot_id = {snapshotId:String}
  AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}`,
    query_params: snapshotParams(seal),
  });
  const inserted = new Set<number>();
  for await (const message of deps.log.replay(position.topic, { partition: position.partition })) {
    signal.throwIfAborted(); // a partition may have gigabytes
    // A chunk of a newer program has the same headers and need not have the same rows: it waits among the dead letters.
    if (chunkFormatOf(eventTypeOf(message.headers)) === undefined) continue;
    const header = decodeChunkHeaders(message.headers);
    if (!header.ok || header.data.snapshotId !== seal.snapshotId || inserted.has(header.data.chunk)) continue;
    const opened = await openChunk(message.headers, message.value);
    if (!opened.ok) continue; // it was dead-lettered when it came; without it the snapshot stays incomplete and says so
    // Of this attempt alone: ClickHouse still knows the token of an earlier one, whose rows were deleted just now.
    const token = `${seal.snapshotId}/${header.data.chunk}/again/${attempt}`;
    const { format, bytes } = opened.data;
    await insertEncoded(deps.clickhouse, table, format, bytes, { token }).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
    });
    inserted.add(header.data.chunk);
  }
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
