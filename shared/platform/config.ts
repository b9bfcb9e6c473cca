import { z } from "zod";
import { awsConfig } from "@apportion/aws/config";
import { eventLogConfig } from "@apportion/event-log/open";
import { registryConfig } from "@apportion/registry/config";
import { secretSchema } from "@apportion/runtime/secret";

const clickHouseServer = z.strictObject({
  kind: z.literal("server").describe("A ClickHouse server or cluster over HTTP"),
  url: z.url({ protocol: /^https?$/ }).describe("e.g. http://clickhouse:8123, without user and password"),
  username: z.string().min(1).default("default"),
  password: secretSchema.describe("Password of the services' user"),
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .default("apportion")
    .describe("Database of the tables; created when it is missing"),
  analyst: z
    .strictObject({ username: z.string().min(1), password: secretSchema })
    .optional()
    .describe("A read-only user, with which `apportion sql` asks; without it `sql` is refused"),
});

const clickHouseEmbedded = z.strictObject({
  kind: z.literal("embedded").describe("The ClickHouse engine in a child process, on the loopback interface"),
  port: z.int().min(1).max(65_535).optional().describe("HTTP port; a free one where absent"),
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
  logLevel: z
    .enum(["debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("Least level that is logged"),
};

const platformSections = z.object(platformConfig);
export type PlatformConfig = z.infer<typeof platformSections>;
