import { fitsTheLog, type EventLog, type LogMessage } from "@apportion/event-log/log";
import { encodeEvent, type DeadLetterDecided } from "@apportion/events/catalogue";
import { foreignTopic, readOriginal, type DeadLetterEntry, type Original } from "./dead-letters.js";

/** Who decides, and why. */
export interface Decider {
  readonly by: string;
  readonly reason: string;
  readonly at: Date;
}

export interface Decided {
  readonly id: string;
  /** Why it could not be published again; undefined when it was done. */
  readonly failure: string | undefined;
}

const INSTEAD = "`drop` it; if it was of a reading, `collect --again` its days";

/**
 * Publishes the messages to their topics as they were, in the order in which they lay there: a seal follows its chunks. Each goes with the
 * decision behind it; a crash in between publishes the message once more, which changes nothing.
 */
export async function republish(
  log: EventLog,
  entries: readonly DeadLetterEntry[],
  decider: Decider,
): Promise<Decided[]> {
  const done: Decided[] = [];
  for (const entry of entries.toSorted(byPosition)) {
    const original = await toRepublish(log, entry);
    if (original.kind === "found")
      await log.publish([original.message, decisionEvent(entry, "republish", decider)]);
    done.push({ id: entry.id, failure: original.kind === "gone" ? original.why : undefined });
  }
  return done;
}

async function toRepublish(log: EventLog, entry: DeadLetterEntry): Promise<Original> {
  if (entry.decidedWith !== undefined)
    return { kind: "gone", why: `\`${entry.decidedWith}\` decides on it, not \`apportion dead-letters\`` };
  const foreign = foreignTopic(entry);
  const original: Original =
    foreign === undefined ? await readOriginal(log, entry) : { kind: "gone", why: foreign };
  const why = original.kind === "gone" ? original.why : tooLarge(original.message);
  return why === undefined ? original : { kind: "gone", why: `${why}. ${INSTEAD}` };
}

/** Says that the messages never will be published again. */
export async function drop(
  log: EventLog,
  entries: readonly DeadLetterEntry[],
  decider: Decider,
): Promise<Decided[]> {
  await log.publish(entries.map((entry) => decisionEvent(entry, "drop", decider)));
  return entries.map(({ id }) => ({ id, failure: undefined }));
}

function tooLarge(message: LogMessage): string | undefined {
  return fitsTheLog(message)
    ? undefined
    : "it is larger than anything that Apportion publishes, and so not from it";
}

function decisionEvent(
  { id }: DeadLetterEntry,
  decision: DeadLetterDecided["decision"],
  { by, reason, at }: Decider,
): LogMessage {
  const data = { id, decision, decidedBy: by, reason, decidedAt: at.toISOString() };
  return encodeEvent("deadLetterDecided", data, {
    id: `${id}/${decision}`,
    source: "/apportion/cli",
    key: id,
    subject: id,
    time: at,
  });
}

function byPosition({ position: a }: DeadLetterEntry, { position: b }: DeadLetterEntry): number {
  const offsets = BigInt(a.offset) < BigInt(b.offset) ? -1 : 1;
  return a.topic.localeCompare(b.topic) || a.partition - b.partition || offsets;
}
