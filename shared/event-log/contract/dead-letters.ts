import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEAD_LETTER_HEADERS } from "../dead-letter.js";
import {
  MESSAGE_BYTES_MAX,
  messageBytes,
  perMessage,
  type EventLog,
  type LogMessage,
  type ReceivedMessage,
} from "../log.js";
import { replayAll, textOf, until, type EventLogHarness } from "./contract.js";

/** What Apportion's topics on Kafka accept of one record batch, with its framing. */
const TOPIC_BYTES_MAX = 1_048_588;
const FRAMING_BYTES = 500;

/** What is not as anybody expected it: too large for a dead letter, or where nobody looks for it. Both adapters run it. */
export function deadLetterContract(adapter: string, start: () => Promise<EventLogHarness>): void {
  describe(`dead letters: ${adapter}`, () => {
    let harness: EventLogHarness;
    let log: EventLog;
    let topic: string;
    let deadLetterTopic: string;
    beforeAll(async () => {
      harness = await start();
      log = await harness.open();
      topic = `t-${randomUUID()}`;
      deadLetterTopic = `${topic}-dead`;
      await log.ensureTopics([
        { name: topic, partitions: 1, cleanup: "delete" },
        { name: deadLetterTopic, partitions: 1, cleanup: "delete" },
      ]);
    });
    afterAll(async () => {
      await log.close();
      await harness.stop();
    });

    const bytes = (count: number): Uint8Array => Buffer.alloc(count, "x");
    const large: Record<string, Omit<LogMessage, "topic">> = {
      "as large as the topic takes": {
        key: "k",
        headers: { ce_type: "foreign" },
        value: bytes(TOPIC_BYTES_MAX - FRAMING_BYTES),
      },
      "just below what is published": {
        key: "k",
        headers: { ce_type: "legal" },
        value: bytes(MESSAGE_BYTES_MAX - 100),
      },
      "with 500 KB of headers": {
        key: "k",
        headers: {
          "x-noise": "n".repeat(500_000),
          ce_type: "noisy",
          ...Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x-${index}`, "small"])),
        },
        value: bytes(450_000),
      },
      "with 60,000 headers": {
        key: "k",
        headers: Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`h${index}`, "value"])),
        value: bytes(100),
      },
      "with a huge key": {
        key: "ü".repeat(500_000),
        headers: { ce_type: "keyed" },
        value: bytes(100),
      },
    };

    it("are there of messages of any size, and what lies behind these is handled", async () => {
      await log.close();
      const sent = Object.values(large).map((each) => ({ ...each, topic }));
      await harness.appendRaw([...sent, { topic, key: "k", headers: {}, value: Buffer.from("behind") }]);
      log = await harness.open();
      const handled: string[] = [];
      const running = await log.subscribe({
        group: "group",
        topics: [topic],
        deadLetterTopic,
        batchMessagesMax: 3,
        batchBytesMax: 8_000_000,
        handle: perMessage(async (received) => {
          if (textOf(received) !== "behind") return { kind: "deadLetter", reason: "nobody knows it" };
          handled.push(textOf(received));
          return { kind: "done" };
        }),
      });
      await until(async () => (await log.lag("group", [topic])) === 0);
      await running.stop();
      expect(handled).toEqual(["behind"]);
      const dead = await replayAll(log, deadLetterTopic);
      expect(dead.map(({ headers }) => headers[DEAD_LETTER_HEADERS.offset])).toEqual([
        "0",
        "1",
        "2",
        "3",
        "4",
      ]);
      for (const [index, letter] of dead.entries()) {
        expect(messageBytes(letter)).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
        expect(letter.headers).toMatchObject({
          [DEAD_LETTER_HEADERS.topic]: topic,
          [DEAD_LETTER_HEADERS.partition]: "0",
          [DEAD_LETTER_HEADERS.group]: "group",
          [DEAD_LETTER_HEADERS.reason]: "nobody knows it",
        });
        expectReferenceTo(sent[index], letter);
      }
    });

    it("can be read whole where they lie, and only there", async () => {
      const dead = await replayAll(log, deadLetterTopic);
      for (const [index, original] of Object.values(large).entries()) {
        const position = {
          topic,
          partition: 0,
          offset: dead[index]?.headers[DEAD_LETTER_HEADERS.offset] ?? "",
        };
        const read = await log.read(position);
        expect(read?.position).toEqual(position);
        expect(read?.key === original.key).toBe(true); // toEqual would print them
        expect(read?.headers).toEqual(original.headers);
        expect(Buffer.from(read?.value ?? []).equals(original.value)).toBe(true);
      }
      expect(textOf((await log.read({ topic, partition: 0, offset: "5" })) as ReceivedMessage)).toBe(
        "behind",
      );
      expect(await log.read({ topic, partition: 0, offset: "6" })).toBeUndefined();
      expect(await log.read({ topic, partition: 7, offset: "0" })).toBeUndefined();
    });
  });
}

/** No body, but what it was: size, hash, as many headers as fit, and which were left out. */
function expectReferenceTo(original: LogMessage | undefined, letter: ReceivedMessage): void {
  if (!original) throw new Error("a dead letter of nothing that was sent");
  expect(letter.value.byteLength).toBe(0);
  expect(letter.headers).toMatchObject({
    [DEAD_LETTER_HEADERS.bodyBytes]: String(original.value.byteLength),
    [DEAD_LETTER_HEADERS.bodySha256]: createHash("sha256").update(original.value).digest("hex"),
  });
  expect(original.key.startsWith(letter.key.replace(/…$/, ""))).toBe(true);
  expect(letter.headers["ce_type"]).toBe(original.headers["ce_type"]);
  const leftOut = letter.headers[DEAD_LETTER_HEADERS.leftOut] ?? "";
  expect(leftOut.includes("x-noise")).toBe("x-noise" in original.headers);
  expect(leftOut.includes("key")).toBe(original.key.length > 1_000);
}
