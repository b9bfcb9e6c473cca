import { startKafka } from "@apportion/kafka-broker/start";
import { chargesWhatWasServed } from "./charges-what-was-served.js";

chargesWhatWasServed("on Kafka", async () => {
  const broker = await startKafka();
  const eventLog = {
    kind: "kafka" as const,
    brokers: [broker.address],
    prefix: broker.prefix,
    clientId: "apportion",
    replicationFactor: 1,
    tls: false,
  };
  return { eventLog, stop: () => broker.stop() };
});
