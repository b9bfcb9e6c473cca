import type { Kafka, Producer } from "kafkajs";
import { Partitioners } from "kafkajs";
import { MESSAGE_BYTES_MAX, messageBytes, type LogMessage } from "../log.js";

export interface SerialProducer {
  /** Resolves when all in-sync replicas have the messages; sends them in order. */
  send(messages: readonly LogMessage[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * An idempotent producer with one send in flight. With several, acknowledged messages went missing when a broker was killed,
 * because the client reuses a sequence number after a failed send; for the same reason a producer whose send was rejected is
 * replaced by a new one.
 */
export function createSerialProducer(kafka: Kafka): SerialProducer {
  let current: Promise<Producer> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const sendNow = async (messages: readonly LogMessage[]): Promise<void> => {
    current ??= connect(kafka);
    try {
      const producer = await current;
      for (const batch of batchesOf(messages))
        await producer.sendBatch({ acks: -1, topicMessages: byTopic(batch) });
    } catch (error) {
      const broken = current;
      current = undefined;
      await broken.then((producer) => producer.disconnect()).catch(() => undefined); // it is given up either way
      throw error;
    }
  };

  return {
    send(messages) {
      const sent = last.then(() => sendNow(messages));
      last = sent.catch(() => undefined); // the caller has the error; the next send starts afresh
      return sent;
    },
    async close() {
      await last;
      await (await current)?.disconnect();
    },
  };
}

async function connect(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return producer;
}

/** kafkajs puts what it sends to a partition into one record batch, and the broker's limit is on that batch. */
function* batchesOf(messages: readonly LogMessage[]): Generator<LogMessage[]> {
  let batch: LogMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = messageBytes(message);
    if (bytes + size > MESSAGE_BYTES_MAX && batch.length > 0) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function byTopic(messages: readonly LogMessage[]): { topic: string; messages: KafkaMessageInput[] }[] {
  const topics = new Map<string, KafkaMessageInput[]>();
  for (const { topic, key, headers, value } of messages) {
    const input = { key, headers: { ...headers }, value: Buffer.from(value) };
    const list = topics.get(topic);
    if (list) list.push(input);
    else topics.set(topic, [input]);
  }
  return [...topics].map(([topic, list]) => ({ topic, messages: list }));
}

interface KafkaMessageInput {
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly value: Buffer;
}
