import { FACTS_TABLE, SEALED_SNAPSHOTS } from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { isRefusal } from "@apportion/clickhouse/errors";
import { insertEncoded } from "@apportion/clickhouse/insert";
import { select } from "@apportion/clickhouse/query";
import { readingName } from "@apportion/domain/facts";
import type { BatchHandler, DeadLetter, EventLog, ReceivedMessage } from "@apportion/event-log/log";
import { requestsFor } from "@apportion/events/allocation-requests";
import {
  chunkFormatOf,
  decodeEvent,
  EVENTS,
  unknownEvent,
  type ReadingConfirmed,
  type SnapshotSealed,
} from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { decodeChunkHeaders, openChunk } from "@apportion/events/chunk";
import { mergeTraces, traceIdOf, traceparentOf, type Traceparent } from "@apportion/events/trace";
import type { DollarOwners } from "@apportion/platform/dollar-owners";
import { foreignMessage } from "@apportion/runtime/foreign-text";
import type { Logger } from "@apportion/runtime/logger";
import { storeConfirmations } from "./confirm.js";
import { decisionEvents, type Decided } from "./decisions.js";
import { quarantineRefusal } from "./quarantine/hold.js";
import type { ReceivedSeal } from "./received-seal.js";
import type { SanityConfig } from "./sanity.js";
import { applySeals } from "./seal.js";

export interface IntakeDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly currency: string;
  readonly sanity: SanityConfig;
  readonly dollarOwners: Pick<DollarOwners, "isChargedElsewhere" | "comesAtOnce">;
  /** For a replay: what was decided of snapshots when they came first; the others are looked at as if they came now. */
  readonly decided?: Decided;
  /** For a replay: names its inserts, so that rows are stored that ClickHouse remembers and no longer has. */
  readonly attempt?: string;
}

/**
 * Chunks are up to 64 MiB inflated, one at a time; a batch bounds how much is repeated after a crash, and what memory holds of a partition. What a
 * batch asks besides its rows takes the engine some hundred milliseconds. Kafka hands over what one fetch has of a partition: 1 MiB, or one message.
 */
export const BATCH_MESSAGES_MAX = 100;
export const BATCH_BYTES_MAX = 16 * 1024 * 1024;

/** Snapshots whose chunks were seen lately; only for them "is it sealed?" needs no question to ClickHouse. */
const KNOWN_UNSEALED_MAX = 10_000;

/**
 * From the log into ClickHouse. For each batch of a partition:
 * 1. A chunk is inflated and inserted unparsed, under the token snapshot id/chunk: redelivered, it is stored once.
 *    A chunk of a snapshot that is sealed already is skipped, since the deduplication window may have forgotten it.
 * 2. The seals, which always follow their chunks, are compared with what is stored and make their snapshots visible, or put
 *    them into quarantine.
 * 3. That readings were made again without a change is stored. It moves no number, so nothing is allocated for it.
 * 4. The days of what became visible are requested to be allocated, once for the batch, and the log is told what was decided.
 * 5. The batch is committed. A crash before that repeats it, which changes nothing.
 */
export function createIntakeHandler(deps: IntakeDeps): BatchHandler {
  const knownUnsealed = new Set<string>();
  return async (batch, signal) => {
    const deadLetters: DeadLetter[] = [];
    const seals = new Map<ReceivedSeal, ReceivedMessage>();
    const confirmed: ReadingConfirmed[] = [];
    const giveUp = (message: ReceivedMessage, reason: string, decidedWith?: string): void => {
      deps.logger.error({ position: message.position }, `dead letter: ${reason}`);
      deadLetters.push({ message, reason, ...(decidedWith !== undefined && { decidedWith }) });
    };
    const sealed = await sealedBefore(deps, batch, knownUnsealed);
    for (const message of batch) {
      signal.throwIfAborted();
      const reason = await handle(deps, message, sealed, seals, confirmed);
      if (reason !== undefined) giveUp(message, reason);
    }
    const outcomes = await applySeals(deps, [...seals.keys()], sealed, signal);
    const visible: SnapshotSealed[] = [];
    const traces: (Traceparent | undefined)[] = [];
    const reasons = new Map<ReceivedSeal, string | undefined>();
    for (const [received, message] of seals) {
      const outcome = outcomes.get(received);
      knownUnsealed.delete(received.seal.snapshotId);
      reasons.set(received, outcome?.kind === "quarantined" ? outcome.reason : undefined);
      if (outcome?.kind === "quarantined") {
        const reason = `${readingName(received.seal)} is in quarantine: ${outcome.reason}`;
        giveUp(message, reason, outcome.isIncomplete ? undefined : "apportion quarantine");
      } else {
        visible.push(received.seal);
        const traceparent = traceparentOf(message.headers);
        traces.push(traceparent);
        logVisible(deps.logger, received.seal, traceparent);
      }
    }
    await storeConfirmations(deps.clickhouse, confirmed);
    const trace = mergeTraces(traces);
    if (visible.length > 0)
      deps.logger.info({ readings: visible.length, ...trace.fields }, "allocation is requested");
    const messages = [...decisionEvents(reasons), ...requestsFor(visible, trace.traceparent)];
    if (messages.length > 0 && deps.attempt === undefined) await deps.log.publish(messages);
    return deadLetters;
  };
}

