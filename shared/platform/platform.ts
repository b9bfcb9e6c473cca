import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AwsConfig } from "@apportion/aws/config";
import { createCostExplorer, type CostExplorer } from "@apportion/aws/cost-explorer";
import { createClickHouse, type ClickHouse } from "@apportion/clickhouse/client";
import { flushInserts } from "@apportion/clickhouse/durable";
import type { DamagedPart } from "@apportion/clickhouse/embedded/damaged-parts";
import { startEmbeddedClickHouse, type EmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { migrate } from "@apportion/clickhouse/migrate";
import type { Registry } from "@apportion/domain/tenancy";
import type { EventLog } from "@apportion/event-log/log";
import { openEventLog } from "@apportion/event-log/open";
import type { DeploymentIdentified } from "@apportion/events/catalogue";
import { createRecovery, type Recovery } from "@apportion/recovery/recovery";
import type { AllocationConfig } from "@apportion/registry/allocation";
import { toRegistry } from "@apportion/registry/config";
import { DEFAULT_REPORT_SETTINGS, type ReportSettings } from "@apportion/registry/report-settings";
import { ConfigError } from "@apportion/runtime/config";
import { createHealth, type Finding, type Health } from "@apportion/runtime/health";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock } from "@apportion/runtime/service";
import { waitingFinding, type Patience } from "@apportion/runtime/wait-for";
import { reachClickHouse } from "@apportion/clickhouse/reach";
import type { ClickHouseAccess } from "./access.js";
import type { Beside, RunningProcess } from "./beside/beside.js";
import type { PlatformConfig } from "./config.js";
import { billBasisOf } from "./bill-basis.js";
import { NO_DOLLAR_OWNERS, type DollarOwners } from "./dollar-owners.js";
import { damageFinding, DamagedTablesError } from "./damage.js";
import { databaseCheck, eventLogCheck, lastReadingsCheck, lostConsumers } from "./health-checks.js";
import { reachEventLog, whenClickHouseAnswers } from "./reach.js";
import { identifyPlace, identifyTables, type DeploymentDeps } from "./deployment.js";
import { placesInWords, type Authority } from "./identity.js";

/** The `allocation.close` section, and whether the deployment declares that there is no bill. */
export type CloseRules = AllocationConfig["close"] & { readonly isWithoutBill: boolean };

/** What services stand on: opened once for a process, shared by all services in it. */
export interface Platform {
  readonly log: EventLog;
  /**
   * Opened, and migrated, when it is first asked for: collectors need no ClickHouse.
   * @throws ForeignDeploymentError when its tables are not those of the event log, DamagedTablesError when rows of them are
   *   lost, unless that is tolerated
   */
  readonly clickhouse: () => Promise<ClickHouse>;
  /** Whose log and tables these are. Opens ClickHouse. */
  readonly deployment: () => Promise<DeploymentIdentified>;
  /** Rows that the embedded engine lost to broken files; always none of a server, which looks after its own. Opens ClickHouse. */
  readonly damagedParts: () => Promise<readonly DamagedPart[]>;
  /** Once the tables are mended: moves what was damaged aside. @returns the folder it lies in, undefined when nothing was damaged */
  readonly setAsideDamaged: () => Promise<string | undefined>;
  /** Whether the tables have what was handled of the log; opens ClickHouse. */
  readonly recovery: () => Promise<Recovery>;
  /** Where services connect. */
  readonly servicesAccess: () => Promise<ClickHouseAccess>;
  /** Where analysts connect: the read-only user. Absent when the configuration names none. */
  readonly analystAccess: () => Promise<ClickHouseAccess | undefined>;
  /** The `aws` section. @throws ConfigError when there is none */
  readonly aws: () => AwsConfig;
  /** One for the process, so that collectors share answers and the budget of pages. @throws ConfigError as `aws` */
  readonly costExplorer: () => CostExplorer;
  /** How dollars of the bill are counted, in words: part of what every report prints. */
  readonly billBasis: string;
  /** To whom names of workloads of protected teams are shown. */
  readonly namesShownTo: PlatformConfig["protectedNames"]["shownTo"];
  /** What the deployment decides about its reports. */
  readonly reportSettings: ReportSettings;
  /** Decimal amount of a month: less is not recommended. */
  readonly recommendedAMonth: string;
  /** By how much a day has to be off what was expected of it to be an anomaly. */
  readonly anomalyFloors: PlatformConfig["anomalies"];
  /** Of the cron expressions. */
  readonly timeZone: string;
  /** What a close promises; undefined for who does not close. */
  readonly closeRules: CloseRules | undefined;
  readonly process: ProcessIdentity;
  /** Of the process that runs the services of an embedded deployment: through it commands on its folder work beside it. */
  readonly beside?: Beside;
  readonly registry: Registry;
  /** What the configured collectors say of the dollars they charge. */
  readonly dollarOwners: DollarOwners;
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
  /**
   * Nobody else works on the tables while this process does: the embedded engine's folder is locked. Commands that work beside it have its id
   * and are a part of it.
   */
  readonly alone: boolean;
}

