import { type Dataset, type FactRows, type ReadingKey, readingName } from "@apportion/domain/facts";
import type { EventLog } from "@apportion/event-log/log";
import { decodeEvent, EVENTS, SNAPSHOT_CHUNK, TOPICS } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { decodeChunkHeaders, inflateChunk, readingMessageKey } from "@apportion/events/snapshot";

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
  let chunks: { readonly snapshotId: string; readonly value: Uint8Array }[] = [];
  for await (const message of log.replay(TOPICS.readings.name)) {
    if (message.key !== key) continue;
    const type = eventTypeOf(message.headers);
    if (type === SNAPSHOT_CHUNK) {
      const header = decodeChunkHeaders(message.headers);
      if (
        header.ok &&
        header.data.dataset === scope.dataset &&
        names.has(message.headers["ce_subject"] ?? "")
      )
        chunks.push({ snapshotId: header.data.snapshotId, value: message.value });
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
  chunks: readonly { readonly value: Uint8Array }[],
): Promise<FactRows[D][]> {
  const rows: FactRows[D][] = [];
  for (const { value } of chunks) {
    const inflated = await inflateChunk(value);
    if (!inflated.ok) throw new Error(inflated.reason);
    const lines = Buffer.from(inflated.data).toString("utf8").split("\n");
    for (const line of lines) if (line !== "") rows.push(JSON.parse(line) as FactRows[D]);
  }
  return rows;
}
