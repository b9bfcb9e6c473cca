import { randomUUID } from "node:crypto";
import { containerBroker, isImageHere } from "./container.js";
import { jarsBroker } from "./jars.js";
import type { RunningBroker } from "./running-broker.js";

export interface KafkaBroker extends RunningBroker {
  /** For the names of topics and groups, of this test's own: a broker may be shared, and is then found as others left it. */
  readonly prefix: string;
}

/**
 * A real Apache Kafka for tests: the one of `KAFKA_URL` (host:port), else a container where Docker runs and has the image, else
 * the broker's own jars from Maven Central on this machine's Java.
 */
export async function startKafka(): Promise<KafkaBroker> {
  const broker = await startBroker(process.env["KAFKA_URL"]);
  return { ...broker, prefix: `test-${randomUUID()}-` };
}

async function startBroker(url: string | undefined): Promise<RunningBroker> {
  if (url) return { address: url, stop: async () => undefined };
  return isImageHere() ? containerBroker() : jarsBroker();
}
