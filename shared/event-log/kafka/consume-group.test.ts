import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import kafkajs, { Kafka, logLevel } from "kafkajs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startKafka, type KafkaBroker } from "@apportion/kafka-broker/start";
import { silentLogger } from "@apportion/runtime/logger";
import type { EventLog } from "../log.js";
import { openKafkaLog } from "./log.js";
import { TopicDeletedError } from "./watch.js";

const PROGRAM = fileURLToPath(new URL("../dist/testing/consume-until-killed.js", import.meta.url));
const LONGER_THAN_A_SESSION_MS = 42_000;
const RECOVERED_MAX_MS = 60_000;

describe("a consumer that was lost", { timeout: 240_000 }, () => {
  let broker: KafkaBroker;
  let log: EventLog;
  let child: ChildProcess | undefined;
  let output = "";
  const fatal: Error[] = [];
  const config = () => ({
    kind: "kafka" as const,
    brokers: [broker.address],
    prefix: broker.prefix,
    clientId: "test",
    tls: false,
  });
  beforeAll(async () => {
    broker = await startKafka();
    log = openKafkaLog(config(), silentLogger, (error) => fatal.push(error));
  });
  afterEach(() => child?.kill("SIGKILL"));
  afterAll(async () => {
    await log.close();
    await broker.stop();
  });

  const start = async (topic: string): Promise<ChildProcess> => {
    output = "";
    const started = spawn(process.execPath, [PROGRAM, broker.address, broker.prefix, topic], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child = started;
    started.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    await said("subscribed");
    return started;
  };
  const said = (text: string): Promise<void> =>
    expect.poll(() => output, { timeout: RECOVERED_MAX_MS, interval: 20 }).toContain(text);
  const publish = (topic: string, text: string): Promise<void> =>
    log.publish([{ topic, key: "k", headers: {}, value: Buffer.from(text) }]);

  it("comes back when its process stood still for longer than a session, with a batch in hand", async () => {
    const frozen = await start("frozen");
    await publish("frozen", "one");
    await said("taken");
    frozen.kill("SIGSTOP");
    await pause(LONGER_THAN_A_SESSION_MS);
    frozen.kill("SIGCONT");
    await publish("frozen", "two");
    await said("handled two");
    await expect.poll(() => log.lag("group", ["frozen"]), { timeout: RECOVERED_MAX_MS }).toBe(0);
  });

  it("ends its process, which says so, when its topic was deleted", async () => {
    const deserted = await start("deserted");
    await publish("deserted", "one");
    await said("handled one");
    const exited = new Promise((resolve) => deserted.once("exit", resolve));
    const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [`${broker.prefix}deserted`] });
    await admin.disconnect();
    expect(await exited).toBe(1);
    expect(output).toContain(`fatal: ${new TopicDeletedError([`${broker.prefix}deserted`]).message}`);
    await start("deserted");
    await publish("deserted", "two");
    await said("handled two");
    expect(fatal).toEqual([]); // this process never asked for the topic
  });

  it("says how it fares, and leaves no group of a replay that was killed", async () => {
    await log.ensureTopics([{ name: "seen", partitions: 1, cleanup: "delete" }]);
    const running = await log.subscribe({
      group: "seen",
      topics: ["seen"],
      deadLetterTopic: "seen",
      batchMessagesMax: 1,
      batchBytesMax: 1_000,
      handle: async () => [],
    });
    await expect.poll(() => log.subscriptions()[0]?.lastSeenAt).toBeInstanceOf(Date);
    expect(log.subscriptions()).toMatchObject([
      { group: "seen", topics: ["seen"], state: "consuming", restarts: 0, handlingSince: undefined },
    ]);
    await running.stop();
    expect(log.subscriptions()).toEqual([]);

    const client = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
    const abandoned = `${broker.prefix}apportion-replay-of-a-dead-process`;
    const consumer = client.consumer({ groupId: abandoned });
    await consumer.connect();
    await consumer.subscribe({ topic: `${broker.prefix}seen` });
    const joined = new Promise((resolve) => consumer.on("consumer.group_join", resolve));
    await consumer.run({ eachMessage: async () => undefined });
    await joined;
    await consumer.disconnect();
    const admin = client.admin();
    await admin.connect();
    const groups = async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    expect(await groups()).toContain(abandoned);
    const later = openKafkaLog(config(), silentLogger);
    for await (const message of later.replay("seen")) expect(message).toBeUndefined();
    await later.close();
    expect(await groups()).not.toContain(abandoned);
    await admin.disconnect();
  });

  it("begins at the start again, and says so, when the topic ends before what its group has read", async () => {
    await log.ensureTopics([{ name: "shorter", partitions: 1, cleanup: "delete" }]);
    await publish("shorter", "left");
    const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const [groupId, topic] = [`${broker.prefix}shorter`, `${broker.prefix}shorter`];
    const commit = (offset: string) =>
      admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset }] });
    await commit("-2"); // as kafkajs does when it has to begin again
    expect(await log.committed("shorter", ["shorter"])).toEqual([
      { topic: "shorter", partition: 0, offset: "0" },
    ]);
    expect(await log.lag("shorter", ["shorter"])).toBe(1);
    await commit("5");
    expect(await log.lag("shorter", ["shorter"])).toBe(1);
    await admin.disconnect();

    const errors: unknown[][] = [];
    const telling = openKafkaLog(config(), {
      ...silentLogger,
      child: () => silentLogger,
      error: (...fields) => void errors.push(fields),
    });
    const committedBefore: string[] = [];
    const running = await telling.subscribe({
      group: "shorter",
      topics: ["shorter"],
      deadLetterTopic: "shorter",
      batchMessagesMax: 1,
      batchBytesMax: 1_000,
      handle: async () => {
        committedBefore.push(
          ...(await telling.committed("shorter", ["shorter"])).map(({ offset }) => offset),
        );
        return [];
      },
    });
    await expect.poll(() => telling.lag("shorter", ["shorter"]), { timeout: RECOVERED_MAX_MS }).toBe(0);
    await running.stop();
    await telling.close();
    expect(committedBefore).toEqual(["0"]);
    expect(errors).toEqual([
      [{ group: groupId, topic, partition: 0 }, expect.stringContaining("`apportion doctor`")],
    ]);
  });

  it("says what is less than it should be of topics that somebody made", async () => {
    const admin = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({
      topics: [
        {
          topic: `${broker.prefix}handmade`,
          numPartitions: 2,
          replicationFactor: 1,
          configEntries: [
            { name: "retention.ms", value: "86400000" },
            { name: "cleanup.policy", value: "compact" },
            { name: "retention.bytes", value: "1000000000" },
            { name: "compression.type", value: "zstd" },
          ],
        },
      ],
      waitForLeaders: true,
    });
    await log.ensureTopics([{ name: "made", partitions: 3, cleanup: "delete" }]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: `${broker.prefix}made` }],
    });
    await admin.disconnect();
    // Where they are not the topic's own, those of a cluster hold.
    const { TOPIC_CONFIG } = kafkajs.ConfigSource;
    const own = resources[0]?.configEntries.filter(({ configSource }) => configSource === TOPIC_CONFIG);
    expect(own?.map(({ configName, configValue }) => `${configName}=${configValue}`)).toEqual(
      expect.arrayContaining(["retention.bytes=-1", "compression.type=producer", "cleanup.policy=delete"]),
    );
    const found = await log.inspectTopics([
      { name: "handmade", partitions: 6, cleanup: "delete" },
      { name: "made", partitions: 3, cleanup: "delete" },
      { name: "absent", partitions: 1, cleanup: "compact" },
    ]);
    expect(found.map(({ ok }) => ok)).toEqual([false, true, false]);
    expect(found[0]?.detail).toContain("has 2 of 6 partitions");
    expect(found[0]?.detail).toContain("cleanup.policy is compact");
    expect(found[0]?.detail).toContain("retention.ms is 86400000");
    expect(found[0]?.detail).toContain("retention.bytes is 1000000000");
    expect(found[0]?.detail).toContain("compression.type is zstd");
    expect(found[2]?.detail).toContain("is missing");
  });
});
