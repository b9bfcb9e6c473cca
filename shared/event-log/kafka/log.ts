import { setTimeout as pause } from "node:timers/promises";
import { Kafka, logLevel, type Admin, type KafkaConfig as ClientConfig } from "kafkajs";
import type { Logger } from "@apportion/runtime/logger";
import { refuseTooLarge, type EventLog, type RunningSubscription, type TopicDefinition } from "../log.js";
import type { KafkaConfig } from "../open.js";
import { kafkaLogCreator } from "./client-log.js";
import { consumeGroup } from "./consume-group.js";
import { replayTopic } from "./replay.js";
import { createSerialProducer } from "./serial-producer.js";

/** Months of readings can be replayed; what is closed lies in ClickHouse's ledger. */
const RETENTION_MS = 400 * 24 * 3_600_000;
const REQUEST_TIMEOUT_MS = 30_000;
const LEADER_POLL_MS = 50;

/**
 * The event log on Apache Kafka. Connects when it is first used. Services know topics and groups without the prefix that they have
 * on the cluster.
 *
 * What it does beside kafkajs's own defaults was found by killing brokers: see `serial-producer.ts`.
 */
export function openKafkaLog(config: KafkaConfig, logger: Logger): EventLog {
  const { prefix } = config;
  const kafka = new Kafka(clientConfig(config, logger));
  const producer = createSerialProducer(kafka);
  const running = new Set<RunningSubscription>();
  let connecting: Promise<Admin> | undefined;

  /** The admin client, connected once; a failed attempt is not remembered. */
  const connectedAdmin = (): Promise<Admin> => {
    connecting ??= connectAdmin(kafka).catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };

  const log: EventLog = {
    async publish(messages) {
      for (const message of messages) refuseTooLarge(message);
      await producer.send(messages.map((message) => ({ ...message, topic: prefix + message.topic })));
    },

    async subscribe(subscription) {
      const running_ = await consumeGroup({ kafka, prefix, log, logger, subscription });
      const handle: RunningSubscription = {
        async stop(graceMs) {
          await running_.stop(graceMs);
          running.delete(handle);
        },
      };
      running.add(handle);
      return handle;
    },

    async *replay(topic, options = {}) {
      yield* replayTopic({
        kafka,
        prefix,
        admin: await connectedAdmin(),
        topic,
        partition: options.partition,
      });
    },

    subscriptions: () => [],

    async lag(group, topics) {
      const admin = await connectedAdmin();
      const committed = await admin.fetchOffsets({
        groupId: prefix + group,
        topics: topics.map((topic) => prefix + topic),
      });
      let lag = 0n;
      for (const { topic, partitions } of committed) {
        const ends = await admin.fetchTopicOffsets(topic);
        for (const { partition, high, low } of ends) {
          const offset = partitions.find((each) => each.partition === partition)?.offset ?? "-1";
          lag += BigInt(high) - (offset === "-1" ? BigInt(low) : BigInt(offset));
        }
      }
      return Number(lag);
    },

    async ensureTopics(definitions) {
      const topics = definitions.map((each) => ({ ...each, name: prefix + each.name }));
      const admin = await connectedAdmin();
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length > 0) await createTopics(admin, missing, config.replicationFactor);
      // Also those that were there: another process may have created them a moment ago.
      for (const { name } of topics) await untilLed(admin, name);
    },

    async ping() {
      await (await connectedAdmin()).listTopics();
    },

    async close() {
      await Promise.all([...running].map((subscription) => subscription.stop()));
      await producer.close();
      if (connecting) await (await connecting).disconnect();
    },
  };
  return log;
}

function clientConfig(config: KafkaConfig, logger: Logger): ClientConfig {
  const { tls, sasl } = config;
  return {
    brokers: [...config.brokers],
    clientId: config.clientId,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // On the client: the idempotent producer's own default would give up, or reuse a sequence number, too early.
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 60 },
    ssl: typeof tls === "boolean" ? tls : { ca: [tls.ca.reveal()] },
    ...(sasl && {
      sasl: {
        mechanism: sasl.mechanism as "plain",
        username: sasl.username,
        password: sasl.password.reveal(),
      },
    }),
    logLevel: logLevel.INFO,
    logCreator: kafkaLogCreator(logger),
  };
}

async function connectAdmin(kafka: Kafka): Promise<Admin> {
  const admin = kafka.admin();
  await admin.connect();
  return admin;
}

async function createTopics(
  admin: Admin,
  topics: readonly TopicDefinition[],
  replicationFactor: number,
): Promise<void> {
  await admin.createTopics({
    // kafkajs's own wait fails now and then right after creation (UNKNOWN_TOPIC_OR_PARTITION): see untilLed.
    waitForLeaders: false,
    topics: topics.map(({ name, partitions, cleanup }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor,
      configEntries: [
        { name: "cleanup.policy", value: cleanup },
        { name: "max.message.bytes", value: "1048588" },
        ...(cleanup === "delete" ? [{ name: "retention.ms", value: String(RETENTION_MS) }] : []),
      ],
    })),
  });
}

/** A topic that was just created has no leaders for a moment, and reading or writing it fails. */
async function untilLed(admin: Admin, topic: string): Promise<void> {
  const deadline = Date.now() + REQUEST_TIMEOUT_MS;
  for (;;) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(LEADER_POLL_MS);
    }
  }
}
