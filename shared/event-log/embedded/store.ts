import { createHash } from "node:crypto";
import { open, type Database, type RootDatabase } from "lmdb";
import {
  firstBatch,
  type BatchLimits,
  type LogMessage,
  type ReceivedMessage,
  type TopicDefinition,
} from "../log.js";
import { whatIsWrongWith } from "./check-file.js";

type StoredMessage = Pick<LogMessage, "key" | "headers" | "value">;
type TopicSettings = Pick<TopicDefinition, "partitions" | "cleanup">;

/** Keys beyond this length cannot be indexed by lmdb; the last message of a key is found by the key's hash. */
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The file of the embedded log is not whole. The command line exits with 1. */
class DamagedLogError extends Error {
  readonly code = "DAMAGED_LOG";

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(
      `The event log ${path} is damaged: ${reason}. Stop, and put back the file from a backup; or, without one, move it away and start again: the tables are whole and stay, what was read and not yet stored is read again from the sources, and what was asked for and not yet done must be asked for again.`,
      options,
    );
    this.name = "DamagedLogError";
  }
}

/** What lmdb says of a file that it cannot make sense of, by its codes (lmdb.h). */
const LMDB_DAMAGE = new Set([-30797, -30796, -30795, -30794, -30793, -30786, -30779]);

/**
 * Messages, ends of partitions and committed offsets in one lmdb environment. Everything that belongs together is one
 * transaction; a promise resolves when the operating system has flushed it to disk.
 */
export class LogStore {
  readonly #path: string;
  readonly #root: RootDatabase;
  /** [topic, partition, offset] → message */
  readonly #messages: Database<StoredMessage, [string, number, number]>;
  /** ["end", topic, partition] → next offset; ["commit", group, topic, partition] → next offset to read */
  readonly #offsets: Database<number, (string | number)[]>;
  readonly #topics: Database<TopicSettings, string>;

  /** @throws DamagedLogError */
  constructor(path: string) {
    const wrong = whatIsWrongWith(path);
    if (wrong !== undefined) throw new DamagedLogError(path, wrong);
    this.#path = path;
    try {
      this.#root = open({ path, maxDbs: 4, mapSize: 2 ** 36 });
      this.#messages = this.#root.openDB({ name: "messages", encoding: "msgpack" });
      this.#offsets = this.#root.openDB({ name: "offsets", encoding: "msgpack" });
      this.#topics = this.#root.openDB({ name: "topics", encoding: "msgpack" });
    } catch (error) {
      throw damageOf(path, error);
    }
  }

  async defineTopics(topics: readonly TopicDefinition[]): Promise<void> {
    await this.#root.transaction(() => {
      for (const { name, partitions, cleanup } of topics) {
        if (this.#topics.get(name) === undefined) void this.#topics.put(name, { partitions, cleanup });
      }
    });
    await this.#root.flushed;
  }

  partitionsOf(topic: string): number[] {
    return Array.from({ length: this.#settings(topic).partitions }, (_, partition) => partition);
  }

  /** Appends all messages and commits, or none: dead letters and the offset behind them can be stored together. */
  async append(
    messages: readonly LogMessage[],
    commit?: {
      readonly group: string;
      readonly topic: string;
      readonly partition: number;
      readonly offset: number;
    },
  ): Promise<void> {
    await this.#root.transaction(() => {
      if (commit)
        void this.#offsets.put(["commit", commit.group, commit.topic, commit.partition], commit.offset);
      for (const message of messages) this.#put(message);
    });
    await this.#root.flushed;
  }

  #put({ topic, key, headers, value }: LogMessage): void {
    const { partitions, cleanup } = this.#settings(topic);
    const partition = createHash("sha256").update(key).digest().readUInt32BE(0) % partitions;
    const offset = this.end(topic, partition);
    void this.#messages.put([topic, partition, offset], { key, headers, value });
    void this.#offsets.put(["end", topic, partition], offset + 1);
    if (cleanup === "compact") this.#forgetEarlier(topic, partition, key, offset);
  }

  #forgetEarlier(topic: string, partition: number, key: string, offset: number): void {
    const last = ["last", topic, hashOf(key)];
    const earlier = this.#offsets.get(last);
    if (earlier !== undefined) void this.#messages.remove([topic, partition, earlier]);
    void this.#offsets.put(last, offset);
  }

  /** Next offset that will be written. */
  end(topic: string, partition: number): number {
    return this.#offsets.get(["end", topic, partition]) ?? 0;
  }

  /** Next offset that the group will read. */
  committed(group: string, topic: string, partition: number): number {
    return this.#offsets.get(["commit", group, topic, partition]) ?? 0;
  }

  read(topic: string, partition: number, from: number, to: number, limits: BatchLimits): ReceivedMessage[] {
    try {
      return firstBatch(this.#range(topic, partition, from, to), limits);
    } catch (error) {
      throw damageOf(this.#path, error);
    }
  }

  #range(topic: string, partition: number, from: number, to: number): Iterable<ReceivedMessage> {
    const range = this.#messages.getRange({ start: [topic, partition, from], end: [topic, partition, to] });
    return range.map(({ key: [, , offset], value: { key, headers, value } }) => ({
      topic,
      key,
      headers,
      value,
      position: { topic, partition, offset: String(offset) },
    }));
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #settings(topic: string): TopicSettings {
    return this.#topics.get(topic) ?? { partitions: 1, cleanup: "delete" };
  }
}

/** Anything else, such as a full disk, is left as it is. */
function damageOf(path: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message: string };
  const isDamage = LMDB_DAMAGE.has(Number(code)) || error instanceof RangeError || error instanceof TypeError;
  return isDamage ? new DamagedLogError(path, message, { cause: error }) : error;
}