function logVisible(logger: Logger, seal: SnapshotSealed, traceparent: Traceparent | undefined): void {
  const trace = traceparent === undefined ? {} : { traceId: traceIdOf(traceparent) };
  logger.info({ reading: readingName(seal), snapshotId: seal.snapshotId, ...trace }, "reading is visible");
}

/** Stores a chunk, or remembers a seal or a confirmation for the end of the batch. Gives the reason why the message is a dead letter, if it is. */
async function handle(
  deps: IntakeDeps,
  message: ReceivedMessage,
  sealed: ReadonlySet<string>,
  seals: Map<ReceivedSeal, ReceivedMessage>,
  confirmed: ReadingConfirmed[],
): Promise<string | undefined> {
  const type = eventTypeOf(message.headers);
  if (chunkFormatOf(type) !== undefined) return storeChunk(deps, message, sealed);
  switch (type) {
    case EVENTS.snapshotSealed.type: {
      const decoded = decodeEvent("snapshotSealed", message.value);
      if (!decoded.ok) return decoded.reason;
      seals.set({ seal: decoded.data, position: message.position }, message);
      return undefined;
    }
    case EVENTS.readingConfirmed.type: {
      const decoded = decodeEvent("readingConfirmed", message.value);
      if (!decoded.ok) return decoded.reason;
      confirmed.push(decoded.data);
      return undefined;
    }
    case EVENTS.readingRefused.type: {
      const decoded = decodeEvent("readingRefused", message.value);
      if (!decoded.ok) return decoded.reason;
      await quarantineRefusal(deps.clickhouse, decoded.data, deps.attempt);
      return undefined;
    }
    default:
      return unknownEvent("intake", type);
  }
}

/**
 * Snapshots of the batch that were sealed before it. ClickHouse is asked once: of every seal, and of chunks whose snapshot is not known to have none.
 */
async function sealedBefore(
  { clickhouse }: IntakeDeps,
  batch: readonly ReceivedMessage[],
  knownUnsealed: Set<string>,
): Promise<ReadonlySet<string>> {
  const asked = new Set<string>();
  for (const message of batch) {
    const snapshotId = snapshotOf(message);
    const isChunk = chunkFormatOf(eventTypeOf(message.headers)) !== undefined;
    if (snapshotId !== undefined && !(isChunk && knownUnsealed.has(snapshotId))) asked.add(snapshotId);
  }
  if (asked.size === 0) return asked;
  const rows = await select(clickhouse, SEALED_SNAPSHOTS, { snapshotIds: [...asked] });
  const sealed = new Set(rows.map(({ snapshot_id }) => snapshot_id));
  if (knownUnsealed.size >= KNOWN_UNSEALED_MAX) knownUnsealed.clear();
  for (const snapshotId of asked) if (!sealed.has(snapshotId)) knownUnsealed.add(snapshotId);
  return sealed;
}

/** Of a chunk, or of a seal. */
export function snapshotOf({ headers, value }: ReceivedMessage): string | undefined {
  const type = eventTypeOf(headers);
  if (chunkFormatOf(type) !== undefined) {
    const header = decodeChunkHeaders(headers);
    return header.ok ? header.data.snapshotId : undefined;
  }
  if (type !== EVENTS.snapshotSealed.type) return undefined;
  const decoded = decodeEvent("snapshotSealed", value);
  return decoded.ok ? decoded.data.snapshotId : undefined;
}

async function storeChunk(
  deps: IntakeDeps,
  message: ReceivedMessage,
  sealed: ReadonlySet<string>,
): Promise<string | undefined> {
  const header = decodeChunkHeaders(message.headers);
  if (!header.ok) return header.reason;
  return sealed.has(header.data.snapshotId) ? undefined : storeRows(deps, message);
}

/** Stores a chunk whatever is known of its snapshot. Gives the reason why the message is a dead letter, if it is. */
export async function storeRows(
  deps: Pick<IntakeDeps, "clickhouse" | "attempt">,
  message: ReceivedMessage,
): Promise<string | undefined> {
  const opened = await openChunk(message.headers, message.value);
  if (!opened.ok) return opened.reason;
  const { snapshotId, dataset, chunk, format, bytes } = opened.data;
  try {
    const token = [snapshotId, chunk, ...(deps.attempt === undefined ? [] : [deps.attempt])].join("/");
    await insertEncoded(deps.clickhouse, FACTS_TABLE[dataset], format, bytes, { token });
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error; // ClickHouse is away: the log delivers the chunk again
    return `ClickHouse refused chunk ${chunk} of ${snapshotId}: ${foreignMessage(error)}`;
  }
}
