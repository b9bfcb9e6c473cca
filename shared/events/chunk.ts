import { promisify } from "node:util";
import { gunzip as gunzipCallback, gzip as gzipCallback } from "node:zlib";
import { z } from "zod";
import { readingName, type Dataset, type FactRows, type ReadingKey } from "@apportion/domain/facts";
import {
  type ChunkFormat,
  chunkFormatOf,
  datasetSchema,
  SNAPSHOT_CHUNK,
  TOPICS,
  whatIsWrong,
  type Decoded,
  type EncodedEvent,
  type SnapshotSealed,
} from "./catalogue.js";
import { eventTypeOf, toHeaders } from "./cloud-event.js";
import type { PreparedSnapshot } from "./snapshot.js";
import type { Traceparent } from "./trace.js";

const gzip = promisify(gzipCallback);
const gunzip = promisify(gunzipCallback);

/** Rows of one chunk at most: one chunk is one message and one insert, and what an insert costs by itself is shared by its rows. */
export const CHUNK_ROWS_MAX = 30_000;
/** A chunk that inflates to more is refused: it is damaged, or an attack. */
const CHUNK_INFLATED_BYTES_MAX = 64 * 1024 * 1024;
/** By default it is 16 KiB, and then a chunk of some megabytes takes four times as long. */
const INFLATED_AT_ONCE_BYTES = 1024 * 1024;
/** Compressed bytes of a chunk at most: it has to fit a message of the log. */
export const CHUNK_BYTES_MAX = 800_000;
/** Of a chunk that was larger as many rows are taken as come to this, and so are the next ones: some are longer than others. */
const CHUNK_BYTES_AIM = 0.9 * CHUNK_BYTES_MAX;

/**
 * The chunks of a snapshot as messages, each a gzipped Arrow stream that is one insert; the seal needs their number.
 * @throws MisfitError for a row that its table cannot hold
 */
export async function encodeChunks(
  { seal, rows }: PreparedSnapshot,
  source: string,
  traceparent?: Traceparent,
): Promise<EncodedEvent[]> {
  const { toArrow } = await import("./arrow-encode.js"); // large, and only a collector that has news needs it
  const messages: EncodedEvent[] = [];
  let take = CHUNK_ROWS_MAX;
  for (let start = 0; start < rows.length;) {
    const chunk = messages.length;
    const some = rows.slice(start, start + take);
    const value = await gzip(toArrow({ ...seal, chunk }, some, start), { level: 1 });
    if (value.byteLength > CHUNK_BYTES_MAX && some.length > 1) {
      take = Math.max(1, Math.floor((some.length * CHUNK_BYTES_AIM) / value.byteLength));
      continue;
    }
    const message = chunkMessage(seal, chunk, some.length, value, source);
    if (traceparent !== undefined) message.headers["ce_traceparent"] = traceparent;
    messages.push(message);
    start += some.length;
  }
  return messages;
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
    contentType: "application/vnd.apache.arrow.stream",
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
  ce_dataset: datasetSchema.describe(
    "Table: cost_facts, usage_facts, bucket_facts, bill_facts or utilisation_facts",
  ),
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

type Headers = Readonly<Record<string, string>>;

export function decodeChunkHeaders(headers: Headers): Decoded<ChunkHeaders> {
  const parsed = chunkHeaders.safeParse(headers);
  if (!parsed.success) return { ok: false, reason: `${typeOf(headers)}: ${whatIsWrong(parsed.error)}` };
  const { ce_snapshotid, ce_dataset, ce_chunk, ce_rows } = parsed.data;
  return {
    ok: true,
    data: { snapshotId: ce_snapshotid, dataset: ce_dataset, chunk: ce_chunk, rowCount: ce_rows },
  };
}

/** A chunk as ClickHouse takes it. */
export interface OpenChunk extends ChunkHeaders {
  readonly format: ChunkFormat;
  readonly bytes: Uint8Array;
}

/** Inflates a chunk of any type. Its rows stay unparsed; of an Arrow stream it is known that its columns are those of its table. */
export async function openChunk(headers: Headers, value: Uint8Array): Promise<Decoded<OpenChunk>> {
  const refused = (why: string): Decoded<never> => ({ ok: false, reason: `${typeOf(headers)}: ${why}` });
  const format = chunkFormatOf(eventTypeOf(headers));
  if (format === undefined) return refused("is no chunk");
  const header = decodeChunkHeaders(headers);
  if (!header.ok) return header;
  const inflated = await inflate(value);
  if (!inflated.ok) return refused(inflated.reason);
  const bytes = inflated.data;
  if (format === "ArrowStream") {
    const { whatIsWrongWith } = await import("./arrow-check.js");
    const wrong = whatIsWrongWith(header.data.dataset, header.data.rowCount, bytes);
    if (wrong !== undefined) return refused(wrong);
  }
  return { ok: true, data: { ...header.data, format, bytes } };
}

/** What was gzipped, if it is not larger than a chunk may be. */
export async function inflate(value: Uint8Array): Promise<Decoded<Uint8Array>> {
  try {
    return {
      ok: true,
      data: await gunzip(value, {
        maxOutputLength: CHUNK_INFLATED_BYTES_MAX,
        chunkSize: INFLATED_AT_ONCE_BYTES,
      }),
    };
  } catch (error) {
    return { ok: false, reason: `cannot be inflated: ${(error as Error).message}` };
  }
}

/** The rows of a chunk, without what is empty or zero. */
export async function rowsOfChunk({ dataset, format, bytes }: OpenChunk): Promise<FactRows[Dataset][]> {
  if (format === "ArrowStream") return (await import("./arrow-decode.js")).fromArrow(dataset, bytes);
  const lines = Buffer.from(bytes).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as FactRows[Dataset]);
}

function typeOf(headers: Headers): string {
  return eventTypeOf(headers) ?? "a message that is no event";
}
