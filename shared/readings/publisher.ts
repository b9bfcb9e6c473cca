import { type Reading, type ReadingKey, readingName } from "@apportion/domain/facts";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import type { EventLog } from "@apportion/event-log/log";
import {
  type CollectionProgress,
  decodeEvent,
  encodeEvent,
  EVENTS,
  type SnapshotSealed,
  TOPICS,
} from "@apportion/events/catalogue";
import { encodeChunks, readingMessageKey } from "@apportion/events/chunk";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { prepareSnapshot } from "@apportion/events/snapshot";
import { newTraceparent, traceIdOf } from "@apportion/events/trace";
import type { Clock } from "@apportion/runtime/service";

export type PublishOutcome =
  | { readonly kind: "published"; readonly seal: SnapshotSealed; readonly traceId: string }
  /** The same rows as last time: they are confirmed, not published. */
  | { readonly kind: "unchanged"; readonly seal: SnapshotSealed };

export interface ReadingPublisher {
  /**
   * Publishes the reading as a snapshot: its chunks, then its seal. Unchanged content is only confirmed, which moves no number,
   * unless it is asked for `again`: what intake refused once it may take after an upgrade.
   */
  publish(reading: Reading, options?: PublishOptions): Promise<PublishOutcome>;
  /** Learns what other processes published since. */
  refresh(): Promise<void>;
  /** What was published last of a source, scope and period, with the finality that it was confirmed with. */
  lastSeal(key: ReadingKey): SnapshotSealed | undefined;
  /** Tells the log that a source answered with something that must not be charged. */
  refuse(key: ReadingKey, reason: string): Promise<void>;
  /** Puts on record how far a schedule is, for whoever goes on after this process. */
  recordProgress(progress: CollectionProgress): Promise<void>;
  /** How far a schedule was at the last `refresh`. */
  lastProgress(schedule: string): CollectionProgress | undefined;
}

export interface PublishOptions {
  /** When its source was asked, which is before it answered; by default now. */
  readonly readAt?: Date;
  readonly again?: boolean;
}

interface PublisherDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  /** ISO 4217; the deployment's one currency. */
  readonly currency: string;
  /** CloudEvents source, `/apportion/collector-kubecost`. */
  readonly producer: string;
}

/**
 * A collector's memory is what the log's seals say was published last, so it cannot be lost or disagree with the log.
 * The seal is written to the readings first and to the compacted seals second: a crash in between publishes the same
 * content again under a later readAt, which changes no number.
 */
export async function createReadingPublisher(deps: PublisherDeps): Promise<ReadingPublisher> {
  const { log, clock, currency, producer } = deps;
  let { lastSeals, progress } = await rebuildMemory(log);

  /** The seals' topic needs to know of it only when it changes what is remembered. */
  const confirm = async (last: SnapshotSealed, { readAt, finality }: SnapshotSealed): Promise<void> => {
    if (readAt <= last.readAt) return; // the same reading once more: a backfill was interrupted
    const { dataset, source, scope, chargePeriod, snapshotId, contentHash } = last;
    const data = { dataset, source, scope, chargePeriod, snapshotId, readAt, finality, contentHash };
    const name = readingName(last);
    const event = encodeEvent("readingConfirmed", data, {
      id: `${snapshotId}/confirmed/${readAt}`,
      source: producer,
      key: readingMessageKey(last),
      subject: name,
      time: new Date(readAt),
    });
    await log.publish([event]);
    if (finality === last.finality) return;
    await log.publish([{ ...event, topic: TOPICS.seals.name, key: `${name}/finality` }]);
    lastSeals.set(name, { ...last, finality });
  };

  return {
    lastSeal: (key) => lastSeals.get(readingName(key)),

    async refresh() {
      ({ lastSeals, progress } = await rebuildMemory(log));
    },

    async publish(reading, { readAt = clock(), again = false } = {}) {
      const name = readingName(reading.key);
      const last = lastSeals.get(name);
      const snapshot = prepareSnapshot(reading, laterThan(last, readAt, clock()), currency);
      if (last && !again && isUnchanged(last, snapshot.seal)) {
        await confirm(last, snapshot.seal);
        return { kind: "unchanged", seal: last };
      }

      const traceparent = newTraceparent();
      const chunks = await encodeChunks(snapshot, producer, traceparent);
      const seal: SnapshotSealed = { ...snapshot.seal, chunkCount: chunks.length };
      const sealEvent = encodeEvent("snapshotSealed", seal, {
        id: `${seal.snapshotId}/seal`,
        source: producer,
        key: readingMessageKey(seal),
        subject: name,
        time: new Date(seal.readAt),
        traceparent,
      });
      await log.publish([...chunks, sealEvent]);
      await log.publish([{ ...sealEvent, topic: TOPICS.seals.name, key: name }]);
      lastSeals.set(name, seal);
      return { kind: "published", seal, traceId: traceIdOf(traceparent) };
    },

    async refuse(key, reason) {
      const data = {
        dataset: key.dataset,
        source: key.source,
        scope: key.scope,
        chargePeriod: key.chargePeriod,
        readAt: clock().toISOString(),
        reason: reason.slice(0, 2000),
      };
      const event = encodeEvent("readingRefused", data, {
        id: sha256(canonicalJson(data)).slice(0, 32),
        source: producer,
        key: readingMessageKey(key),
        subject: readingName(key),
        time: clock(),
      });
      await log.publish([event]);
    },

    async recordProgress(data) {
      const { schedule, beganAt, failures, done } = data;
      const event = encodeEvent("collectionProgress", data, {
        id: sha256(canonicalJson({ schedule, beganAt, failures, done })).slice(0, 32),
        source: producer,
        key: `progress/${schedule}`,
        subject: schedule,
        time: new Date(beganAt),
      });
      await log.publish([event]);
    },

    lastProgress: (schedule) => progress.get(schedule),
  };
}

