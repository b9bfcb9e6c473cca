import { z } from "zod";
import type { Logger } from "@apportion/runtime/logger";
import { secretSchema } from "@apportion/runtime/secret-schema";
import type { EventLog } from "./log.js";

export const kafkaConfig = z.strictObject({
  kind: z.literal("kafka").describe("Apache Kafka 2.4 or newer"),
  brokers: z
    .array(z.string().regex(/^[^\s:]+:\d{1,5}$/, "host:port"))
    .min(1)
    .describe("Bootstrap brokers, host:port"),
  clientId: z.string().min(1).max(100).default("apportion").describe("Shown in the brokers' logs and quotas"),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,100}$/, "letters, digits, points, hyphens and underscores")
    .default("")
    .describe("Set before the names of topics and consumer groups: several deployments can share a cluster"),
  replicationFactor: z
    .int()
    .min(1)
    .max(10)
    .optional()
    .describe(
      "Copies of each message, for topics that are created; default 3, or as many as there are brokers. With 3 or more, all but one must have a message before it counts as written",
    ),
  tls: z
    .union([z.boolean(), z.strictObject({ ca: secretSchema.describe("Certificate of the authority, PEM") })])
    .default(false)
    .describe("Whether the connection is encrypted, and by whose certificate"),
  sasl: z
    .strictObject({
      mechanism: z.enum(["plain", "scram-sha-256", "scram-sha-512"]),
      username: z.string().min(1),
      password: secretSchema,
    })
    .optional()
    .describe("How Apportion signs in"),
});
export type KafkaConfig = z.infer<typeof kafkaConfig>;

/** The `eventLog` section of `apportion.yaml`. */
export const eventLogConfig = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("embedded").describe("On disk in this process") }),
    kafkaConfig,
  ])
  .describe("Where services meet");
export type EventLogConfig = z.infer<typeof eventLogConfig>;

interface OpenOptions {
  /** Folder of the embedded log. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** Told when the log cannot go on in this process, such as a topic that was deleted: the process has to end. */
  readonly onFatal?: (error: Error) => void;
  /** Told when nobody else can open the folder of the embedded log any more; at once where there is none. */
  readonly onLocked?: () => void;
}

export async function openEventLog(
  config: EventLogConfig,
  { dataDir, logger, onFatal, onLocked }: OpenOptions,
): Promise<EventLog> {
  if (config.kind === "embedded") {
    const { openEmbeddedLog } = await import("./embedded/log.js");
    return openEmbeddedLog({ dir: dataDir, logger, onFatal, onLocked });
  }
  onLocked?.();
  const { openKafkaLog } = await import("./kafka/log.js");
  return openKafkaLog(config, logger, onFatal);
}
