import { FEW_TEAMS } from "@apportion/simulator/platform/registry";
import { startKafka } from "@apportion/kafka-broker/start";
import { chargesWhatWasServed } from "./charges-what-was-served.js";

const startLog: Parameters<typeof chargesWhatWasServed>[1] = async () => {
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
};
// All teams are read on the embedded log.
chargesWhatWasServed("on Kafka", startLog, { teams: FEW_TEAMS });