interface PlatformOptions extends Partial<Authority> {
  /** False for a process that never asks for ClickHouse: the log must then be that of the database it is configured for. */
  readonly needsClickHouse?: boolean;
  /** By default nobody: what reads no bill and takes in no readings need not say. */
  readonly dollarOwners?: DollarOwners;
  readonly closeRules?: CloseRules;
  readonly reportSettings?: ReportSettings;
  /** Whether the embedded engine is started at once, beside the opening of the log: for who will ask for ClickHouse in any case. */
  readonly startsEngine?: boolean;
  /** Whether tables of which rows are lost are opened all the same: to look at them, or to mend them. */
  readonly toleratesDamage?: boolean;
  /** Folder of the embedded log and engine; created when it is missing. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Another one after each start; by default it is made here. */
  readonly processId?: string;
  /** Who works on the folder: what it holds is asked of it, and its tables are as it needs them. */
  readonly running?: RunningProcess | undefined;
  /** Of the whole process, where it answers for it; by default nobody asks. */
  readonly health?: Health;
  /** For services: they wait for what is not there until the signal. What is absent makes everything else fail at once. */
  readonly patience?: { readonly signal: AbortSignal };
}

/** @throws ForeignDeploymentError when the event log is another deployment's, here or when ClickHouse is opened */
export async function openPlatform(config: PlatformConfig, options: PlatformOptions): Promise<Platform> {
  const { dataDir, clock, logger, running, health = createHealth() } = options;
  const { needsClickHouse = true, startsEngine = false, dollarOwners = NO_DOLLAR_OWNERS } = options;
  const closing = new AbortController();
  const patience = options.patience && patienceOf(options.patience.signal, closing.signal, logger, health);
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => (fail = resolve));
  const closers: (() => Promise<void>)[] = [];
  const closeOpened = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  let accessing: ReturnType<typeof clickHouseAccess> | undefined;
  const access = (): ReturnType<typeof clickHouseAccess> =>
    (accessing ??= running?.engine
      ? Promise.resolve({ ...running.engine, engine: undefined })
      : clickHouseAccess(config.clickhouse, dataDir, logger, closers, fail));
  const opensLog = running?.log
    ? Promise.resolve(running.log)
    : openEventLog(config.eventLog, {
        dataDir: join(dataDir, "event-log"),
        logger,
        onFatal: fail,
        // In the order in which `up` takes them: who is refused the log never holds the engine's folder.
        onLocked: () => {
          if (startsEngine) void access().catch(() => undefined); // whoever asks for it has the error
        },
      });
  const log = await opensLog.catch(async (error: unknown) => {
    await accessing?.catch(() => undefined);
    await closeOpened();
    throw error;
  });
  closers.push(() => log.close());
  const deps: DeploymentDeps = { config, dataDir, log, clock };
  let logReached: Promise<void> = Promise.resolve();
  let opening: ReturnType<typeof openClickHouse> | undefined;
  const opened = (): ReturnType<typeof openClickHouse> =>
    (opening ??= openClickHouse(deps, options, {
      access,
      closers,
      patience,
      health,
      logReached: () => logReached,
    }));
  const close = async (): Promise<void> => {
    closing.abort(new Error("the platform is closed"));
    await opening?.catch(() => undefined); // whoever asked for it has the error
    await accessing?.catch(() => undefined);
    await closeOpened();
  };
  try {
    logReached = reachEventLog(config.eventLog, log, patience);
    // ClickHouse is waited for beside Kafka, not after it.
    await Promise.all([logReached, ...(options.patience && needsClickHouse ? [opened()] : [])]);
    if (!needsClickHouse) await identifyPlace(deps);
  } catch (error) {
    await close();
    throw error;
  }
  health.add(eventLogCheck(log, config.eventLog.kind));
  health.addFatal(lostConsumers(log));
  const aws = (): AwsConfig => {
    if (config.aws) return config.aws;
    throw new ConfigError("apportion.yaml", [
      { path: "aws", message: "is missing: a collector that is configured reads the AWS bill" },
    ]);
  };
  let costExplorer: CostExplorer | undefined;
  const alone = config.clickhouse.kind === "embedded";
  let recovering: Promise<Recovery> | undefined;
  const recovery = (): Promise<Recovery> =>
    (recovering ??= opened().then(({ client: clickhouse, deployment: { logId } }) => {
      const created = createRecovery({ clickhouse, log, logId, logger, alone });
      health.add(() => created.findings());
      return created;
    }));
  return {
    log,
    clickhouse: async () => (await opened()).client,
    deployment: async () => (await opened()).deployment,
    damagedParts: async () => (await opened()).engine?.damaged ?? [],
    setAsideDamaged: async () => (await opened()).engine?.setAsideDamaged(),
    recovery,
    servicesAccess: async () => (await access()).services,
    analystAccess: async () => (await opened()).analyst,
    aws,
    costExplorer: () => (costExplorer ??= createCostExplorer(aws(), config.currency, clock)),
    billBasis: billBasisOf(config.aws),
    namesShownTo: config.protectedNames.shownTo,
    reportSettings: options.reportSettings ?? DEFAULT_REPORT_SETTINGS,
    recommendedAMonth: config.recommendations.minimumAMonth,
    anomalyFloors: config.anomalies,
    process: { id: running?.id ?? options.processId ?? randomUUID(), alone },
    registry: toRegistry(config, config.aws?.accounts[0]),
    dollarOwners,
    timeZone: config.timeZone,
    closeRules: options.closeRules,
    currency: config.currency,
    clock,
    logger,
    health,
    failed,
    close,
  };
}

