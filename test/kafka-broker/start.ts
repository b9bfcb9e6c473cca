import { jarsBroker } from "./jars.js";
import { containerBroker, isImageHere } from "./container.js";

export interface KafkaBroker {
  /** `host:port` of the bootstrap broker. */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * A real Apache Kafka for tests: the one of `KAFKA_URL` (host:port), else a container where Docker runs and has the image, else
 * the broker's own jars from Maven Central on this machine's Java.
 */
export async function startKafka(): Promise<KafkaBroker> {
  const url = process.env["KAFKA_URL"];
  if (url) return { address: url, stop: async () => undefined };
  return isImageHere() ? containerBroker() : jarsBroker();
}
