import { setTimeout as pause } from "node:timers/promises";
import kafkajs, { type Admin } from "kafkajs"; // Node.js finds not all of its names
import type { Finding } from "@apportion/runtime/health";
import type { TopicDefinition } from "../log.js";

/** Months of readings can be replayed; what is closed lies in ClickHouse's ledger. */
const RETENTION_MS = 400 * 24 * 3_600_000;
/** Those with which kafkajs reads what we publish without compression. */
const READABLE_COMPRESSIONS: readonly string[] = ["producer", "uncompressed", "gzip"];
/** As Kafka says it, of times and of bytes. */
const FOR_EVER = "-1";
/** Kafka's own default limit of a record batch, set on each topic so that a cluster's smaller one does not hold. */
const BATCH_BYTES_MAX = 1_048_588;
const REPLICAS_WANTED = 3;
const LEADER_POLL_MS = 50;
const LEADER_MAX_MS = 30_000;

/** What a topic is to be like on this cluster, as Kafka names it. */
interface TopicSettings {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** Three copies where there are three brokers, and then two of them must have a message before it counts as written. */
async function settingsOf(
  admin: Admin,
  { partitions, cleanup, keptForEver = false }: TopicDefinition,
  replicationFactor: number | undefined,
): Promise<TopicSettings> {
  const replicas =
    replicationFactor ?? Math.min(REPLICAS_WANTED, (await admin.describeCluster()).brokers.length);
  return {
    partitions,
    replicationFactor: replicas,
    configs: {
      "cleanup.policy": cleanup,
      "max.message.bytes": String(BATCH_BYTES_MAX),
      "min.insync.replicas": String(replicas >= REPLICAS_WANTED ? replicas - 1 : 1),
      // A cluster's own defaults would cut topics that grow, or compress again what kafkajs then cannot read.
      "retention.bytes": FOR_EVER,
      "compression.type": "producer",
      ...(cleanup === "delete" && { "retention.ms": keptForEver ? FOR_EVER : String(RETENTION_MS) }),
    },
  };
}

/** Makes those that are missing, and waits until each can be read and written. Names are those on the cluster. */
export async function ensureTopics(
  admin: Admin,
  topics: readonly TopicDefinition[],
  replicationFactor: number | undefined,
): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = topics.filter(({ name }) => !existing.has(name));
  const made = await Promise.all(
    missing.map(async (topic) => ({ topic, settings: await settingsOf(admin, topic, replicationFactor) })),
  );
  if (made.length > 0)
    await admin.createTopics({
      // kafkajs's own wait fails now and then right after creation (UNKNOWN_TOPIC_OR_PARTITION): see untilLed.
      waitForLeaders: false,
      topics: made.map(({ topic, settings }) => ({
        topic: topic.name,
        numPartitions: settings.partitions,
        replicationFactor: settings.replicationFactor,
        configEntries: Object.entries(settings.configs).map(([name, value]) => ({ name, value })),
      })),
    });
  // Also those that were there: another process may have created them a moment ago.
  for (const { name } of topics) await untilLed(admin, name);
}

/** A topic that was just created has no leaders for a moment, and reading or writing it fails. */
async function untilLed(admin: Admin, topic: string): Promise<void> {
  const deadline = Date.now() + LEADER_MAX_MS;
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

/** Those that Kafka says do not exist; one that may only not be seen at the moment is not among them. */
export async function deletedTopics(admin: Admin, names: Iterable<string>): Promise<string[]> {
  const listed = new Set(await admin.listTopics());
  const unseen = [...names].filter((name) => !listed.has(name));
  const gone = await Promise.all(
    unseen.map((name) =>
      admin.fetchTopicMetadata({ topics: [name] }).then(
        () => false,
        (error: { readonly type?: unknown }) => error.type === "UNKNOWN_TOPIC_OR_PARTITION",
      ),
    ),
  );
  return unseen.filter((_, index) => gone[index]);
}

/** How each topic is, beside how it would be made: one that somebody made by hand, or long ago, may lose or hold up events. */
export async function inspectTopics(
  admin: Admin,
  topics: readonly TopicDefinition[],
  replicationFactor: number | undefined,
): Promise<Finding[]> {
  const names = topics.map(({ name }) => name);
  const listed = new Set(await admin.listTopics());
  const there = names.filter((name) => listed.has(name));
  const { topics: metadata } =
    there.length > 0 ? await admin.fetchTopicMetadata({ topics: there }) : { topics: [] };
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: there.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  return Promise.all(
    topics.map(async (topic) => {
      const what = `topic ${topic.name}`;
      const found = metadata.find(({ name }) => name === topic.name);
      if (!found) return { what, ok: false, detail: "is missing; `apportion migrate` makes it" };
      const entries = resources.find(({ resourceName }) => resourceName === topic.name)?.configEntries ?? [];
      const problems = differences(
        {
          partitions: found.partitions.length,
          replicationFactor: Math.min(...found.partitions.map(({ replicas }) => replicas.length)),
          configs: Object.fromEntries(
            entries.map(({ configName, configValue }) => [configName, configValue]),
          ),
        },
        await settingsOf(admin, topic, replicationFactor),
      );
      const seen = `${found.partitions.length} partitions`;
      return { what, ok: problems.length === 0, detail: problems.join("; ") || seen };
    }),
  );
}

/** What is less than it should be, with what mends it. More than that is nobody's harm. */
function differences(found: TopicSettings, wanted: TopicSettings): string[] {
  const problems: string[] = [];
  if (found.partitions < wanted.partitions)
    problems.push(
      `has ${found.partitions} of ${wanted.partitions} partitions: kafka-topics --alter --partitions ${wanted.partitions}, while no service runs`,
    );
  if (found.replicationFactor < wanted.replicationFactor)
    problems.push(
      `keeps ${found.replicationFactor} of ${wanted.replicationFactor} copies: kafka-reassign-partitions, or say so with eventLog.replicationFactor`,
    );
  for (const [name, value] of Object.entries(wanted.configs)) {
    const is = found.configs[name] ?? "";
    if (!isEnough(name, is, value))
      problems.push(`${name} is ${is || "not set"}: kafka-configs --alter --add-config ${name}=${value}`);
  }
  return problems;
}

/** Limits and times may be larger; -1 is for ever, and no limit. */
function isEnough(name: string, is: string, wanted: string): boolean {
  if (name === "cleanup.policy") return is === wanted;
  if (name === "compression.type") return READABLE_COMPRESSIONS.includes(is);
  if (wanted === FOR_EVER) return is === FOR_EVER;
  return is !== "" && (is === FOR_EVER || Number(is) >= Number(wanted));
}
