import type { Finding } from "@apportion/runtime/health";

/**
 * The event log as services see it: Kafka's semantics with nothing of Kafka's client. Two adapters implement it
 * (`kafka/`, `embedded/`) and one contract suite (`contract/`) holds both to what is written here.
 */

/** A message to publish. Messages with the same topic and key keep their order. */
export interface LogMessage {
  readonly topic: string;
  readonly key: string;
  /** CloudEvents attributes in Kafka binary mode, and extensions; see `@apportion/events/cloud-event`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

/** Where a message lies. Offsets grow by at least one within a partition; decimal text, since Kafka's are 64 bits wide. */
export interface LogPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

export interface ReceivedMessage extends LogMessage {
  readonly position: LogPosition;
}

/** A message that can never be processed: it goes to the dead-letter topic with its cause, and the flow goes on. */
export interface DeadLetter {
  readonly message: ReceivedMessage;
  /** For the operator: what is wrong and how to mend it. */
  readonly reason: string;
  /** Where not `apportion dead-letters` but another command decides what becomes of it: that command. */
  readonly decidedWith?: string;
}

/**
 * Handles the messages of one partition in their order. When it resolves, the dead letters it names are published to
 * {@link Subscription.deadLetterTopic} and then the batch is committed. When it rejects (a dependency is lost) nothing is
 * committed and the same messages are delivered again after a growing pause, for as long as it takes.
 */
export type BatchHandler = (
  batch: readonly ReceivedMessage[],
  signal: AbortSignal,
) => Promise<readonly DeadLetter[]>;

export interface Subscription {
  /** Consumer group: each group sees every message; within a group, a partition has one consumer at a time. */
  readonly group: string;
  readonly topics: readonly string[];
  readonly deadLetterTopic: string;
  /** Back-pressure: at most so many messages are handed over at a time, and the next only after these are handled. */
  readonly batchMessagesMax: number;
  /** And at most so many bytes of them, unless a single message has more. Each partition may have a batch in hand. */
  readonly batchBytesMax: number;
  readonly handle: BatchHandler;
}

export interface RunningSubscription {
  /** Lets the batch in hand finish and commit (its `signal` is aborted after `graceMs`), then leaves the group. */
  stop(graceMs?: number): Promise<void>;
}

/** How a subscription fares, for health pages and logs. */
export interface SubscriptionState {
  readonly group: string;
  readonly topics: readonly string[];
  /** `joining`: not in the group at this moment, and trying to be. */
  readonly state: "joining" | "consuming" | "stopped";
  /** When the log last answered a fetch or a heartbeat of this subscription; undefined before the first time. */
  readonly lastSeenAt: Date | undefined;
  /** Since when a batch is in the hands of its handler; undefined while none is. */
  readonly handlingSince: Date | undefined;
  /** Consumers that ended and were replaced by a new one. */
  readonly restarts: number;
  /** Why the last one ended. */
  readonly lastError: string | undefined;
}

export interface EventLog {
  /**
   * Appends the messages in order and resolves when they are durable (Kafka: acks from all in-sync replicas). A rejection
   * says nothing about which of them were stored: publish all of them again; consumers are built for repeats.
   * A message larger than {@link MESSAGE_BYTES_MAX}, or with a key beyond {@link KEY_BYTES_MAX}, is rejected with `MessageTooLargeError` before anything is sent.
   */
  publish(messages: readonly LogMessage[]): Promise<void>;

  /**
   * Consumes from the group's committed offsets, or from the start of the topic for a new group, until it is stopped: what interrupts
   * it is waited for or replaced, and what cannot be ends the process (`onFatal`). Resolves when it takes part, or tries to.
   */
  subscribe(subscription: Subscription): Promise<RunningSubscription>;

  /**
   * Reads a topic from its start up to where it ended when the call was made, outside any group: to rebuild what is derived
   * from the log. Ordered within each partition. `partition` reads only that one, `from` leaves out what lies before that offset of it.
   */
  replay(topic: string, options?: ReplayOptions): AsyncIterable<ReceivedMessage>;

  /** The message that lies there; undefined when none does: it never did, or retention or compaction removed it. */
  read(position: LogPosition): Promise<ReceivedMessage | undefined>;

  /** Those that run, in the order in which they were made. */
  subscriptions(): readonly SubscriptionState[];

  /** Messages of the topics that the group has not committed yet; 0 means it has caught up. */
  lag(group: string, topics: readonly string[]): Promise<number>;

