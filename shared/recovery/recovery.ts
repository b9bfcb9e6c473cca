import { setTimeout as pause } from "node:timers/promises";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BatchHandler, EventLog, ReceivedMessage } from "@apportion/event-log/log";
import type { Finding } from "@apportion/runtime/health";
import type { Logger } from "@apportion/runtime/logger";
import type { Service } from "@apportion/runtime/service";
import { GROUP_TOPICS } from "./groups.js";
import { markProgress, readCovered, type Progress } from "./progress.js";
import { forgetGone, putBackRecords, shortTables, tellUntold, type PutBack } from "./put-back.js";
import { forgetRemade } from "./remade-topics.js";
import { unstoredSeals } from "./unstored-seals.js";

/** Losses that the error names; `rebuild` needs none of them. */
const LOST_NAMED_MAX = 3;

/** The tables are behind the log: what follows from them would be wrong, and mails would be repeated. */
class BehindError extends Error {
  override readonly name = "BehindError";
  readonly code = "recovery.behind";
  readonly retriable = true;

  constructor(lost: readonly string[]) {
    const more = lost.length > LOST_NAMED_MAX ? `; and ${lost.length - LOST_NAMED_MAX} more` : "";
    super(
      `The tables are behind the event log, as after a restore from a backup. Run \`apportion rebuild\`: it brings back from the log what the tables lack. Nothing is read, allocated or sent until then. Lost: ${lost.slice(0, LOST_NAMED_MAX).join("; ")}${more}.`,
    );
  }
}

/** Whether the tables have what was handled of the log, and what it takes that they do. */
export interface Recovery {
  /** What the tables lack of what was handled, in words; empty when they are whole. Cheap. */
  lost(): Promise<readonly string[]>;
  /** The same for health pages. */
  findings(): Promise<readonly Finding[]>;
  /** For `doctor`: whether every reading that collectors remember was stored. Reads a topic. */
  seals(): Promise<Finding>;
  /**
   * Passes when nothing is lost, and then makes log and tables have the same records: those of a process that died between one and the
   * other, or of a log that is new to the tables. What is known of topics that were deleted and made again is forgotten before.
   * @throws BehindError
   */
  requireWhole(): Promise<void>;
  /** Tells the log of records that it does not have yet. */
  tell(): Promise<void>;
  /** Puts down how far the tables are, after each batch; handles nothing while they are behind. */
  withProgress(group: string, handle: BatchHandler): BatchHandler;
  /**
   * The service, started once the tables are whole. Where this process alone can mend them (its folder is locked) it is refused with
   * {@link BehindError}; else it waits, says so, and goes on by itself.
   */
  whenWhole(service: Service): Service;
  /** For `rebuild`: all records of the log are put back, however far the tables are said to be. */
  putBack(attempt: string): Promise<PutBack>;
  /** For `rebuild`, when all readings were read: forgets those that are nowhere any more, and says how many they are. */
  forgetGone(inLog: ReadonlySet<string>): Promise<number>;
  /** For `rebuild`: what is handled by now. */
  handled(): Promise<readonly Progress[]>;
  /** For `rebuild`: the tables have all of it. */
  mark(handled: readonly Progress[]): Promise<void>;
}

interface RecoveryDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  /** By which the tables know this log from a new one under the same name: offsets of two logs must not be compared. */
  readonly logId: string;
  readonly logger: Logger;
  /** Nobody else works on these tables. */
  readonly alone: boolean;
}

/** How often it is looked at while services run, and how often it is said and looked at again while the tables are behind. */
const CHECK_MS = 60_000;
const WAIT_MS = 30_000;
const SECOND_LOOK_MS = 2_000;

