import type { ClickHouse } from "@apportion/clickhouse/client";
import { isRefusal } from "@apportion/clickhouse/errors";
import { insertNdjson } from "@apportion/clickhouse/insert";
import { run } from "@apportion/clickhouse/query";
import { readingName } from "@apportion/domain/facts";
import type {
  BatchHandler,
  DeadLetter,
  Disposition,
  EventLog,
  ReceivedMessage,
} from "@apportion/event-log/log";
import { decodeEvent, EVENTS, SNAPSHOT_CHUNK, type SnapshotSealed } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { decodeChunkHeaders, inflateChunk } from "@apportion/events/snapshot";
import type { Logger } from "@apportion/runtime/logger";
import { FACTS_TABLE, SNAPSHOT_SEAL_COUNT } from "./facts-tables.js";
import { requestAllocations } from "./request-allocations.js";
import { applySeal, recordQuarantine } from "./seal.js";

export interface IntakeDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly currency: string;
}

const DONE: Disposition = { kind: "done" };

/** Snapshots whose chunks were seen lately; only for them "is it sealed?" needs no question to ClickHouse. */
const KNOWN_UNSEALED_MAX = 10_000;

/**
 * From the log into ClickHouse. For each batch of a partition, in order:
 * 1. A chunk is inflated and inserted unparsed, under the token snapshot id/chunk: redelivered, it is stored once.
 *    A chunk of a snapshot that is sealed already is skipped, since the deduplication window may have forgotten it.
 * 2. A seal is compared with what is stored and makes the snapshot visible, or puts it into quarantine.
 * 3. The days of what became visible are requested to be allocated, once for the batch.
 * 4. The batch is committed. A crash before that repeats it, which changes nothing.
 */
export function createIntakeHandler(deps: IntakeDeps): BatchHandler {
  const knownUnsealed = new Set<string>();
  return async (batch) => {
    const deadLetters: DeadLetter[] = [];
    const visible: SnapshotSealed[] = [];
    for (const message of batch) {
      const disposition = await handle(deps, message, knownUnsealed, visible);
      if (disposition.kind === "deadLetter") {
        deps.logger.error({ position: message.position }, `dead letter: ${disposition.reason}`);
        deadLetters.push({ message, reason: disposition.reason });
      }
    }
    await requestAllocations(deps.log, visible);
    return deadLetters;
  };
}

async function handle(
  deps: IntakeDeps,
  message: ReceivedMessage,
  knownUnsealed: Set<string>,
  visible: SnapshotSealed[],
): Promise<Disposition> {
  switch (eventTypeOf(message.headers)) {
    case SNAPSHOT_CHUNK:
      return storeChunk(deps, message, knownUnsealed);
    case EVENTS.snapshotSealed.type:
      return seal(deps, message, visible);
    case EVENTS.readingRefused.type:
      return refuse(deps, message);
    default:
      return { kind: "deadLetter", reason: "this is not an event that intake knows; see docs/events.md" };
  }
}

async function storeChunk(
  deps: IntakeDeps,
  message: ReceivedMessage,
  knownUnsealed: Set<string>,
): Promise<Disposition> {
  const header = decodeChunkHeaders(message.headers);
  if (!header.ok) return { kind: "deadLetter", reason: header.reason };
  const { snapshotId, dataset, chunk } = header.data;
  if (!knownUnsealed.has(snapshotId)) {
    const [sealed] = await run(deps.clickhouse, SNAPSHOT_SEAL_COUNT, { snapshotId });
    if (sealed?.seals !== "0") return DONE;
    if (knownUnsealed.size >= KNOWN_UNSEALED_MAX) knownUnsealed.clear();
    knownUnsealed.add(snapshotId);
  }
  const rows = await inflateChunk(message.value);
  if (!rows.ok) return { kind: "deadLetter", reason: rows.reason };
  try {
    await insertNdjson(deps.clickhouse, FACTS_TABLE[dataset], rows.data, { token: `${snapshotId}/${chunk}` });
    return DONE;
  } catch (error) {
    if (!isRefusal(error)) throw error; // ClickHouse is away: the log delivers the chunk again
    return {
      kind: "deadLetter",
      reason: `ClickHouse refused chunk ${chunk} of ${snapshotId}: ${(error as Error).message}`,
    };
  }
}

async function seal(
  deps: IntakeDeps,
  message: ReceivedMessage,
  visible: SnapshotSealed[],
): Promise<Disposition> {
  const decoded = decodeEvent("snapshotSealed", message.value);
  if (!decoded.ok) return { kind: "deadLetter", reason: decoded.reason };
  const outcome = await applySeal(deps, decoded.data, message.position);
  if (outcome.kind === "visible") {
    visible.push(decoded.data);
    return DONE;
  }
  return { kind: "deadLetter", reason: `${readingName(decoded.data)} is in quarantine: ${outcome.reason}` };
}

async function refuse(deps: IntakeDeps, message: ReceivedMessage): Promise<Disposition> {
  const decoded = decodeEvent("readingRefused", message.value);
  if (!decoded.ok) return { kind: "deadLetter", reason: decoded.reason };
  await recordQuarantine(deps.clickhouse, decoded.data, decoded.data.reason);
  return DONE;
}
