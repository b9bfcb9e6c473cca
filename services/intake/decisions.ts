import { sha256 } from "@apportion/domain/hash";
import type { EventLog } from "@apportion/event-log/log";
import { decodeEvent, encodeEvent, EVENTS, TOPICS } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import type { ReceivedSeal } from "./received-seal.js";

/** Why each snapshot went into quarantine, by its id; empty text for those that became visible. */
export type Decided = ReadonlyMap<string, string>;

const REASON_CHARACTERS_MAX = 4_000;

/**
 * Tells the log what was made of sealed snapshots. It depends on what was visible at that moment and on limits that are configured, so
 * nobody could find it out again from the readings alone.
 * @param reasons why each went into quarantine; undefined for those that became visible
 */
export function decisionEvents(
  reasons: ReadonlyMap<ReceivedSeal, string | undefined>,
): ReturnType<typeof encodeEvent>[] {
  if (reasons.size === 0) return [];
  const decisions = Array.from(reasons, ([{ seal }, reason = ""]) => ({
    snapshotId: seal.snapshotId,
    reason: reason.slice(0, REASON_CHARACTERS_MAX),
  }));
  const latest =
    [...reasons.keys()]
      .map(({ seal }) => seal.readAt)
      .toSorted()
      .at(-1) ?? "";
  const attributes = {
    id: sha256(JSON.stringify(decisions)).slice(0, 32),
    source: "/apportion/intake",
    key: "snapshots",
    subject: "snapshots",
    time: new Date(latest),
  };
  return [encodeEvent("snapshotsDecided", { decisions }, attributes)];
}

/** What was decided first of each snapshot: a later word is of one that was released since. */
export async function readDecided(log: EventLog): Promise<Decided> {
  const decided = new Map<string, string>();
  for await (const { headers, value } of log.replay(TOPICS.records.name)) {
    if (eventTypeOf(headers) !== EVENTS.snapshotsDecided.type) continue;
    const decoded = decodeEvent("snapshotsDecided", value);
    if (!decoded.ok) continue;
    for (const { snapshotId, reason } of decoded.data.decisions)
      if (!decided.has(snapshotId)) decided.set(snapshotId, reason);
  }
  return decided;
}
