import { spawnSync } from "node:child_process";
import { GenericContainer, Wait } from "testcontainers";
import { freePort } from "./free-port.js";
import type { RunningBroker } from "./running-broker.js";

/** `docker pull` it once to have the tests use it. */
const IMAGE = "apache/kafka:4.1.0";
const START_TIMEOUT_MS = 60_000;

/** Only an image that is here already is used: a test never waits for a download that may not come. */
export function isImageHere(): boolean {
  return spawnSync("docker", ["image", "inspect", IMAGE], { stdio: "ignore", timeout: 10_000 }).status === 0;
}

export async function containerBroker(): Promise<RunningBroker> {
  const port = await freePort(); // the broker tells clients its address, so it must be known before it starts
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: "1",
      KAFKA_PROCESS_ROLES: "broker,controller",
      KAFKA_LISTENERS: "PLAINTEXT://:9092,CONTROLLER://:9093",
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      KAFKA_CONTROLLER_QUORUM_VOTERS: "1@localhost:9093",
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: "1",
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(START_TIMEOUT_MS)
    .start();
  return { address: `127.0.0.1:${port}`, stop: async () => void (await container.stop()) };
}
