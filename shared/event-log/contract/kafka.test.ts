import { startKafka } from "@apportion/kafka-broker/start";
import { silentLogger } from "@apportion/runtime/logger";
import { openEventLog } from "../open.js";
import { eventLogContract } from "./contract.js";

eventLogContract("kafka", async () => {
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
    stop: () => broker.stop(),
  };
});
