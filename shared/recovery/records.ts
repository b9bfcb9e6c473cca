import { promisify } from "node:util";
import { gunzip as gunzipCallback, gzip as gzipCallback } from "node:zlib";
import { sha256 } from "@apportion/domain/hash";
import type { EventLog, LogMessage, ReceivedMessage } from "@apportion/event-log/log";
import { decodeEvent, encodeEvent, EVENTS, type RowsRecorded } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import type { Row } from "./record-tables.js";

const gzip = promisify(gzipCallback);
const gunzip = promisify(gunzipCallback);

/** JSON of the rows of one message, before it is compressed; a single row may have more. */
const PART_BYTES_MAX = 600_000;
/** A message that inflates to more is refused: it is damaged, or an attack. */
const INFLATED_BYTES_MAX = 64 * 1024 * 1024;

/** Rows of one insert into a table. */
export interface RecordedRows {
  readonly table: string;
  /** Deduplication token of the insert. */
  readonly token: string;
  readonly rows: readonly Row[];
}

/**
 * Tells the log of rows that cannot be computed from readings again. What must not happen twice, a mail, is told before it is stored; what
 * several compete for, a place in the ledger or a decision, afterwards.
 */
export async function tellRows(log: EventLog, records: readonly RecordedRows[]): Promise<void> {
  const messages: LogMessage[] = [];
  for (const record of records) messages.push(...(await messagesOf(record)));
  if (messages.length > 0) await log.publish(messages);
}

async function messagesOf({ table, token, rows }: RecordedRows): Promise<LogMessage[]> {
  const parts = partsOf(rows);
  return Promise.all(
    parts.map(async (own, part) => {
      const data = { table, token, part, parts: parts.length, rows: own.map((row) => ({ ...row })) };
      const event = encodeEvent("rowsRecorded", data, {
        id: sha256(`${table}/${token}/${part}`).slice(0, 32),
        source: "/apportion/recovery",
        key: table,
        subject: table,
        time: new Date(),
      });
      const headers = { ...event.headers, "content-encoding": "gzip" };
      return { ...event, headers, value: await gzip(event.value) };
    }),
  );
}

function partsOf(rows: readonly Row[]): Row[][] {
  const parts: Row[][] = [];
  let bytes = Infinity;
  for (const row of rows) {
    const size = Buffer.byteLength(JSON.stringify(row));
    if (bytes + size > PART_BYTES_MAX) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(row);
    bytes += size;
  }
  return parts;
}

/** Rows of a message of the records; undefined when it is another event, or cannot be read. */
export async function decodeRows({ headers, value }: ReceivedMessage): Promise<RowsRecorded | undefined> {
  if (eventTypeOf(headers) !== EVENTS.rowsRecorded.type) return undefined;
  const decoded = decodeEvent("rowsRecorded", await gunzip(value, { maxOutputLength: INFLATED_BYTES_MAX }));
  return decoded.ok ? decoded.data : undefined;
}

/** Parts put together, in the order in which the first of each came; rows of which a part is missing are left out. */
export function assemble(parts: readonly RowsRecorded[]): RecordedRows[] {
  const byInsert = new Map<string, RowsRecorded[]>();
  for (const each of parts) {
    const name = `${each.table}\n${each.token}`;
    const own = byInsert.get(name) ?? [];
    own[each.part] = each;
    byInsert.set(name, own);
  }
  return [...byInsert.values()].flatMap((own) => {
    const first = own.find((each) => each !== undefined);
    const isWhole = first && Array.from(own).filter((each) => each !== undefined).length === first.parts;
    return isWhole ? [{ table: first.table, token: first.token, rows: own.flatMap(({ rows }) => rows) }] : [];
  });
}