function patienceOf(ended: AbortSignal, closed: AbortSignal, logger: Logger, health: Health): Patience {
  const patience: Patience = { signal: AbortSignal.any([ended, closed]), logger, waiting: new Set() };
  health.add(async () => [...patience.waiting].map(waitingFinding));
  return patience;
}

function deploymentFinding(deployment: DeploymentIdentified): Finding {
  const detail = `${deployment.deploymentId}, its tables are in ${placesInWords(deployment)}`;
  return { what: "deployment", ok: true, detail };
}

interface OpenedClickHouse {
  readonly client: ClickHouse;
  readonly analyst: ClickHouseAccess | undefined;
  readonly deployment: DeploymentIdentified;
  readonly engine: EmbeddedClickHouse | undefined;
}

/** What the opening of ClickHouse shares with that of the platform. */
interface Opening {
  readonly access: () => ReturnType<typeof clickHouseAccess>;
  readonly closers: (() => Promise<void>)[];
  readonly patience: Patience | undefined;
  readonly health: Health;
  readonly logReached: () => Promise<void>;
}

async function openClickHouse(
  deps: DeploymentDeps,
  options: PlatformOptions,
  opening: Opening,
): Promise<OpenedClickHouse> {
  const { config, dataDir, clock } = deps;
  const { access, closers, patience, health, logReached } = opening;
  const { logger, running, replacesDatabase = false, toleratesDamage = false } = options;
  const { services, analyst, engine } = await access();
  if (engine && engine.damaged.length > 0 && !toleratesDamage)
    throw new DamagedTablesError(dataDir, engine.damaged);
  const directory = migrationsDirectory();
  const migrated = async (): Promise<void> => {
    await migrate(services, { directory, logger });
  };
  const reachAndMigrate = async (): Promise<void> => {
    await reachClickHouse(services);
    await migrated();
  };
  if (config.clickhouse.kind === "embedded") {
    if (!running?.engine) await migrated();
  } else await whenClickHouseAnswers(services.url, reachAndMigrate, patience);
  const client = createClickHouse(services);
  closers.push(() => client.close());
  if (engine) await flushInserts(client);
  health.add(databaseCheck(client, directory));
  health.add(lastReadingsCheck(client, clock));
  await logReached(); // both were waited for at the same time
  const deployment = await identifyTables(deps, client, { replacesDatabase });
  health.add(async () => [
    deploymentFinding(deployment),
    ...(engine ? [damageFinding(engine.damaged)] : running?.engine ? [damageFinding([])] : []),
  ]);
  return { client, analyst, deployment, engine };
}

async function clickHouseAccess(
  config: PlatformConfig["clickhouse"],
  dataDir: string,
  logger: Logger,
  closers: (() => Promise<void>)[],
  fail: (error: Error) => void,
): Promise<{
  services: ClickHouseAccess;
  analyst: ClickHouseAccess | undefined;
  engine: EmbeddedClickHouse | undefined;
}> {
  if (config.kind === "server") {
    const { url, username, password, database, cluster } = config;
    const analyst = config.analyst && { url, database, ...config.analyst };
    const services = { url, username, password, database, ...(cluster !== undefined && { cluster }) };
    return { services, analyst, engine: undefined };
  }
  const engine = await startEmbeddedClickHouse({
    dataDir,
    logger,
    onDamaged: (parts) => fail(new DamagedTablesError(dataDir, parts)),
    ...(config.port && { port: config.port }),
  });
  closers.push(() => engine.stop());
  const { url, database } = engine;
  return {
    services: { url, database, username: engine.username, password: engine.password },
    analyst: { url, database, username: engine.readonly.username, password: engine.readonly.password },
    engine,
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
    if (existsSync(join(candidate, "tables", "0001_readings.sql"))) return candidate;
  }
  throw new Error("The folder migrations/ is missing beside the program");
}
