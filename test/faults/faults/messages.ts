import kafkajs from "kafkajs";
import { EVENTS, SNAPSHOT_CHUNK, TOPICS } from "@apportion/events/catalogue";
import type { Deployment } from "../deployment.js";
import type { Fault } from "../fault.js";
import { between, pick, type Random } from "../random.js";

const { Kafka, logLevel, Partitioners } = kafkajs;
/** What the services consume. */
const CONSUMED = [TOPICS.readings.name, TOPICS.allocationRequests.name, TOPICS.allocations.name] as const;
/** More than our own messages may have, and no more than the topics take. */
const LARGE_BYTES = [900_001, 1_040_000] as const;

interface Foreign {
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, string>;
}

const headersOf = (type: string): Record<string, string> => ({
  ce_specversion: "1.0",
  ce_id: "foreign",
  ce_source: "/somebody/else",
  ce_type: type,
  "content-type": "application/json",
});

const noise = (random: Random, bytes: number): Buffer =>
  Buffer.from(Array.from({ length: bytes }, () => between(random, 0, 255)));

/** What other programs write into a topic that is not theirs. */
function garbage(random: Random): Foreign {
  const known: [Foreign, ...Foreign[]] = [
    { key: null, value: null, headers: {} },
    { key: "", value: noise(random, 200), headers: {} },
    { key: "x", value: Buffer.from('{"hello":"world"}'), headers: headersOf("somebody.elses.event.v1") },
    { key: "x", value: Buffer.from("{"), headers: headersOf(EVENTS.snapshotSealed.type) },
    { key: "x", value: Buffer.from("{}"), headers: headersOf(EVENTS.allocationRequested.type) },
    { key: "x", value: noise(random, 500), headers: headersOf(SNAPSHOT_CHUNK) },
    { key: "x", value: Buffer.from("[]"), headers: headersOf(EVENTS.allocationSealed.type) },
  ];
  return pick(random, known);
}

async function produce({ stage, prefix }: Deployment, topic: string, messages: Foreign[]): Promise<void> {
  const kafka = new Kafka({ brokers: [stage.broker.address], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic: prefix + topic, messages });
  } finally {
    await producer.disconnect();
  }
}

const nothingToMend = async (): Promise<void> => undefined;

export const MESSAGE_FAULTS: readonly Fault[] = [
  {
    name: "garbage from a foreign producer",
    share: 5,
    holdMs: [0, 0],
    async inject(deployment, random) {
      for (const topic of CONSUMED)
        await produce(
          deployment,
          topic,
          Array.from({ length: between(random, 1, 5) }, () => garbage(random)),
        );
      return nothingToMend;
    },
  },
  {
    name: "a message larger than ours may be",
    share: 3,
    holdMs: [0, 0],
    async inject(deployment, random) {
      const message = { ...garbage(random), value: Buffer.alloc(between(random, ...LARGE_BYTES), "x") };
      await produce(deployment, pick(random, CONSUMED), [message]);
      return nothingToMend;
    },
  },
];
