import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip as gunzipCallback, gzip as gzipCallback } from "node:zlib";
import { z } from "zod";
import {
  readingName,
  sealedAmountOf,
  type Dataset,
  type FactRows,
  type Reading,
  type ReadingKey,
} from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import {
  datasetSchema,
  SNAPSHOT_CHUNK,
  TOPICS,
  whatIsWrong,
  type Decoded,
  type EncodedEvent,
  type SnapshotSealed,
} from "./catalogue.js";
import { toHeaders } from "./cloud-event.js";
import type { Traceparent } from "./trace.js";

const gzip = promisify(gzipCallback);
const gunzip = promisify(gunzipCallback);

/** Rows of one chunk at most: one chunk is one message and one insert. */
export const CHUNK_ROWS_MAX = 10_000;
/** A chunk that inflates to more is refused: it is damaged, or an attack. */
const CHUNK_INFLATED_BYTES_MAX = 64 * 1024 * 1024;
/** Compressed bytes of a chunk at most; a chunk that is larger is halved until it fits a message of the log. */
export const CHUNK_BYTES_MAX = 800_000;

export interface PreparedSnapshot {
  readonly seal: SnapshotSealed;
  /** Canonical JSON rows in their order, without the columns that say which snapshot they belong to. */
  readonly rows: readonly string[];
}

/**
 * Puts a reading into canonical form and computes its seal. Rows are sorted by their text, so the order in which an API
 * happens to answer changes neither the hash nor the chunks.
 */
export function prepareSnapshot(reading: Reading, readAt: Date, currency: string): PreparedSnapshot {
  const { key, finality } = reading;
  const rows = reading.rows.map((row) => canonicalRow(row)).sort();
  const hash = createHash("sha256").update(currency);
  for (const row of rows) hash.update("\n").update(row);
  const contentHash = hash.digest("hex");
  const amount = reading.rows.reduce((sum, row) => sum + parsePicos(sealedAmountOf(key.dataset, row)), 0n);
  const identity = [readingName(key), key.chargePeriod.end, readAt.toISOString(), finality, contentHash].join(
    "\n",
  );
  const seal: SnapshotSealed = {
    snapshotId: createHash("sha256").update(identity).digest("hex").slice(0, 32),
    dataset: key.dataset,
    source: key.source,
    scope: key.scope,
    chargePeriod: key.chargePeriod,
    readAt: readAt.toISOString(),
    finality,
    currency,
    chunkCount: 0,
    rowCount: rows.length,
    amount: formatPicos(amount),
    contentHash,
  };
  return { seal, rows };
}

/** Columns in the order of their names; empty and zero ones are left out, since that is what an absent column holds. */
function canonicalRow(row: FactRows[Dataset]): string {
  const told = Object.entries(row).filter(
    ([, value]) => value !== "" && value !== "0" && value !== undefined,
  );
  return JSON.stringify(Object.fromEntries(told.sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** The chunks of a snapshot as messages, each a gzipped NDJSON insert, and the number of chunks for the seal. */
export async function encodeChunks(
  snapshot: PreparedSnapshot,
  source: string,
  traceparent?: Traceparent,
): Promise<EncodedEvent[]> {
  const messages: EncodedEvent[] = [];
  const pending: (readonly string[])[] = [];
  for (let start = 0; start < snapshot.rows.length; start += CHUNK_ROWS_MAX)
    pending.push(snapshot.rows.slice(start, start + CHUNK_ROWS_MAX));
  for (let rows = pending.shift(); rows; rows = pending.shift()) {
    const value = await gzip(chunkText(snapshot.seal, messages.length, rows), { level: 1 });
    if (value.byteLength > CHUNK_BYTES_MAX && rows.length > 1) {
      const middle = Math.ceil(rows.length / 2);
      pending.unshift(rows.slice(0, middle), rows.slice(middle));
      continue;
    }
    const message = chunkMessage(snapshot.seal, messages.length, rows.length, value, source);
    if (traceparent !== undefined) message.headers["ce_traceparent"] = traceparent;
    messages.push(message);
  }
  return messages;
}

/** Each row carries the columns of its snapshot, so the bytes are ready to insert as they are. */
function chunkText(seal: SnapshotSealed, chunk: number, rows: readonly string[]): string {
  const { snapshotId, source, scope, chargePeriod } = seal;
  const common = JSON.stringify({
    snapshot_id: snapshotId,
    chunk,
    source,
    scope,
    charge_period_start: Date.parse(chargePeriod.start) / 1000,
    charge_period_end: Date.parse(chargePeriod.end) / 1000,
  });
  const prefix = common.slice(0, -1);
  return rows.map((row) => `${prefix}${row === "{}" ? "" : ","}${row.slice(1)}\n`).join("");
}

function chunkMessage(
  seal: SnapshotSealed,
  chunk: number,
  rowCount: number,
  value: Uint8Array,
  source: string,
): EncodedEvent {
  const headers = toHeaders({
    id: `${seal.snapshotId}/${chunk}`,
    source,
    type: SNAPSHOT_CHUNK,
    subject: readingName(seal),
    time: seal.readAt,
    contentType: "application/x-ndjson",
    contentEncoding: "gzip",
    extensions: {
      snapshotid: seal.snapshotId,
      dataset: seal.dataset,
      chunk: String(chunk),
      rows: String(rowCount),
    },
  });
  return { topic: TOPICS.readings.name, key: readingMessageKey(seal), headers, value };
}

/** Chunks and seals of a scope share a key, so a seal always follows its chunks. */
export function readingMessageKey(key: Pick<ReadingKey, "source" | "scope">): string {
  return `${key.source}/${key.scope}`;
}

const count = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

/** Headers of a chunk beyond those of every CloudEvent. */
export const chunkHeaders = z.object({
  ce_snapshotid: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe("Snapshot to which the rows belong"),
  ce_dataset: datasetSchema.describe("Table: cost_facts, usage_facts or bucket_facts"),
  ce_chunk: count.describe("Number of the chunk in its snapshot, from 0"),
  ce_rows: count.describe("Rows in the chunk"),
  "content-encoding": z.literal("gzip"),
});

export interface ChunkHeaders {
  readonly snapshotId: string;
  readonly dataset: Dataset;
  readonly chunk: number;
  readonly rowCount: number;
}

export function decodeChunkHeaders(headers: Readonly<Record<string, string>>): Decoded<ChunkHeaders> {
  const parsed = chunkHeaders.safeParse(headers);
  if (!parsed.success) return { ok: false, reason: `${SNAPSHOT_CHUNK}: ${whatIsWrong(parsed.error)}` };
  const { ce_snapshotid, ce_dataset, ce_chunk, ce_rows } = parsed.data;
  return {
    ok: true,
    data: { snapshotId: ce_snapshotid, dataset: ce_dataset, chunk: ce_chunk, rowCount: ce_rows },
  };
}

/** Inflates a chunk's rows; their bytes are inserted unparsed. */
export async function inflateChunk(value: Uint8Array): Promise<Decoded<Uint8Array>> {
  try {
    return { ok: true, data: await gunzip(value, { maxOutputLength: CHUNK_INFLATED_BYTES_MAX }) };
  } catch (error) {
    return { ok: false, reason: `${SNAPSHOT_CHUNK}: cannot be inflated: ${(error as Error).message}` };
  }
}
