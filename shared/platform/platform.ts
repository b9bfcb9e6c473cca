import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AwsConfig } from "@apportion/aws/config";
import { createCostExplorer, type CostExplorer } from "@apportion/aws/cost-explorer";
import { createClickHouse, type ClickHouse } from "@apportion/clickhouse/client";
import { flushInserts } from "@apportion/clickhouse/durable";
import { startEmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { migrate } from "@apportion/clickhouse/migrate";
import type { PartOwner } from "@apportion/domain/facts";
import type { Registry } from "@apportion/domain/tenancy";
import type { EventLog } from "@apportion/event-log/log";
import { openEventLog } from "@apportion/event-log/open";
import { TOPICS } from "@apportion/events/catalogue";
import { toRegistry } from "@apportion/registry/config";
import { ConfigError } from "@apportion/runtime/config";
import { createHealth, type Health } from "@apportion/runtime/health";
import type { Logger } from "@apportion/runtime/logger";
import type { Secret } from "@apportion/runtime/secret";
import type { Clock } from "@apportion/runtime/service";
import type { PlatformConfig } from "./config.js";

/** What services stand on: opened once for a process, shared by all services in it. */
export interface Platform {
  readonly log: EventLog;
  /** Opened, and migrated, when it is first asked for: collectors need no ClickHouse. */
  readonly clickhouse: () => Promise<ClickHouse>;
  /** Where analysts connect: the read-only user. Absent when the configuration names none. */
  readonly analystAccess: () => Promise<ClickHouseAccess | undefined>;
  /** The `aws` section. @throws ConfigError when there is none */
  readonly aws: () => AwsConfig;
  /** One for the process, so that collectors share answers and the budget of pages. @throws ConfigError as `aws` */
  readonly costExplorer: () => CostExplorer;
  /** Which amount of the bill is charged; undefined when no bill is read. */
  readonly chargeBy: AwsConfig["chargeBy"] | undefined;
  readonly process: ProcessIdentity;
  readonly registry: Registry;
  /** Who charges a part of an account's bill. What nobody does is shown as unowned by who charges the rest. */
  readonly partOwners: (account: string) => ReadonlySet<PartOwner>;
  readonly currency: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is known of what was opened; services add what they know. */
  readonly health: Health;
  /** Resolves when this process cannot go on: it has to end with an exit code that has it started again. */
  readonly failed: Promise<Error>;
  /** Closes what was opened, last first. */
  close(): Promise<void>;
}

/** This process among those that work on the same tables. */
export interface ProcessIdentity {
  /** Another one after each start. */
  readonly id: string;
  /** Nobody else works on the tables while this process does: the embedded engine's folder is locked. */
  readonly alone: boolean;
}

export interface ClickHouseAccess {
  readonly url: string;
  readonly username: string;
  readonly password: Secret;
  readonly database: string;
}

interface PlatformOptions {
  /** By default nobody: what reads no bill need not say. */
  readonly partOwners?: Platform["partOwners"];
  /** Folder of the embedded log and engine; created when it is missing. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export async function openPlatform(config: PlatformConfig, options: PlatformOptions): Promise<Platform> {
  const { dataDir, clock, logger, partOwners = () => new Set() } = options;
  const health = createHealth();
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (fail = resolve));
  const log = await openEventLog(config.eventLog, {
    dataDir: join(dataDir, "event-log"),
    logger,
    onFatal: fail,
  });
  const closers: (() => Promise<void>)[] = [() => log.close()];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    await log.ensureTopics(Object.values(TOPICS));
  } catch (error) {
    await close();
    throw error;
  }
  const aws = (): AwsConfig => {
    if (config.aws) return config.aws;
    throw new ConfigError("apportion.yaml", [
      { path: "aws", message: "is missing: the collectors of s3, network and bill read the AWS bill" },
    ]);
  };
  let costExplorer: CostExplorer | undefined;
  let opening: ReturnType<typeof openClickHouse> | undefined;
  const opened = (): ReturnType<typeof openClickHouse> =>
    (opening ??= openClickHouse(config, options, closers));
  return {
    log,
    clickhouse: async () => (await opened()).client,
    analystAccess: async () => (await opened()).analyst,
    aws,
    costExplorer: () => (costExplorer ??= createCostExplorer(aws(), config.currency)),
    chargeBy: config.aws?.chargeBy,
    process: { id: randomUUID(), alone: config.clickhouse.kind === "embedded" },
    registry: toRegistry(config, config.aws?.accounts[0]),
    partOwners,
    currency: config.currency,
    clock,
    logger,
    health,
    failed,
    close,
  };
}

async function openClickHouse(
  config: PlatformConfig,
  { dataDir, logger }: PlatformOptions,
  closers: (() => Promise<void>)[],
): Promise<{ client: ClickHouse; analyst: ClickHouseAccess | undefined }> {
  const { services, analyst } = await clickHouseAccess(config.clickhouse, dataDir, logger, closers);
  await migrate(services, { directory: migrationsDirectory(), logger });
  const client = createClickHouse(services);
  closers.push(() => client.close());
  if (config.clickhouse.kind === "embedded") await flushInserts(client);
  return { client, analyst };
}

async function clickHouseAccess(
  config: PlatformConfig["clickhouse"],
  dataDir: string,
  logger: Logger,
  closers: (() => Promise<void>)[],
): Promise<{ services: ClickHouseAccess; analyst: ClickHouseAccess | undefined }> {
  if (config.kind === "server") {
    const { url, username, password, database } = config;
    const analyst = config.analyst && { url, database, ...config.analyst };
    return { services: { url, username, password, database }, analyst };
  }
  const engine = await startEmbeddedClickHouse({
    dataDir,
    logger,
    ...(config.port && { port: config.port }),
  });
  closers.push(() => engine.stop());
  const { url, database } = engine;
  return {
    services: { url, database, username: engine.username, password: engine.password },
    analyst: { url, database, username: engine.readonly.username, password: engine.readonly.password },
  };
}

/** The repository's `migrations/`, from the sources as from the compiled files. */
function migrationsDirectory(): string {
  for (
    let folder = dirname(fileURLToPath(import.meta.url));
    folder !== dirname(folder);
    folder = dirname(folder)
  ) {
    const candidate = join(folder, "migrations");
    if (existsSync(join(candidate, "0001_readings.sql"))) return candidate;
  }
  throw new Error("The folder migrations/ is missing beside the program");
}
