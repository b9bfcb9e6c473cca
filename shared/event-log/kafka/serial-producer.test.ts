import { createRequire } from "node:module";
import type { Kafka, Producer } from "kafkajs";
import { describe, expect, it } from "vitest";
import type { LogMessage } from "../log.js";
import { createSerialProducer } from "./serial-producer.js";

/** kafkajs's own producer, on a cluster of the test's: its retries are what is tested. */
const require = createRequire(import.meta.url);
const kafkajsProducer = require("kafkajs/src/producer/index.js") as (options: object) => Producer;
const { createErrorFromCode } = require("kafkajs/src/protocol/error.js") as {
  createErrorFromCode: (code: number) => Error;
};
const NOT_LEADER_FOR_PARTITION = 6;

interface Produced {
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly firstSequence: number;
      readonly messages: readonly { readonly key: string; readonly value: Buffer }[];
    }[];
  }[];
}

const PARTITIONS = [0, 1];

/** Two brokers that lead a partition each, until the second is asked: it has just handed its own to the first, and refuses. */
function clusterThatMoves() {
  const stored: { partition: number; text: string; sequence: number }[] = [];
  const requests: string[][] = [];
  const leaders = new Map(PARTITIONS.map((partition) => [partition, partition]));
  let known = new Map(leaders);
  const brokerOf = (nodeId: number) => ({
    nodeId,
    initProducerId: async () => ({ producerId: 1, producerEpoch: 0 }),
    async produce({ topicData }: Produced) {
      const entries = topicData.flatMap(({ topic, partitions }) =>
        partitions.map((entry) => ({ topic, ...entry })),
      );
      requests.push(
        entries.flatMap(({ topic, messages }) => messages.map(({ value }) => `${topic} ${value.toString()}`)),
      );
      if (nodeId === 1) leaders.set(1, 0);
      if (entries.some(({ partition }) => leaders.get(partition) !== nodeId))
        throw createErrorFromCode(NOT_LEADER_FOR_PARTITION);
      for (const { partition, messages, firstSequence } of entries)
        for (const [index, { value }] of messages.entries())
          stored.push({ partition, text: value.toString(), sequence: firstSequence + index });
      return { topics: [] };
    },
  });
  const brokers = PARTITIONS.map(brokerOf);
  const nothing = async (): Promise<void> => undefined;
  const cluster = {
    retry: { initialRetryTime: 1, maxRetryTime: 1, retries: 5 },
    connect: nothing,
    disconnect: nothing,
    isConnected: () => true,
    addMultipleTargetTopics: nothing,
    refreshMetadataIfNecessary: nothing,
    refreshMetadata: async () => void (known = new Map(leaders)),
    findControllerBroker: async () => brokers[0],
    findBroker: async ({ nodeId }: { nodeId: string }) => brokers[Number(nodeId)],
    findTopicPartitionMetadata: () =>
      PARTITIONS.map((partitionId) => ({ partitionId, leader: known.get(partitionId) })),
    findLeaderForPartitions: (_topic: string, partitions: readonly string[]) => {
      const found: Record<number, number[]> = {};
      for (const partition of partitions.map(Number))
        (found[known.get(partition) ?? 0] ??= []).push(partition);
      return found;
    },
  };
  const logger = { namespace: () => logger, ...silent() };
  const kafka = {
    producer: (options: object) => kafkajsProducer({ cluster, logger, ...options, retry: cluster.retry }),
  } as Pick<Kafka, "producer"> as Kafka;
  return { kafka, stored, requests };
}

function silent() {
  const nothing = (): void => undefined;
  return { error: nothing, warn: nothing, info: nothing, debug: nothing };
}

const message = (key: string, text: string, topic = "t"): LogMessage => ({
  topic,
  key,
  headers: {},
  value: Buffer.from(text),
});

describe("what is published to several partitions", () => {
  it("is stored whole, once, when a partition moves to a broker that has answered already", async () => {
    const { kafka, stored } = clusterThatMoves();
    const producer = createSerialProducer(kafka);
    const keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    await producer.send(keys.map((key) => message(key, key)));
    await producer.close();
    expect(stored.map(({ text }) => text).sort()).toEqual(keys);
    expect(new Set(stored.map(({ partition }) => partition))).toEqual(new Set(PARTITIONS)); // or it would prove nothing
    for (const own of PARTITIONS) {
      const sequences = stored.filter(({ partition }) => partition === own).map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.map((_, index) => index));
    }
  });

  it("keeps the order in which it was given, and sends what follows on the same key at once", async () => {
    const { kafka, stored, requests } = clusterThatMoves();
    const producer = createSerialProducer(kafka);
    await producer.send([
      message("a", "1"),
      message("a", "2"),
      message("b", "3"),
      message("a", "4"),
      message("a", "5", "other"),
    ]);
    await producer.close();
    expect(stored.map(({ text }) => text)).toEqual(["1", "2", "3", "4", "5"]);
    const without = requests.filter((texts, index) => texts.join() !== requests[index - 1]?.join()); // sent again
    expect(without).toEqual([["t 1", "t 2"], ["t 3"], ["t 4"], ["other 5"]]);
  });
});
