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
      for (const batch of batchesOf(messages)) await producer.send({ acks: -1, ...batch });
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

interface Batch {
  readonly topic: string;
  readonly messages: KafkaMessageInput[];
}

/**
 * Messages of one key that follow each other, so of one partition: kafkajs remembers across its retries which brokers have answered a
 * send, and what was refused by a leader that moved to one of these would never be sent, and count as stored. kafkajs puts what it
 * sends to a partition into one record batch, and the broker's limit is on that batch.
 */
function* batchesOf(messages: readonly LogMessage[]): Generator<Batch> {
  let batch: Batch | undefined;
  let bytes = 0;
  for (const message of messages) {
    const { topic, key, headers, value } = message;
    const size = messageBytes(message);
    const goesOn =
      batch?.topic === topic && batch.messages[0]?.key === key && bytes + size <= MESSAGE_BYTES_MAX;
    if (!batch || !goesOn) {
      if (batch) yield batch;
      batch = { topic, messages: [] };
      bytes = 0;
    }
    batch.messages.push({ key, headers: { ...headers }, value: Buffer.from(value) });
    bytes += size;
  }
  if (batch) yield batch;
}

interface KafkaMessageInput {
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly value: Buffer;
}