export function createRecovery({ clickhouse, log, logId, logger, alone }: RecoveryDeps): Recovery {
  let behind: BehindError | undefined;
  const watch = createWatch(async () => {
    await requireWhole().catch((error: unknown) => {
      if (error instanceof BehindError) logger.error({ err: error }, "the tables are behind the event log");
    });
  });

  /**
   * Where brokers lost what they had acknowledged, a group has committed more than there is, and marks of it would be forgotten again. Kafka
   * sends such a group back to the start, so it has handled nothing yet.
   */
  const handled = async (): Promise<Progress[]> => {
    const progress: Progress[] = [];
    for (const [group, topics] of Object.entries(GROUP_TOPICS)) {
      const committed = await log.committed(group, topics); // before the ends: what is written meanwhile is further
      for (const topic of topics) {
        const ends = new Map((await log.ends(topic)).map(({ partition, offset }) => [partition, offset]));
        for (const { partition, offset } of committed.filter((each) => each.topic === topic)) {
          const isThere = BigInt(offset) <= BigInt(ends.get(partition) ?? "0");
          progress.push({ group, topic, partition, from: "0", next: isThere ? offset : "0" });
        }
      }
    }
    return progress;
  };

  const lost = async (): Promise<string[]> => {
    const committed = await handled(); // before the marks, which are always further
    const covered = await readCovered(clickhouse, logId);
    const holes = committed
      .filter(({ group, next, ...position }) => BigInt(next) > covered(group, position))
      .map(
        ({ group, topic, partition, next, ...position }) =>
          `${group} has handled ${topic}/${partition} up to ${next}, the tables have it up to ${covered(group, { ...position, topic, partition })}`,
      );
    const short = (await shortTables(clickhouse, logId)).map(
      ({ table, expected, present }) => `${table} has ${present} rows of ${expected}`,
    );
    return [...holes, ...short];
  };

  const lookedAt = async (): Promise<BehindError | undefined> => {
    // Looked at twice: rows that arrive between two counts, or late at a replica, must not stop everything.
    if ((await lost()).length === 0) return undefined;
    await pause(SECOND_LOOK_MS);
    const found = await lost();
    return found.length > 0 ? new BehindError(found) : undefined;
  };

  const requireWhole = async (): Promise<void> => {
    const remade = await forgetRemade({ clickhouse, log, logId });
    if (remade.length > 0)
      logger.warn({ topics: remade }, "topics were made again: what was known of the old ones is forgotten");
    behind = await lookedAt();
    if (behind) throw behind;
    const deps = { clickhouse, log, logId };
    const { rows } = await putBackRecords(deps);
    if (rows.size > 0) logger.warn(Object.fromEntries(rows), "rows that only the event log had are back");
    await tellUntold(deps);
  };

  return {
    lost,
    requireWhole,
    tell: async () => tellUntold({ clickhouse, log, logId }),
    handled,
    mark: async (progress) => markProgress(clickhouse, logId, progress),
    forgetGone: async (inLog) => forgetGone({ clickhouse, logId }, inLog),
    putBack: async (attempt) => putBackRecords({ clickhouse, log, logId }, attempt),

    async findings() {
      const what = "tables as far as the event log";
      const found = await lookedAt();
      return [{ what, ok: found === undefined, detail: found?.message ?? "nothing is lost" }];
    },

    async seals() {
      const what = "published readings";
      const unstored = await unstoredSeals(clickhouse, log);
      const [first] = unstored;
      if (first === undefined) return { what, ok: true, detail: "all are stored" };
      const detail = `${unstored.length} are not stored, ${first} among them: run \`apportion rebuild\``;
      return { what, ok: false, detail };
    },

    withProgress(group, handle) {
      /** Where this process left off, by partition. */
      const left = new Map<string, string>();
      const startOf = async ({
        position: { topic, partition, offset },
      }: ReceivedMessage): Promise<string> => {
        if (left.get(`${topic}/${partition}`) === offset) return offset;
        // The first batch, or one after offsets that compaction left out: it follows on what the group has committed.
        const positions = await log.committed(group, [topic]);
        const committed = positions.find((each) => each.partition === partition)?.offset ?? "0";
        return BigInt(committed) < BigInt(offset) ? committed : offset;
      };
      return async (batch, signal) => {
        if (behind) throw behind;
        const deadLetters = await handle(batch, signal);
        const [first, last] = [batch[0], batch.at(-1)];
        if (!first || !last) return deadLetters;
        const { topic, partition } = first.position;
        const next = (BigInt(last.position.offset) + 1n).toString();
        await markProgress(clickhouse, logId, [
          { group, topic, partition, from: await startOf(first), next },
        ]);
        left.set(`${topic}/${partition}`, next);
        return deadLetters;
      };
    },

    whenWhole(service) {
      let stopping = new AbortController();
      let starting: Promise<void> | undefined;
      let started = false;
      const begin = async (): Promise<void> => {
        await requireWhole();
        await service.start();
        started = true;
      };
      const untilBegun = async (signal: AbortSignal): Promise<void> => {
        for (;;) {
          await pause(WAIT_MS, undefined, { signal }).catch(() => undefined); // it is stopped
          if (signal.aborted) return;
          try {
            await begin();
            return;
          } catch (error) {
            logger.error({ err: error, service: service.name }, "waits until the tables are whole");
          }
        }
      };
      return {
        ...service,
        async start() {
          stopping = new AbortController();
          watch.enter();
          try {
            await begin();
          } catch (error) {
            if (alone || !(error instanceof BehindError)) {
              await watch.leave();
              throw error;
            }
            logger.error({ err: error, service: service.name }, "waits until the tables are whole");
            starting = untilBegun(stopping.signal);
          }
        },
        async stop() {
          stopping.abort();
          await starting;
          if (started) await service.stop();
          started = false;
          await watch.leave();
        },
      };
    },
  };
}

/** Looks now and then while anybody is in. */
function createWatch(look: () => Promise<void>): { enter(): void; leave(): Promise<void> } {
  let inside = 0;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  return {
    enter() {
      inside += 1;
      timer ??= setInterval(() => {
        looking = look().catch(() => undefined); // what cannot be reached says so elsewhere; it is looked again
      }, CHECK_MS).unref();
    },
    async leave() {
      inside -= 1;
      if (inside > 0) return;
      clearInterval(timer);
      timer = undefined;
      await looking;
    },
  };
}