/** A clock that was set back must not hide what is read now: where the last reading claims to be of the future, this one comes after it. */
function laterThan(last: SnapshotSealed | undefined, readAt: Date, now: Date): Date {
  const lastMs = last ? Date.parse(last.readAt) : 0;
  return lastMs > now.getTime() ? new Date(lastMs + 1) : readAt;
}

/**
 * A day that was read while it was running is published once more when it is over, to say that it is whole; and an empty one when it
 * becomes final, so that intake looks at it again: nothing must not become final silently.
 */
function isUnchanged(last: SnapshotSealed, seal: SnapshotSealed): boolean {
  const end = Date.parse(seal.chargePeriod.end);
  const wasRunning = Date.parse(last.readAt) < end && Date.parse(seal.readAt) >= end;
  const nothingBecameFinal = seal.rowCount === 0 && last.finality !== seal.finality;
  return last.contentHash === seal.contentHash && !wasRunning && !nothingBecameFinal;
}

interface Memory {
  readonly lastSeals: Map<string, SnapshotSealed>;
  readonly progress: Map<string, CollectionProgress>;
}

async function rebuildMemory(log: EventLog): Promise<Memory> {
  const lastSeals = new Map<string, SnapshotSealed>();
  const progress = new Map<string, CollectionProgress>();
  for await (const { key, headers, value } of log.replay(TOPICS.seals.name)) {
    const type = eventTypeOf(headers);
    if (type === EVENTS.collectionProgress.type) {
      const decoded = decodeEvent("collectionProgress", value);
      if (decoded.ok) progress.set(decoded.data.schedule, decoded.data);
      continue;
    }
    if (type === EVENTS.readingConfirmed.type) {
      const confirmed = decodeEvent("readingConfirmed", value);
      const last = confirmed.ok ? lastSeals.get(readingName(confirmed.data)) : undefined;
      if (confirmed.ok && last?.snapshotId === confirmed.data.snapshotId)
        lastSeals.set(readingName(last), { ...last, finality: confirmed.data.finality });
      continue;
    }
    const decoded = type === EVENTS.snapshotSealed.type ? decodeEvent("snapshotSealed", value) : undefined;
    // A seal that cannot be read, as that of a newer program, is not fatal, but what was sealed before it is not the last any more:
    // the reading is forgotten, and published again.
    if (!decoded?.ok) lastSeals.delete(key);
    else lastSeals.set(readingName(decoded.data), decoded.data);
  }
  return { lastSeals, progress };
}
