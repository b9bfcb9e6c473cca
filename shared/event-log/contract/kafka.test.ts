import { Kafka, logLevel, Partitioners } from "kafkajs";
import { startKafka } from "@apportion/kafka-broker/start";
import { silentLogger } from "@apportion/runtime/logger";
import { openEventLog } from "../open.js";
import { eventLogContract, type EventLogHarness } from "./contract.js";
import { deadLetterContract } from "./dead-letters.js";

async function start(): Promise<EventLogHarness> {
  const broker = await startKafka();
  const config = {
    kind: "kafka" as const,
    brokers: [broker.address],
    prefix: broker.prefix,
    clientId: "contract",
    replicationFactor: 1,
    tls: false,
  };
  return {
    open: () => openEventLog(config, { dataDir: "", logger: silentLogger }),
    async appendRaw(messages) {
      const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
      const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      // Named, since kafkajs takes minutes to hash a huge key.
      for (const { topic, key, headers, value } of messages)
        await producer.send({
          topic: broker.prefix + topic,
          messages: [{ partition: 0, key, headers: { ...headers }, value: Buffer.from(value) }],
        });
      await producer.disconnect();
    },
    stop: () => broker.stop(),
  };
}

eventLogContract("kafka", start);
deadLetterContract("kafka", start);
