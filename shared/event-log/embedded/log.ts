import { EventEmitter } from "node:events";
import { join } from "node:path";
import { lockFolder, type FolderLock } from "@apportion/runtime/folder-lock";
import type { Logger } from "@apportion/runtime/logger";
import { closeToOthers, privateFolder } from "@apportion/runtime/private-files";
import { boundedHandling } from "../bounded-handling.js";
import {
  refuseTooLarge,
  type EventLog,
  type ReceivedMessage,
  type RunningSubscription,
  type Subscription,
} from "../log.js";
import { consumePartition } from "./consume-partition.js";
import { LogStore } from "./store.js";

/** What replay takes from the store at a time. */
const REPLAY_LIMITS = { messagesMax: 100, bytesMax: 16 * 1024 * 1024 };

export interface EmbeddedLogOptions {
  readonly dir: string;
  readonly logger: Logger;
  /** Told when a partition can be read no more, or its handler never ends. */
  readonly onFatal?: ((error: Error) => void) | undefined;
  /** Told when nobody else can open the folder any more, before its file is looked at. */
  readonly onLocked?: (() => void) | undefined;
}

/**
 * The event log in one process, on disk (lmdb). It keeps what Kafka promises: order per key, independent groups, committed
 * offsets, redelivery of what was not committed. Messages are kept for ever.
 * @throws FolderInUseError when another process has the log open, DamagedLogError when its file is not whole.
 */
export function openEmbeddedLog({
  dir,
  logger,
  onFatal = () => undefined,
  onLocked,
}: EmbeddedLogOptions): EventLog {
  privateFolder(dir);
  const lock = lockFolder(dir, join(dir, "lock"));
  onLocked?.();
  const store = openStore(join(dir, "log.lmdb"), lock);
  for (const file of ["log.lmdb", "log.lmdb-lock"]) closeToOthers(join(dir, file));
  /** Emits the topic when something was appended to it. */
  const appended = new EventEmitter().setMaxListeners(0);
  const running = new Map<RunningSubscription, Subscription>();
  let fatal: Error | undefined;
  /** Who consumes a partition for a group: a second subscription waits until the first has stopped. */
  const consumers = new Map<string, Promise<void>>();

  return {
    async publish(messages) {
      for (const message of messages) refuseTooLarge(message);
      await store.append(messages);
      for (const topic of new Set(messages.map((message) => message.topic))) appended.emit(topic);
    },

    async subscribe(given: Subscription) {
      const subscription = { ...given, handle: boundedHandling(given.handle, given.group, onFatal) };
      const stopping = new AbortController();
      const aborting = new AbortController();
      const partitions = subscription.topics.flatMap((topic) =>
        store.partitionsOf(topic).map((partition) => ({ topic, partition })),
      );
      const loops = partitions.map(async ({ topic, partition }) => {
        const seat = JSON.stringify([subscription.group, topic, partition]);
        const before = consumers.get(seat) ?? Promise.resolve();
        const loop = before.then(() =>
          consumePartition({
            store,
            appended,
            logger,
            subscription,
            topic,
            partition,
            stopping: stopping.signal,
            aborting: aborting.signal,
          }),
        );
        consumers.set(seat, loop);
        await loop;
      });
      const finished = Promise.all(loops);
      finished.catch((error: Error) => {
        fatal = error;
        onFatal(error);
      });
      const handle: RunningSubscription = {
        async stop(graceMs = 30_000) {
          stopping.abort();
          const timer = setTimeout(() => aborting.abort(), graceMs);
          await finished.finally(() => clearTimeout(timer));
          running.delete(handle);
        },
      };
      running.set(handle, subscription);
      return handle;
    },

    async *replay(topic, options = {}) {
      const partitions = options.partition === undefined ? store.partitionsOf(topic) : [options.partition];
      const ends = partitions.map((partition) => ({ partition, end: store.end(topic, partition) }));
      const from = Number(options.from ?? 0);
      for (const { partition, end } of ends) yield* replayPartition(store, topic, partition, from, end);
    },

    async read({ topic, partition, offset }) {
      const from = Number(offset);
      return store.read(topic, partition, from, from + 1, REPLAY_LIMITS).at(0);
    },

    // In one process nothing can be lost between the log and its consumers: they are always in.
    subscriptions: () =>
      [...running.values()].map(({ group, topics }) => ({
        group,
        topics,
        state: "consuming",
        lastSeenAt: new Date(),
        handlingSince: undefined,
        restarts: 0,
        lastError: undefined,
      })),

    async lag(group, topics) {
      if (fatal) throw fatal; // nobody reads on: who waits for it would wait for ever
      return topics
        .flatMap((topic) => store.partitionsOf(topic).map((partition) => ({ topic, partition })))
        .reduce(
          (sum, { topic, partition }) =>
            sum + store.end(topic, partition) - store.committed(group, topic, partition),
          0,
        );
    },

    committed: async (group, topics) =>
      topics.flatMap((topic) =>
        store.partitionsOf(topic).map((partition) => ({
          topic,
          partition,
          offset: String(store.committed(group, topic, partition)),
        })),
      ),

    ends: async (topic) =>
      store
        .partitionsOf(topic)
        .map((partition) => ({ topic, partition, offset: String(store.end(topic, partition)) })),

    ensureTopics: (topics) => store.defineTopics(topics),
    inspectTopics: async () => [],
    ping: async () => undefined,

    async close() {
      await Promise.all([...running.keys()].map((subscription) => subscription.stop()));
      await store.close();
      lock.release();
    },
  };
}

function openStore(path: string, lock: FolderLock): LogStore {
  try {
    return new LogStore(path);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function* replayPartition(
  store: LogStore,
  topic: string,
  partition: number,
  from: number,
  end: number,
): Generator<ReceivedMessage> {
  for (let next = from; next < end;) {
    const messages = store.read(topic, partition, next, end, REPLAY_LIMITS);
    yield* messages;
    const last = messages.at(-1);
    if (!last) return;
    next = Number(last.position.offset) + 1;
  }
}
