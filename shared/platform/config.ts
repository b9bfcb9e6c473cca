import { z } from "zod";
import { awsConfig } from "@apportion/aws/config";
import { eventLogConfig } from "@apportion/event-log/open";
import { registryConfig } from "@apportion/registry/config";
import { hasNoCredentials, NO_CREDENTIALS } from "@apportion/runtime/config-rules";
import { secretSchema } from "@apportion/runtime/secret-schema";
import { timeZoneSchema } from "@apportion/runtime/time-zone";

const clickHouseServer = z.strictObject({
  kind: z.literal("server").describe("A ClickHouse server or cluster over HTTP"),
  url: z
    .url({ protocol: /^https?$/ })
    .refine(hasNoCredentials, { error: `${NO_CREDENTIALS}: give username and password` })
    .describe("e.g. http://clickhouse:8123, without user and password"),
  username: z.string().min(1).default("default"),
  password: secretSchema.describe("Password of the services' user"),
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and underscores, no digit first")
    .default("apportion")
    .describe("Database of the tables; created when it is missing"),
  cluster: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, "letters, digits, underscores and hyphens, no digit first")
    .optional()
    .describe(
      "Cluster of one shard on which tables are made and replicated, as its servers name it; absent: one server. For good: a database that is there is not converted",
    ),
  analyst: z
    .strictObject({ username: z.string().min(1), password: secretSchema })
    .optional()
    .describe("A read-only user, with which `apportion sql` asks; without it `sql` is refused"),
});

const clickHouseEmbedded = z.strictObject({
  kind: z.literal("embedded").describe("The ClickHouse engine in a child process, on the loopback interface"),
  port: z.int().min(1).max(65_535).optional().describe("HTTP port; a free one where absent"),
});

/** Where `/livez` and `/readyz` are answered where nothing else is said. */
export const HEALTH_PORT = 8686;

const healthConfig = z.strictObject({
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("Address to listen on; 0.0.0.0 or :: where probes come from outside, as in Kubernetes"),
  port: z
    .union([z.int().min(0).max(65_535), z.literal("off")])
    .optional()
    .describe(
      `Port; 0 for a free one, which the log names; off for none. \`up --health-port\` goes before it. Default: ${HEALTH_PORT}, or none where that is taken and nobody asked for it`,
    ),
});

/** Sections of `apportion.yaml` that every service shares. */
export const platformConfig = {
  ...registryConfig,
  eventLog: eventLogConfig.default({ kind: "embedded" }),
  clickhouse: z
    .discriminatedUnion("kind", [clickHouseEmbedded, clickHouseServer])
    .default({ kind: "embedded" })
    .describe("Where facts, allocations and deliveries are kept and asked"),
  aws: awsConfig.optional().describe("The AWS bill, for the collectors that read it"),
  protectedNames: z
    .strictObject({
      shownTo: z
        .array(z.enum(["finance", "team"]))
        .max(2)
        .default([])
        .describe(
          "finance: controllers and labels in `explain`, controllers to the role apportion_finance; team: its controllers to its own role, controllers and labels in its own reports",
        ),
    })
    .prefault({})
    .describe(
      "Who sees names of teams whose complianceLevel is hipaa or pci. Nobody else does, and nobody at all sees names of their pods, containers and buckets",
    ),
  recommendations: z
    .strictObject({
      minimumAMonth: z
        .string()
        .regex(/^\d{1,12}(\.\d{1,2})?$/, "a decimal amount such as 10 or 12.50")
        .default("10")
        .describe(
          "Least saving of a month, in the currency, that is worth a sentence; of what nobody owns, least cost",
        ),
    })
    .prefault({})
    .describe("What could be saved: `apportion recommendations`"),
  anomalies: z
    .strictObject({
      atLeast: z
        .string()
        .regex(/^\d{1,12}(\.\d{1,2})?$/, "a decimal amount such as 50 or 12.50")
        .default("50")
        .describe("By how much, in the currency, a day has to cost more or less than was expected"),
      atLeastPercent: z
        .number()
        .min(1)
        .max(1000)
        .default(30)
        .describe("By how many percent of that it has to: both hold, beside the interval of the days before"),
    })
    .prefault({})
    .describe("Which days of a team and category are said: `apportion anomalies`"),
  timeZone: timeZoneSchema
    .default("UTC")
    .describe(
      "Time zone of the cron expressions, such as Europe/Berlin. Days of costs, and with them months, are always days of UTC: bills and meters count so",
    ),
  health: healthConfig
    .prefault({})
    .describe(
      "Where `apportion up` answers /livez and /readyz over HTTP; whoever can reach it may read how it fares",
    ),
  logLevel: z
    .enum(["debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("Least level that is logged"),
};

const platformSections = z.object(platformConfig);
export type PlatformConfig = z.infer<typeof platformSections>;
