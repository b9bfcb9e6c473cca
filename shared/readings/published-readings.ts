import { type Dataset, type FactRows, type ReadingKey, readingName } from "@apportion/domain/facts";
import type { EventLog, LogMessage } from "@apportion/event-log/log";
import { chunkFormatOf, decodeEvent, EVENTS, TOPICS } from "@apportion/events/catalogue";
import { decodeChunkHeaders, openChunk, readingMessageKey, rowsOfChunk } from "@apportion/events/chunk";
import { eventTypeOf } from "@apportion/events/cloud-event";

export interface PublishedReading<D extends Dataset> {
  /** As {@link readingName} names it. */
  readonly name: string;
  readonly snapshotId: string;
  readonly rows: readonly FactRows[D][];
}

/**
 * What was published of some readings of one scope, as the log still has it, in the order in which it was sealed. A collector has no
 * database: what it said once it asks the log. Chunks without a seal, of a collector that was interrupted, are left out.
 */
export async function* publishedReadings<D extends Dataset>(
  log: EventLog,
  scope: Pick<ReadingKey, "source" | "scope"> & { readonly dataset: D },
  names: ReadonlySet<string>,
): AsyncGenerator<PublishedReading<D>> {
  const key = readingMessageKey(scope);
  let chunks: { readonly snapshotId: string; readonly message: LogMessage }[] = [];
  for await (const message of log.replay(TOPICS.readings.name)) {
    if (message.key !== key) continue;
    const type = eventTypeOf(message.headers);
    if (chunkFormatOf(type) !== undefined) {
      const header = decodeChunkHeaders(message.headers);
      if (
        header.ok &&
        header.data.dataset === scope.dataset &&
        names.has(message.headers["ce_subject"] ?? "")
      )
        chunks.push({ snapshotId: header.data.snapshotId, message });
    } else if (type === EVENTS.snapshotSealed.type) {
      const seal = decodeEvent("snapshotSealed", message.value);
      // A scope publishes one snapshot after the other, so what is not of this seal is the rest of an interrupted one.
      const own = chunks.filter((chunk) => seal.ok && chunk.snapshotId === seal.data.snapshotId);
      chunks = [];
      if (seal.ok && own.length > 0)
        yield { name: readingName(seal.data), snapshotId: seal.data.snapshotId, rows: await rowsOf<D>(own) };
    }
  }
}

async function rowsOf<D extends Dataset>(
  chunks: readonly { readonly message: LogMessage }[],
): Promise<FactRows[D][]> {
  const rows: FactRows[D][] = [];
  for (const { message } of chunks) {
    const opened = await openChunk(message.headers, message.value);
    if (!opened.ok) throw new Error(opened.reason);
    for (const row of await rowsOfChunk(opened.data)) rows.push(row as FactRows[D]);
  }
  return rows;
}