  /** For each partition of the topics the offset that the group reads next; 0 where it has committed nothing. */
  committed(group: string, topics: readonly string[]): Promise<readonly LogPosition[]>;

  /** For each partition of the topic the offset that will be written next. */
  ends(topic: string): Promise<readonly LogPosition[]>;

  /** Creates what is missing of the topics; safe to call at each start and from several processes at once. */
  ensureTopics(topics: readonly TopicDefinition[]): Promise<void>;

  /** How the topics are, beside how {@link ensureTopics} would make them: it leaves alone what is there. For `doctor`. */
  inspectTopics(topics: readonly TopicDefinition[]): Promise<readonly Finding[]>;

  /** Resolves when the log answers; rejects with what to check when it does not. For `doctor` and health pages. */
  ping(): Promise<void>;

  /** Stops every subscription and waits for what is under way. */
  close(): Promise<void>;
}

export interface ReplayOptions {
  readonly partition?: number;
  /** Only together with `partition`. */
  readonly from?: string;
}

export interface TopicDefinition {
  readonly name: string;
  readonly partitions: number;
  /** Kafka's `cleanup.policy`: `delete` keeps all messages for `retentionMs`, `compact` keeps the last of each key. */
  readonly cleanup: "delete" | "compact";
  /** True for a topic of `cleanup: "delete"` whose messages are kept for ever: nothing else has what they say. */
  readonly keptForEver?: boolean;
}

/** Kafka's default limit of one message is 1 MiB with its overhead; both adapters refuse more than this. */
export const MESSAGE_BYTES_MAX = 900_000;

export class MessageTooLargeError extends Error {
  readonly code = "MESSAGE_TOO_LARGE";
  constructor(message: LogMessage) {
    const { topic, key } = message;
    const isKey = Buffer.byteLength(key) > KEY_BYTES_MAX;
    const [bytes, max] = isKey
      ? [Buffer.byteLength(key), KEY_BYTES_MAX]
      : [messageBytes(message), MESSAGE_BYTES_MAX];
    super(
      `${isKey ? "The key of a" : "A"} message for ${topic} (key ${key.slice(0, 100)}) has ${bytes} bytes; at most ${max} are allowed.${isKey ? "" : " Publish fewer rows in a chunk."}`,
    );
  }
}

/** Kafka writes how long a header's name and its value are: up to three bytes each. Of very many headers that is most. */
const HEADER_FRAMING_BYTES = 6;

/** Key, headers and value together, as Kafka counts them, give or take the framing of a message. */
export function messageBytes({ key, headers, value }: Pick<LogMessage, "key" | "headers" | "value">): number {
  const headerBytes = Object.entries(headers).reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text) + HEADER_FRAMING_BYTES,
    0,
  );
  return Buffer.byteLength(key) + headerBytes + value.byteLength;
}

export interface BatchLimits {
  readonly messagesMax: number;
  readonly bytesMax: number;
}

/** The first messages, as many as the limits allow and at least one; no more are taken of what comes lazily. */
export function firstBatch<Message extends LogMessage>(
  messages: Iterable<Message>,
  { messagesMax, bytesMax }: BatchLimits,
): Message[] {
  const batch: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    bytes += messageBytes(message);
    if (batch.length > 0 && bytes > bytesMax) break;
    batch.push(message);
    if (batch.length === messagesMax) break;
  }
  return batch;
}

/** Keys are hashed to find their partition, and kafkajs takes 15 ms for this many, 12 seconds for 200,000. */
const KEY_BYTES_MAX = 2_000;

/** Whether a message can be published. */
export function fitsTheLog(message: LogMessage): boolean {
  return messageBytes(message) <= MESSAGE_BYTES_MAX && Buffer.byteLength(message.key) <= KEY_BYTES_MAX;
}

/** @throws MessageTooLargeError */
export function refuseTooLarge(message: LogMessage): void {
  if (!fitsTheLog(message)) throw new MessageTooLargeError(message);
}

/** What became of one message. */
export type Disposition =
  { readonly kind: "done" } | { readonly kind: "deadLetter"; readonly reason: string };

/** Turns a handler of single messages into a batch handler. */
export function perMessage(
  handle: (message: ReceivedMessage, signal: AbortSignal) => Promise<Disposition>,
): BatchHandler {
  return async (batch, signal) => {
    const deadLetters: DeadLetter[] = [];
    for (const message of batch) {
      const disposition = await handle(message, signal);
      if (disposition.kind === "deadLetter") deadLetters.push({ message, reason: disposition.reason });
    }
    return deadLetters;
  };
}
