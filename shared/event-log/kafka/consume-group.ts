import { setTimeout as pause } from "node:timers/promises";
import type { EachBatchPayload, Kafka } from "kafkajs";
import type { Logger } from "@apportion/runtime/logger";
import { deadLetterMessage } from "../dead-letter.js";
import {
  firstBatch,
  type EventLog,
  type ReceivedMessage,
  type RunningSubscription,
  type Subscription,
} from "../log.js";
import { redeliveryPauseMs } from "../redelivery.js";
import { toReceived } from "./received.js";

interface GroupConsumer {
  readonly kafka: Kafka;
  readonly prefix: string;
  readonly log: Pick<EventLog, "publish">;
  readonly logger: Logger;
  readonly subscription: Subscription;
}

const SESSION_TIMEOUT_MS = 30_000;
const HEARTBEAT_MS = 3_000;
/** How long a fetch waits for a first message; also what a stop may have to wait for. */
const FETCH_WAIT_MS = 100;
const PARTITIONS_AT_ONCE = 8;
const GRACE_MS = 30_000;

/** Joins the group and hands over batches until it is stopped. Offsets are committed by hand, after the handler. */
export async function consumeGroup(deps: GroupConsumer): Promise<RunningSubscription> {
  const { kafka, prefix, subscription } = deps;
  const stopping = new AbortController();
  const aborting = new AbortController();
  const consumer = kafka.consumer({
    groupId: prefix + subscription.group,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytes: subscription.batchBytesMax,
    allowAutoTopicCreation: false,
    // Whatever ended the consumer, nothing was committed that was not handled: joining again is always right.
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 60, restartOnFailure: async () => true },
  });
  /** Batches in hand: kafkajs would leave the group without waiting for them. */
  const inHand = new Set<Promise<void>>();
  await consumer.connect();
  await consumer.subscribe({
    topics: subscription.topics.map((topic) => prefix + topic),
    fromBeginning: true,
  });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
    eachBatch: async (payload) => {
      const handled = eachBatch(deps, payload, stopping.signal, aborting.signal, (topic, partition, offset) =>
        consumer.commitOffsets([{ topic, partition, offset }]),
      );
      inHand.add(handled);
      await handled.finally(() => inHand.delete(handled));
    },
  });
  return {
    async stop(graceMs = GRACE_MS) {
      stopping.abort();
      const timer = setTimeout(() => aborting.abort(), graceMs);
      try {
        await Promise.allSettled(inHand); // what failed is delivered again, to whoever comes next
        await consumer.disconnect();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

type Commit = (topic: string, partition: number, offset: string) => Promise<void>;

async function eachBatch(
  { prefix, log, logger, subscription }: GroupConsumer,
  payload: EachBatchPayload,
  stopping: AbortSignal,
  aborting: AbortSignal,
  commit: Commit,
): Promise<void> {
  const { batch } = payload;
  const { partition } = batch;
  const topic = batch.topic.slice(prefix.length);
  const { group, deadLetterTopic, batchMessagesMax, batchBytesMax } = subscription;
  /** The group rebalances, or this member is no longer in it: somebody else may have the partition. */
  const lost = new AbortController();
  const signal = AbortSignal.any([aborting, lost.signal]);
  const goesOn = (): boolean =>
    payload.isRunning() && !payload.isStale() && !stopping.aborted && !lost.signal.aborted;
  const messages = batch.messages.map((message) => toReceived(topic, partition, message));
  // A handler may take longer than a session lasts; a heartbeat that is refused says that the partition may be another's.
  const beating = setInterval(() => void payload.heartbeat().catch(() => lost.abort()), HEARTBEAT_MS);
  try {
    for (let start = 0, failures = 0; start < messages.length && goesOn();) {
      const limits = { messagesMax: batchMessagesMax, bytesMax: batchBytesMax };
      const piece = firstBatch(messages.slice(start), limits);
      try {
        const deadLetters = await subscription.handle(piece, signal);
        await log.publish(
          deadLetters.map((deadLetter) => deadLetterMessage(deadLetterTopic, group, deadLetter)),
        );
      } catch (error) {
        failures += 1;
        logger.warn(
          { group, topic, partition, err: error },
          "the batch could not be handled and is delivered again",
        );
        // An abort ends the pause; the loop looks at the signal itself.
        await pause(redeliveryPauseMs(failures), undefined, { signal: stopping }).catch(() => undefined);
        continue;
      }
      failures = 0;
      const last = lastOffset(piece);
      payload.resolveOffset(last);
      await commit(batch.topic, partition, (BigInt(last) + 1n).toString());
      start += piece.length;
    }
  } finally {
    clearInterval(beating);
  }
}

function lastOffset(messages: readonly ReceivedMessage[]): string {
  return messages.at(-1)?.position.offset ?? "0";
}
