import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEAD_LETTER_HEADERS } from "../dead-letter.js";
import {
  MESSAGE_BYTES_MAX,
  MessageTooLargeError,
  perMessage,
  type BatchHandler,
  type EventLog,
  type LogMessage,
  type ReceivedMessage,
  type Subscription,
} from "../log.js";

export interface EventLogHarness {
  open(): Promise<EventLog>;
  /** Puts messages into topics as a foreign producer does, past our limits; the log is closed meanwhile. */
  appendRaw(messages: readonly LogMessage[]): Promise<void>;
  stop(): Promise<void>;
}

const WAIT_MS = 20_000;

/** What every event log must do. Both adapters run it; what one needs beside it is in its own tests. */
export function eventLogContract(adapter: string, start: () => Promise<EventLogHarness>): void {
  describe(`event log: ${adapter}`, () => {
    let harness: EventLogHarness;
    let log: EventLog;
    beforeAll(async () => {
      harness = await start();
      log = await harness.open();
    });
    afterAll(async () => {
      await log.close();
      await harness.stop();
    });

    /** A topic and a dead-letter topic of the test's own. */
    const topics = async (partitions = 1): Promise<{ topic: string; deadLetterTopic: string }> => {
      const topic = `t-${randomUUID()}`;
      const deadLetterTopic = `${topic}-dead`;
      await log.ensureTopics([
        { name: topic, partitions, cleanup: "delete" },
        { name: deadLetterTopic, partitions: 1, cleanup: "delete" },
      ]);
      return { topic, deadLetterTopic };
    };
    const subscriptionTo = (
      names: { topic: string; deadLetterTopic: string },
      handle: BatchHandler,
      rest: Partial<Subscription> = {},
    ): Subscription => ({
      group: "group",
      topics: [names.topic],
      deadLetterTopic: names.deadLetterTopic,
      batchMessagesMax: 10,
      batchBytesMax: 10_000_000,
      handle,
      ...rest,
      ...(rest.group === undefined && { group: `g-${names.topic}` }),
    });

    it("delivers messages as they were published: key, headers, bytes", async () => {
      const names = await topics();
      const sent: LogMessage = {
        topic: names.topic,
        key: "kubecost/one ü",
        headers: { ce_id: "1", "content-type": "application/json" },
        value: Uint8Array.from([0, 255, 10, 13]),
      };
      await log.publish([sent]);
      const received = await collect(log, subscriptionTo, names, 1);
      expect(received).toHaveLength(1);
      expect(received[0]).toMatchObject({ topic: names.topic, key: sent.key, headers: sent.headers });
      expect([...(received[0]?.value ?? [])]).toEqual([0, 255, 10, 13]);
    });

    it("keeps the order of each key over several partitions and several publish calls", async () => {
      const names = await topics(4);
      for (let round = 0; round < 10; round++) {
        await log.publish(
          ["a", "b", "c", "d", "e"].map((key) => message(names.topic, key, `${key}${round}`)),
        );
      }
      const received = await collect(log, subscriptionTo, names, 50);
      for (const key of ["a", "b", "c", "d", "e"]) {
        expect(received.filter((each) => each.key === key).map(textOf)).toEqual(
          Array.from({ length: 10 }, (_, round) => `${key}${round}`),
        );
      }
    });

    it("gives every group all messages, and a new group those from the start", async () => {
      const names = await topics();
      await log.publish([message(names.topic, "k", "1"), message(names.topic, "k", "2")]);
      const first = await collect(log, subscriptionTo, names, 2, { group: `first-${names.topic}` });
      await log.publish([message(names.topic, "k", "3")]);
      const second = await collect(log, subscriptionTo, names, 3, { group: `second-${names.topic}` });
      expect(first.map(textOf)).toEqual(["1", "2"]);
      expect(second.map(textOf)).toEqual(["1", "2", "3"]);
    });

    it("goes on behind the committed offset, and says how far a group is behind", async () => {
      const names = await topics();
      const group = `g-${names.topic}`;
      await log.publish([message(names.topic, "k", "1"), message(names.topic, "k", "2")]);
      expect(await log.lag(group, [names.topic])).toBe(2);
      await collect(log, subscriptionTo, names, 2, { group });
      expect(await log.lag(group, [names.topic])).toBe(0);
      await log.publish([message(names.topic, "k", "3")]);
      expect(await log.lag(group, [names.topic])).toBe(1);
      const later = await collect(log, subscriptionTo, names, 1, { group });
      expect(later.map(textOf)).toEqual(["3"]);
    });

    it("delivers a batch again whose handler failed, and commits nothing of it meanwhile", async () => {
      const names = await topics();
      await log.publish([message(names.topic, "k", "1"), message(names.topic, "k", "2")]);
      const attempts: string[][] = [];
      const lags: number[] = [];
      const subscription = subscriptionTo(names, async (batch) => {
        attempts.push(batch.map(textOf));
        if (attempts.length < 3) {
          lags.push(await log.lag(subscription.group, [names.topic]));
          throw new Error("the database is away");
        }
        return [];
      });
      const running = await log.subscribe(subscription);
      await until(async () => (await log.lag(subscription.group, [names.topic])) === 0);
      await running.stop();
      expect(lags).toEqual([2, 2]);
      expect(attempts.at(0)?.[0]).toBe("1");
      expect(attempts.at(-1)?.at(-1)).toBe("2");
      expect(attempts.length).toBeGreaterThanOrEqual(3);
    });

    it("delivers to another consumer of the group what the first took and never committed", async () => {
      const names = await topics();
      const group = `g-${names.topic}`;
      await log.publish([message(names.topic, "k", "1")]);
      let taken = false;
      const first = await log.subscribe(
        subscriptionTo(
          names,
          async (_batch, signal) => {
            taken = true;
            await new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => reject(new Error("aborted")));
            });
            return [];
          },
          { group },
        ),
      );
      await until(async () => taken);
      await first.stop(0);
      const again = await collect(log, subscriptionTo, names, 1, { group });
      expect(again.map(textOf)).toEqual(["1"]);
    });

    it("hands over at most batchMessagesMax, and the next only when those are handled", async () => {
      const names = await topics();
      await log.publish(Array.from({ length: 25 }, (_, index) => message(names.topic, "k", String(index))));
      const sizes: number[] = [];
      let inHand = 0;
      const seen: string[] = [];
      const running = await log.subscribe(
        subscriptionTo(
          names,
          async (batch) => {
            inHand += 1;
            expect(inHand).toBe(1);
            sizes.push(batch.length);
            await new Promise((resolve) => setTimeout(resolve, 5));
            seen.push(...batch.map(textOf));
            inHand -= 1;
            return [];
          },
          { batchMessagesMax: 4 },
        ),
      );
      await until(async () => seen.length === 25);
      await running.stop();
      expect(Math.max(...sizes)).toBeLessThanOrEqual(4);
      expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => String(index)));
    });

    it("hands over at most batchBytesMax, and a message that is larger alone", async () => {
      const names = await topics();
      const sized = (bytes: number): LogMessage => ({
        ...message(names.topic, "k", ""),
        value: new Uint8Array(bytes),
      });
      await log.publish([300, 300, 300, 300, 5_000, 300, 300].map(sized));
      const batches: number[][] = [];
      const running = await log.subscribe(
        subscriptionTo(
          names,
          async (batch) => {
            batches.push(batch.map(({ value }) => value.byteLength));
            return [];
          },
          { batchBytesMax: 1_000 },
        ),
      );
      await until(async () => batches.flat().length === 7);
      await running.stop();
      expect(batches).toEqual([[300, 300, 300], [300], [5_000], [300, 300]]);
    });

    it("puts what can never be processed into the dead-letter topic with its cause, and goes on", async () => {
      const names = await topics();
      await log.publish([
        message(names.topic, "k", "good"),
        message(names.topic, "k", "bad"),
        message(names.topic, "k", "good"),
      ]);
      const handled: string[] = [];
      const subscription = subscriptionTo(
        names,
        perMessage(async (received) => {
          if (textOf(received) === "bad") return { kind: "deadLetter", reason: "not JSON; publish it again" };
          handled.push(textOf(received));
          return { kind: "done" };
        }),
      );
      const running = await log.subscribe(subscription);
      await until(async () => (await log.lag(subscription.group, [names.topic])) === 0);
      await running.stop();
      expect(handled).toEqual(["good", "good"]);
      const dead = await replayAll(log, names.deadLetterTopic);
      expect(dead.map(textOf)).toEqual(["bad"]);
      expect(dead[0]?.headers).toMatchObject({
        ce_id: "id-bad",
        [DEAD_LETTER_HEADERS.topic]: names.topic,
        [DEAD_LETTER_HEADERS.partition]: "0",
        [DEAD_LETTER_HEADERS.offset]: "1",
        [DEAD_LETTER_HEADERS.group]: subscription.group,
        [DEAD_LETTER_HEADERS.reason]: "not JSON; publish it again",
      });
    });

    it("replays a topic from its start to its end, whole or one partition, whatever groups have committed", async () => {
      const names = await topics(3);
      await log.publish(
        Array.from({ length: 30 }, (_, index) => message(names.topic, `k${index % 5}`, String(index))),
      );
      await collect(log, subscriptionTo, names, 30);
      const all = await replayAll(log, names.topic);
      expect(
        all
          .map(textOf)
          .map(Number)
          .toSorted((a, b) => a - b),
      ).toEqual(Array.from({ length: 30 }, (_, index) => index));
      const partition = all[0]?.position.partition ?? 0;
      const one = await replayAll(log, names.topic, partition);
      expect(one).toEqual(all.filter((each) => each.position.partition === partition));
      expect(await replayAll(log, names.deadLetterTopic)).toEqual([]);
    });

    it("says where partitions end and where a group goes on, and replays from there", async () => {
      const names = await topics();
      const group = `g-${names.topic}`;
      const position = { topic: names.topic, partition: 0 };
      expect(await log.ends(names.topic)).toEqual([{ ...position, offset: "0" }]);
      expect(await log.committed(group, [names.topic])).toEqual([{ ...position, offset: "0" }]);
      await log.publish([message(names.topic, "k", "1"), message(names.topic, "k", "2")]);
      await collect(log, subscriptionTo, names, 2);
      await log.publish([message(names.topic, "k", "3")]);
      expect(await log.ends(names.topic)).toEqual([{ ...position, offset: "3" }]);
      expect(await log.committed(group, [names.topic])).toEqual([{ ...position, offset: "2" }]);
      const rest: string[] = [];
      for await (const each of log.replay(names.topic, { partition: 0, from: "2" })) rest.push(textOf(each));
      expect(rest).toEqual(["3"]);
      for await (const each of log.replay(names.topic, { partition: 0, from: "3" })) rest.push(textOf(each));
      expect(rest).toEqual(["3"]);
    });

    it("refuses a message that is too large before anything is sent", async () => {
      const names = await topics();
      const large = { ...message(names.topic, "k", ""), value: new Uint8Array(MESSAGE_BYTES_MAX) };
      await expect(log.publish([message(names.topic, "k", "small"), large])).rejects.toThrow(
        MessageTooLargeError,
      );
      expect(await replayAll(log, names.topic)).toEqual([]);
    });

    it("takes many large messages in one call", async () => {
      const names = await topics();
      const value = new Uint8Array(400_000).fill(7);
      await log.publish(
        Array.from({ length: 8 }, (_, index) => ({ ...message(names.topic, "k", String(index)), value })),
      );
      expect(await replayAll(log, names.topic)).toHaveLength(8);
    });

    it("lets the batch in hand finish and commit when it is stopped", async () => {
      const names = await topics();
      const group = `g-${names.topic}`;
      await log.publish([message(names.topic, "k", "1")]);
      let taken = false;
      let finished = false;
      const running = await log.subscribe(
        subscriptionTo(
          names,
          async () => {
            taken = true;
            await new Promise((resolve) => setTimeout(resolve, 300));
            finished = true;
            return [];
          },
          { group },
        ),
      );
      await until(async () => taken);
      await running.stop();
      expect(finished).toBe(true);
      expect(await log.lag(group, [names.topic])).toBe(0);
    });

    it("creates topics as often as one asks for them", async () => {
      const names = await topics();
      await log.publish([message(names.topic, "k", "1")]);
      await log.ensureTopics([{ name: names.topic, partitions: 1, cleanup: "delete" }]);
      expect(await replayAll(log, names.topic)).toHaveLength(1);
      await log.ping();
    });

    it("keeps what was published when it is closed and opened again", async () => {
      const names = await topics();
      await log.publish([message(names.topic, "k", "1")]);
      await log.close();
      log = await harness.open();
      expect((await replayAll(log, names.topic)).map(textOf)).toEqual(["1"]);
    });
  });
}

function message(topic: string, key: string, text: string): LogMessage {
  return { topic, key, headers: { ce_id: `id-${text}` }, value: Buffer.from(text) };
}

export function textOf({ value }: ReceivedMessage): string {
  return Buffer.from(value).toString();
}

async function collect(
  log: EventLog,
  subscriptionTo: (
    names: { topic: string; deadLetterTopic: string },
    handle: BatchHandler,
    rest?: Partial<Subscription>,
  ) => Subscription,
  names: { topic: string; deadLetterTopic: string },
  count: number,
  rest: Partial<Subscription> = {},
): Promise<ReceivedMessage[]> {
  const received: ReceivedMessage[] = [];
  const running = await log.subscribe(
    subscriptionTo(
      names,
      async (batch) => {
        received.push(...batch);
        return [];
      },
      rest,
    ),
  );
  await until(async () => received.length >= count);
  await running.stop();
  return received;
}

export async function replayAll(
  log: EventLog,
  topic: string,
  partition?: number,
): Promise<ReceivedMessage[]> {
  const received: ReceivedMessage[] = [];
  for await (const each of log.replay(topic, partition === undefined ? {} : { partition }))
    received.push(each);
  return received;
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error("What was waited for did not happen");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
