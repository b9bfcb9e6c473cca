import { randomUUID } from "node:crypto";
import { once, EventEmitter } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { Admin, EachBatchPayload, Kafka } from "kafkajs";
import type { Logger } from "@apportion/runtime/logger";
import type { ReceivedMessage, ReplayOptions } from "../log.js";
import { redeliveryPauseMs } from "../redelivery.js";
import { toReceived } from "./received.js";

interface Replay extends ReplayOptions {
  readonly kafka: Kafka;
  readonly prefix: string;
  readonly admin: Admin;
  readonly topic: string;
  /** Where it ends before the topic does; exclusive. */
  readonly until?: string;
}

const FETCH_WAIT_MS = 100;
const HEARTBEAT_MS = 3_000;
/** A replay that gets nothing for so long, though there is more, has lost its broker. */
const SILENT_MAX_MS = 60_000;
const GROUP = "apportion-replay-";

/** Groups of replays whose process was killed: nobody else deletes them, and the broker keeps them for days. */
export async function removeAbandonedReplays(admin: Admin, prefix: string, logger: Logger): Promise<void> {
  try {
    const { groups } = await admin.listGroups();
    const ids = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix + GROUP));
    if (ids.length === 0) return;
    const described = await admin.describeGroups(ids);
    const empty = described.groups.filter(({ state }) => state === "Empty").map(({ groupId }) => groupId);
    if (empty.length > 0) await admin.deleteGroups(empty);
  } catch (error) {
    // Tidiness only: the right to list or delete groups may be missing.
    logger.debug({ err: error }, "groups of replays that were killed could not be removed");
  }
}

/** Failures in a row, without a message between them, after which a replay gives up: about half a minute of them. */
const FAILURES_MAX = 9;

/**
 * Messages from the start of a topic to where it ended at the call. A coordinator that is loading, or a broker that is lost on the way,
 * costs another attempt, which leaves out what came already.
 */
export async function* replayTopic(replay: Replay): AsyncGenerator<ReceivedMessage> {
  /** Last offset that came, by partition. */
  const came = new Map<number, bigint>();
  for (let failures = 0; ;) {
    try {
      for await (const message of readOnce(replay)) {
        const { partition, offset } = message.position;
        if (BigInt(offset) <= (came.get(partition) ?? -1n)) continue;
        came.set(partition, BigInt(offset));
        failures = 0;
        yield message;
      }
      return;
    } catch (error) {
      failures += 1;
      if (failures > FAILURES_MAX) throw error;
      await pause(redeliveryPauseMs(failures));
    }
  }
}

/** kafkajs reads only as a group, so a group of its own is made for it and deleted afterwards. */
async function* readOnce({
  kafka,
  prefix,
  admin,
  topic,
  partition,
  from = "0",
  until,
}: Replay): AsyncGenerator<ReceivedMessage> {
  const offsets = await admin.fetchTopicOffsets(prefix + topic);
  const wanted = offsets.filter((each) => partition === undefined || each.partition === partition);
  /** Partitions that are still read, with the offset at which they are done. */
  const ends = new Map(
    wanted
      .map(({ partition: number, low, high }) => ({
        number,
        low: BigInt(low),
        end: until !== undefined && BigInt(until) < BigInt(high) ? BigInt(until) : BigInt(high),
      }))
      .filter(({ low, end }) => end > low && end > BigInt(from))
      .map(({ number, end }) => [number, end]),
  );
  if (ends.size === 0) return;

  const groupId = `${prefix}${GROUP}${randomUUID()}`;
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5, restartOnFailure: async () => false },
  });
  const handOver = createHandOver();
  try {
    consumer.on("consumer.crash", ({ payload }) => handOver.fail(payload.error));
    await consumer.connect();
    await consumer.subscribe({ topics: [prefix + topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch: (payload) => handOver.give(payload) });
    for (const { partition: number, low, high } of offsets) {
      const isRead = ends.has(number);
      const offset = isRead ? from : high;
      if (!isRead || BigInt(from) > BigInt(low))
        consumer.seek({ topic: prefix + topic, partition: number, offset });
    }
    while (ends.size > 0) {
      const { batch } = await handOver.take();
      const end = ends.get(batch.partition);
      if (end !== undefined) {
        for (const message of batch.messages)
          if (BigInt(message.offset) >= BigInt(from) && BigInt(message.offset) < end)
            yield toReceived(topic, batch.partition, message);
        if (BigInt(batch.lastOffset()) + 1n >= end) ends.delete(batch.partition);
      }
      handOver.done();
    }
  } finally {
    handOver.close();
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined); // an empty group also vanishes by itself
  }
}

/** One batch at a time from the consumer's callback to the generator; the consumer fetches on when it was read. */
function createHandOver() {
  const events = new EventEmitter().on("error", () => undefined); // take() throws it
  const waiting: EachBatchPayload[] = [];
  let failure: Error | undefined;
  let closed = false;
  return {
    async give(payload: EachBatchPayload): Promise<void> {
      if (closed) return;
      const beating = setInterval(() => void payload.heartbeat().catch(() => undefined), HEARTBEAT_MS);
      waiting.push(payload);
      events.emit("given");
      await once(events, "done").finally(() => clearInterval(beating));
    },
    async take(): Promise<EachBatchPayload> {
      for (;;) {
        if (failure) throw failure;
        const payload = waiting.shift();
        if (payload) return payload;
        await once(events, "given", { signal: AbortSignal.timeout(SILENT_MAX_MS) }).catch(
          (error: unknown) => {
            throw (
              failure ?? new Error(`Kafka sent nothing of it for ${SILENT_MAX_MS / 1000} s`, { cause: error })
            );
          },
        );
      }
    },
    done: () => events.emit("done"),
    fail(error: Error) {
      failure = error;
      events.emit("error", error);
    },
    close() {
      closed = true;
      events.emit("done");
    },
  };
}
