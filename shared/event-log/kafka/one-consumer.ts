import { setTimeout as pause } from "node:timers/promises";
import type { Consumer, Kafka } from "kafkajs";
import type { Logger } from "@apportion/runtime/logger";
import type { EventLog, Subscription } from "../log.js";
import { deliverBatch, HEARTBEAT_MS } from "./deliver-batch.js";

/**
 * A member that is not heard of for so long is put out of its group by the broker, and so counts as lost here too. Whoever joins after a
 * broker's crash waits as long for the members that it remembers.
 */
export const SESSION_TIMEOUT_MS = 20_000;
/** Longest a join may take: the broker waits for members that have a batch in hand. */
const JOIN_MAX_MS = 75_000;
const WATCH_MS = 1_000;
const CRASH_IS_TOLD_MS = 1_000;
/** How long a fetch waits for a first message; also what a stop may have to wait for. */
const FETCH_WAIT_MS = 100;
const PARTITIONS_AT_ONCE = 8;
/** A consumer that has ended is given so long to leave its group; one that does not is left to itself. */
const LEAVE_MAX_MS = 10_000;

export interface ConsumerDeps {
  readonly kafka: Kafka;
  readonly prefix: string;
  readonly log: Pick<EventLog, "publish">;
  readonly logger: Logger;
  readonly subscription: Subscription;
  readonly stopping: AbortSignal;
  readonly aborting: AbortSignal;
}

export interface OneConsumer {
  /** Resolves when it is in its group; also when it ends before that. */
  readonly joined: Promise<void>;
  /** Resolves with the reason, however it ended: kafkajs ends consumers for good after what it takes for no passing error. */
  readonly ended: Promise<Error>;
  readonly isIn: boolean;
  /** When the broker last answered a fetch or a heartbeat. */
  readonly lastSeenAt: Date | undefined;
  readonly handlingSince: Date | undefined;
  /** Leaves the group and waits for the batches in hand, which the caller has asked to give up or to finish. */
  close(): Promise<void>;
}

/** A kafkajs consumer from its start to its end. It never starts itself again: whoever has it makes another. */
export function startConsumer(deps: ConsumerDeps): OneConsumer {
  const { kafka, prefix, subscription } = deps;
  const consumer = kafka.consumer({
    groupId: prefix + subscription.group,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    maxBytes: subscription.batchBytesMax,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5, restartOnFailure: async () => false },
  });
  /** Its end asks the batches in hand to give up: nothing of theirs can be committed any more. */
  const over = new AbortController();
  const aborting = AbortSignal.any([deps.aborting, over.signal]);
  /** Batches in hand, with when they came: kafkajs would leave the group without waiting for them. */
  const inHand = new Map<Promise<void>, Date>();
  const seen = watchEvents(consumer);

  const ended = seen.ended.finally(() => over.abort());
  const run = async (): Promise<void> => {
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
        const commit = (topic: string, partition: number, offset: string): Promise<void> =>
          consumer.commitOffsets([{ topic, partition, offset }]);
        const handled = deliverBatch({ ...deps, aborting, commit }, payload);
        inHand.set(handled, new Date());
        await handled.finally(() => inHand.delete(handled));
      },
    });
  };
  run().catch(seen.end);
  return {
    joined: Promise.race([seen.joined, ended.then(() => undefined)]),
    ended,
    get isIn() {
      return seen.isIn();
    },
    get lastSeenAt() {
      return seen.lastSeenAt();
    },
    get handlingSince() {
      return [...inHand.values()][0];
    },
    async close() {
      await Promise.allSettled(inHand.keys()); // what failed is delivered again, to whoever comes next
      seen.end(new Error("it was closed"));
      const left = consumer.disconnect().catch((error: unknown) => {
        deps.logger.debug({ group: subscription.group, err: error }, "the consumer did not leave in order");
      });
      await Promise.race([left, pause(LEAVE_MAX_MS, undefined, { ref: false })]);
    },
  };
}

/** What kafkajs tells of a consumer, and what it does not tell: that nothing has been heard of it for too long. */
function watchEvents(consumer: Consumer): {
  readonly joined: Promise<void>;
  readonly ended: Promise<Error>;
  readonly end: (reason: Error) => void;
  isIn(): boolean;
  lastSeenAt(): Date | undefined;
} {
  let isIn = false;
  let lastSeenAt: Date | undefined;
  let aliveMs = performance.now();
  let end: (reason: Error) => void = () => undefined;
  let join: () => void = () => undefined;
  const ended = new Promise<Error>((resolve) => (end = resolve));
  const joined = new Promise<void>((resolve) => (join = resolve));
  const over = (reason: Error): void => {
    isIn = false;
    clearInterval(watch);
    end(reason);
  };
  const alive = (): void => {
    aliveMs = performance.now();
    lastSeenAt = new Date();
  };
  consumer.on("consumer.heartbeat", alive);
  consumer.on("consumer.fetch", alive);
  consumer.on("consumer.group_join", () => {
    alive();
    isIn = true;
    join();
  });
  consumer.on("consumer.rebalancing", () => {
    aliveMs = performance.now();
    isIn = false;
  });
  consumer.on("consumer.crash", ({ payload }) => over(payload.error));
  // A crash is told last, after the stop and the disconnect that it causes; its reason is the better one.
  const endSoon = (reason: string): void => void setTimeout(() => over(new Error(reason)), CRASH_IS_TOLD_MS);
  consumer.on("consumer.stop", () => endSoon("kafkajs stopped the consumer"));
  consumer.on("consumer.disconnect", () => endSoon("kafkajs disconnected the consumer"));
  const watch = setInterval(() => {
    const silentMs = performance.now() - aliveMs;
    if (silentMs > (isIn ? SESSION_TIMEOUT_MS : JOIN_MAX_MS))
      over(new Error(`nothing was heard of the broker for ${Math.round(silentMs / 1000)} s`));
  }, WATCH_MS);
  watch.unref();
  return { joined, ended, end: over, isIn: () => isIn, lastSeenAt: () => lastSeenAt };
}
