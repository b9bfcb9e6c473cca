import { Kafka, logLevel, type Admin, type KafkaConfig as ClientConfig } from "kafkajs";
import type { Logger } from "@apportion/runtime/logger";
import { withRetry } from "@apportion/runtime/retry";
import { refuseTooLarge, type EventLog, type RunningSubscription, type TopicDefinition } from "../log.js";
import type { KafkaConfig } from "../open.js";
import { askBriefly } from "./ask.js";
import { kafkaLogCreator } from "./client-log.js";
import { consumeGroup, type SupervisedSubscription } from "./consume-group.js";
import { keepQuietAboutPastTimers } from "./past-timers.js";
import { removeAbandonedReplays, replayTopic } from "./replay.js";
import { createSerialProducer } from "./serial-producer.js";
import { ensureTopics, inspectTopics } from "./topics.js";
import { watchLog } from "./watch.js";

const REQUEST_TIMEOUT_MS = 30_000;
/** Consumers are replaced when they fail, so what they ask need not be waited for so long. */
const CONSUMER_REQUEST_TIMEOUT_MS = 15_000;

/**
 * The event log on Apache Kafka. Connects when it is first used. Services know topics and groups without the prefix that they have
 * on the cluster.
 *
 * What it does beside kafkajs's own defaults was found by killing brokers: see `serial-producer.ts`.
 */
export function openKafkaLog(
  config: KafkaConfig,
  logger: Logger,
  onFatal: (error: Error) => void = () => undefined,
): EventLog {
  const { prefix } = config;
  const client = clientConfig(config, logger);
  keepQuietAboutPastTimers();
  const kafka = new Kafka(client);
  const impatient = new Kafka({
    ...client,
    requestTimeout: CONSUMER_REQUEST_TIMEOUT_MS,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
  });
  const producer = createSerialProducer(kafka);
  const watch = watchLog(impatient, logger, onFatal);
  const running = new Map<RunningSubscription, SupervisedSubscription>();
  let tidied: Promise<void> | undefined;
  let connecting: Promise<Admin> | undefined;

  /** The admin client, connected once; a failed attempt is not remembered. */
  const connectedAdmin = (): Promise<Admin> => {
    connecting ??= connectAdmin(kafka).catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  };

  const onCluster = (definitions: readonly TopicDefinition[]): TopicDefinition[] =>
    definitions.map((each) => ({ ...each, name: prefix + each.name }));

  const log: EventLog = {
    async publish(messages) {
      for (const message of messages) refuseTooLarge(message);
      try {
        await producer.send(messages.map((message) => ({ ...message, topic: prefix + message.topic })));
        watch.note(undefined);
      } catch (error) {
        watch.note(error);
        throw error;
      }
    },

    async subscribe(subscription) {
      const onOutcome = (error: Error | undefined): void => watch.note(error);
      const supervised = await consumeGroup({
        kafka: impatient,
        prefix,
        log,
        logger,
        subscription,
        onFatal,
        onOutcome,
      });
      const handle: RunningSubscription = {
        async stop(graceMs) {
          await supervised.stop(graceMs);
          running.delete(handle);
        },
      };
      running.set(handle, supervised);
      return handle;
    },

    async *replay(topic, options = {}) {
      const admin = await connectedAdmin();
      await (tidied ??= removeAbandonedReplays(admin, prefix, logger));
      yield* replayTopic({ kafka: impatient, prefix, admin, topic, ...options });
    },

    async read({ topic, partition, offset }) {
      const admin = await connectedAdmin();
      const until = String(BigInt(offset) + 1n);
      const messages = replayTopic({
        kafka: impatient,
        prefix,
        admin,
        topic,
        partition,
        from: offset,
        until,
      });
      for await (const message of messages) return message;
      return undefined;
    },

    subscriptions: () => [...running.values()].map((supervised) => supervised.state()),

    async lag(group, topics) {
      const admin = await connectedAdmin();
      const committed = await committedOffsets(admin, prefix, group, topics);
      let lag = 0n;
      for (const { topic, partitions } of committed) {
        const ends = await admin.fetchTopicOffsets(topic);
        for (const { partition, high, low } of ends) {
          const next = BigInt(partitions.find((each) => each.partition === partition)?.offset ?? "-1");
          const [from, end] = [BigInt(low), BigInt(high)];
          // Kafka has nothing there, or no longer: it is read from the start.
          lag += end - (next < from || next > end ? from : next);
        }
      }
      return Number(lag);
    },

    async committed(group, topics) {
      const committed = await committedOffsets(await connectedAdmin(), prefix, group, topics);
      return committed.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => ({
          topic: topic.slice(prefix.length),
          partition,
          // That it has committed none is -1 of Kafka itself, and -2 of kafkajs when it begins at the start again.
          offset: BigInt(offset) < 0n ? "0" : offset,
        })),
      );
    },

    async ends(topic) {
      const offsets = await (await connectedAdmin()).fetchTopicOffsets(prefix + topic);
      return offsets.map(({ partition, high }) => ({ topic, partition, offset: high }));
    },

    async ensureTopics(definitions) {
      const topics = onCluster(definitions);
      // So that a cluster that is away is told within seconds: what follows is patient with a broker that starts again.
      await askBriefly(client, (admin) => admin.listTopics());
      await ensureTopics(await connectedAdmin(), topics, config.replicationFactor);
      watch.expect(topics.map(({ name }) => name));
    },

    async inspectTopics(definitions) {
      return inspectTopics(await connectedAdmin(), onCluster(definitions), config.replicationFactor);
    },

    async ping() {
      await askBriefly(client, (admin) => admin.listTopics());
    },

    async close() {
      await Promise.all([...running.keys()].map((subscription) => subscription.stop()));
      await watch.close();
      await producer.close();
      if (connecting) await (await connecting).disconnect();
    },
  };
  return log;
}

/** kafkajs does not ask again where the group's coordinator moves or is loading. */
function committedOffsets(
  admin: Admin,
  prefix: string,
  group: string,
  topics: readonly string[],
): ReturnType<Admin["fetchOffsets"]> {
  const names = topics.map((topic) => prefix + topic);
  return withRetry(() => admin.fetchOffsets({ groupId: prefix + group, topics: names }), {
    attemptsMax: 20,
    initialPauseMs: 100,
    pauseMaxMs: 1_000,
    isRetriable: (error) => (error as { readonly retriable?: unknown }).retriable === true,
  });
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
