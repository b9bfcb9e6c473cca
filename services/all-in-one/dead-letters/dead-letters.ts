import { sha256 } from "@apportion/domain/hash";
import {
  deadLetterFacts,
  withoutDeadLetterHeaders,
  type DeadLetterFacts,
} from "@apportion/event-log/dead-letter";
import type { EventLog, LogMessage, LogPosition, ReceivedMessage } from "@apportion/event-log/log";
import { decodeEvent, EVENTS, TOPICS, type DeadLetterDecided } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { GROUP_TOPICS } from "@apportion/recovery/groups";

/** `quarantine`: the seal of a reading there; `apportion quarantine` decides, and nobody has to do anything here. */
export type DeadLetterState = "open" | "quarantine" | "republished" | "dropped";

export interface DeadLetterEntry extends DeadLetterFacts {
  readonly state: DeadLetterState;
  /** The event's type as its headers say; empty where they do not. */
  readonly type: string;
  /** Of a reference it may be cut. */
  readonly key: string;
  /** How often the same message was given up: a batch that was handled again gives up what it gave up before. */
  readonly times: number;
  readonly decided: DeadLetterDecided | undefined;
  /** Where the last dead letter of this message lies. */
  readonly at: LogPosition;
}

export interface DeadLetterBox {
  /** In the order in which they came. */
  readonly entries: readonly DeadLetterEntry[];
  /** Messages of the topic that are neither dead letters nor decisions that this program knows. */
  readonly unknown: number;
}

/** All that the log says of dead letters. Without their bodies: each is read when it is asked for. */
export async function readDeadLetters(log: EventLog): Promise<DeadLetterBox> {
  const entries = new Map<string, Omit<DeadLetterEntry, "state" | "decided">>();
  const decisions = new Map<string, DeadLetterDecided>();
  let unknown = 0;
  for await (const message of log.replay(TOPICS.deadLetters.name)) {
    const facts = deadLetterFacts(message);
    if (facts) {
      const { headers, key, position } = message;
      const before = entries.get(facts.id);
      const time = before?.time ?? facts.time;
      const times = (before?.times ?? 0) + 1;
      entries.set(facts.id, { ...facts, time, times, key, type: headers["ce_type"] ?? "", at: position });
      continue;
    }
    const isDecision = eventTypeOf(message.headers) === EVENTS.deadLetterDecided.type;
    const decided = isDecision ? decodeEvent("deadLetterDecided", message.value) : undefined;
    if (decided?.ok) decisions.set(decided.data.id, decided.data);
    else unknown += 1;
  }
  const withState = [...entries.values()].map((entry) => {
    const decided = decisions.get(entry.id);
    return { ...entry, decided, state: stateOf(entry.decidedWith, decided) };
  });
  return { entries: withState, unknown };
}

function stateOf(decidedWith: string | undefined, decided: DeadLetterDecided | undefined): DeadLetterState {
  if (decided) return decided.decision === "drop" ? "dropped" : "republished";
  return decidedWith === undefined ? "open" : "quarantine";
}

export type Original =
  | { readonly kind: "found"; readonly message: LogMessage }
  /** For the operator: why it cannot be had any more. */
  | { readonly kind: "gone"; readonly why: string };

/** The message that became a dead letter, as it was: from the dead letter itself, or where a reference says that it lies. */
export async function readOriginal(log: EventLog, entry: DeadLetterEntry): Promise<Original> {
  const letter = await log.read(entry.at);
  if (!letter)
    return { kind: "gone", why: `retention has removed the dead letter from ${positionText(entry.at)}` };
  const { position } = entry;
  if (!entry.isReference) {
    const { key, value, headers } = letter;
    const message = { topic: position.topic, key, value, headers: withoutDeadLetterHeaders(headers) };
    return { kind: "found", message };
  }
  const foreign = foreignTopic(entry);
  if (foreign !== undefined) return { kind: "gone", why: foreign }; // reading a topic that is not there takes minutes
  const original = await log.read(position);
  if (!original)
    return { kind: "gone", why: `retention has removed the original from ${positionText(position)}` };
  if (!isSameBody(letter, original))
    return {
      kind: "gone",
      why: `at ${positionText(position)} lies another message now: the topic was made again`,
    };
  const { topic, key, value, headers } = original;
  return { kind: "found", message: { topic, key, value, headers: withoutDeadLetterHeaders(headers) } };
}

/** For the operator: why the topic is none that the group of the dead letter reads; undefined when it is. Anybody can write headers. */
export function foreignTopic({ group, position: { topic } }: DeadLetterEntry): string | undefined {
  const topics = Object.hasOwn(GROUP_TOPICS, group) ? GROUP_TOPICS[group] : undefined;
  if (!topics) return `no service of Apportion reads as group ${group}`;
  if (topics.includes(topic)) return undefined;
  return `group ${group} does not read ${topic}, only ${topics.join(" and ")}`;
}

function isSameBody(letter: ReceivedMessage, original: ReceivedMessage): boolean {
  return letter.headers["apportion-dead-letter-body-sha256"] === sha256(original.value);
}

/** `apportion.readings.v1/3 at 42` */
export function positionText({ topic, partition, offset }: LogPosition): string {
  return `${topic}/${partition} at ${offset}`;
}
