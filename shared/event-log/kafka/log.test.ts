import { startKafka, type KafkaBroker } from "@apportion/kafka-broker/start";
import { silentLogger } from "@apportion/runtime/logger";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventLog } from "../log.js";
import { openEventLog } from "../open.js";

describe("two deployments on one Kafka", () => {
  let broker: KafkaBroker;
  let logs: EventLog[] = [];
  beforeAll(async () => {
    broker = await startKafka();
    logs = await Promise.all(
      ["a.", "b."].map((name) =>
        openEventLog(
          {
            kind: "kafka",
            brokers: [broker.address],
            clientId: "test",
            prefix: `${broker.prefix}${name}`,
            replicationFactor: 1,
            tls: false,
          },
          { dataDir: "", logger: silentLogger },
        ),
      ),
    );
  });
  afterAll(async () => {
    await Promise.all(logs.map((log) => log.close()));
    await broker.stop();
  });

  it("see only their own messages, under the names that they know, and commit for themselves", async () => {
    const seen: string[][] = [];
    for (const [index, log] of logs.entries()) {
      await log.ensureTopics([
        { name: "topic", partitions: 1, cleanup: "delete" },
        { name: "dead", partitions: 1, cleanup: "delete" },
      ]);
      await log.publish([
        { topic: "topic", key: "k", headers: {}, value: Buffer.from(`message of ${index}`) },
      ]);
    }
    for (const log of logs) {
      const received: string[] = [];
      expect(await log.lag("group", ["topic"])).toBe(1);
      const running = await log.subscribe({
        group: "group",
        topics: ["topic"],
        deadLetterTopic: "dead",
        batchMessagesMax: 10,
        batchBytesMax: 1_000_000,
        handle: async (batch) => {
          for (const { topic, position, value } of batch)
            received.push(`${topic}, ${position.topic}: ${Buffer.from(value).toString()}`);
          return [];
        },
      });
      await expect.poll(() => log.lag("group", ["topic"]), { timeout: 20_000 }).toBe(0);
      await running.stop();
      seen.push(received);
    }
    expect(seen).toEqual([["topic, topic: message of 0"], ["topic, topic: message of 1"]]);
  });
});
