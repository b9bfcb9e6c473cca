import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeDemoConfig } from "apportion/demo/demo-config";
import { parse, stringify } from "yaml";
import { createClickHouse, type ClickHouse } from "@apportion/clickhouse/client";
import { billingPeriodOf, parseDay, previousBillingPeriod } from "@apportion/domain/period";
import { openWebhookServer, type WebhookServer } from "@apportion/notifier/testing/webhook-server";
import { openMailbox, type Mailbox } from "@apportion/simulator/mailbox";
import { FEW_TEAMS } from "@apportion/simulator/platform/registry";
import { startSimulator, type Simulator } from "@apportion/simulator/simulator";
import { faketimeLibrary } from "./machine.js";
import { startService, type ServiceProcess } from "./service-process.js";
import { KAFKA_PASSWORD, KAFKA_USER, type Network, type Stage } from "./stage.js";

/** In one process, as a small deployment has them. */
const ALLOCATING = "intake,allocator,ledger";
export const SERVICES = ["allocator", "notifier", "collector-kubecost", "collector-s3"] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface DeploymentOptions {
  readonly stage: Stage;
  /** Of its topics, groups and database: several deployments can stand on one stage. */
  readonly name: string;
  readonly seed: number;
  /** The day on which the campaign began, `YYYY-MM-DD`: the services' clock is the machine's. */
  readonly day: string;
}

/** A process for each service, with Kafka between them, over a simulated platform. */
export interface Deployment {
  readonly stage: Stage;
  readonly name: string;
  readonly folder: string;
  readonly prefix: string;
  readonly database: string;
  readonly day: string;
  readonly simulator: Simulator;
  readonly mailbox: Mailbox;
  /** Every team's chat: it is told what mails say. */
  readonly chat: WebhookServer;
  readonly services: Readonly<Record<ServiceName, ServiceProcess>>;
  /** What libfaketime makes of each service's clock, `+0` or a step; without the library nobody reads them. */
  readonly clockFiles: Readonly<Record<ServiceName, string>>;
  /** Past every proxy. */
  readonly clickhouse: ClickHouse;
  /** The configuration of a service, for commands beside it. */
  configFile(network: Network): string;
  readonly env: Readonly<Record<string, string>>;
  rows(sql: string): Promise<Record<string, string>[]>;
  stop(): Promise<void>;
}

function networkOf(service: ServiceName): Network {
  return service === "allocator" || service === "notifier" ? service : "collectors";
}

export async function openDeployment({ stage, name, seed, day }: DeploymentOptions): Promise<Deployment> {
  const folder = join(stage.folder, name);
  mkdirSync(folder, { recursive: true });
  const simulator = await startSimulator({ seed, teams: FEW_TEAMS, asOf: new Date(`${day}T01:00:00Z`) });
  const mailbox = await openMailbox(join(folder, "mail"));
  const chat = await openWebhookServer();
  const prefix = `${name}-`;
  const base = writeDemoConfig(
    folder,
    simulator,
    mailbox,
    previousBillingPeriod(billingPeriodOf(parseDay(day))),
  );
  const configFile = (network: Network): string => join(folder, `${network}.yaml`);
  for (const network of ["allocator", "notifier", "collectors"] as const)
    writeFileSync(
      configFile(network),
      stringify(configOf(base, simulator, { stage, network, prefix, database: name })),
    );
  const env = {
    CLICKHOUSE_PASSWORD: stage.engine.current.password.reveal(),
    KAFKA_PASSWORD,
    CHAT_URL: chat.url,
    CHAT_SECRET: "a-signing-secret-of-campaigns",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
  const clockFile = (each: ServiceName): string => join(folder, `${each}.clock`);
  const service = (each: ServiceName): ServiceProcess =>
    startService({
      name: each,
      args: [
        "up",
        "--service",
        each === "allocator" ? ALLOCATING : each,
        "--config",
        configFile(networkOf(each)),
        "--data",
        join(folder, each),
      ],
      env: { ...env, ...clockOf(clockFile(each)) },
    });
  // One that migrates an empty database while others wait for it.
  const services = {
    allocator: service("allocator"),
    notifier: service("notifier"),
    "collector-kubecost": service("collector-kubecost"),
    "collector-s3": service("collector-s3"),
  };
  const { username, password, url } = stage.engine.current;
  const clickhouse = createClickHouse({ url, username, password, database: name });
  return {
    stage,
    name,
    folder,
    prefix,
    database: name,
    day,
    simulator,
    mailbox,
    chat,
    services,
    clockFiles: {
      allocator: clockFile("allocator"),
      notifier: clockFile("notifier"),
      "collector-kubecost": clockFile("collector-kubecost"),
      "collector-s3": clockFile("collector-s3"),
    },
    clickhouse,
    configFile,
    env,
    async rows(query) {
      const answer = await clickhouse.query({ query, format: "JSONEachRow" });
      return answer.json<Record<string, string>>();
    },
    async stop() {
      await Promise.all(Object.values(services).map((each) => each.stop()));
      await Promise.all([clickhouse.close(), mailbox.stop(), chat.close(), simulator.stop()]);
    },
  };
}

/** A clock that can be stepped while the service runs. What measures how long something takes is left alone, as on a real machine. */
function clockOf(file: string): Record<string, string> {
  const library = faketimeLibrary();
  if (library === undefined) return {};
  writeFileSync(file, "+0\n");
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}

/** The channel of all teams. */
export const CHAT = "chat";
/** Read so often that something is always under way. */
const KUBECOST_SCHEDULE = "*/2 * * * * *";
const S3_SCHEDULE = "*/10 * * * * *";
/** Yesterday is read too: a day that is whole. */
const LOOKBACK_DAYS = 2;
/** What a team of the simulated platform pays for one day, as a multiple of its own compute: shared cost and idle come on top. */
const ALL_IN = 1.45;

function chatOf(teams: readonly { readonly id: string }[]): object {
  return {
    name: CHAT,
    kind: "webhook",
    url: { env: "CHAT_URL" },
    secret: { env: "CHAT_SECRET" },
    allowPrivate: true,
    teams: teams.map(({ id }) => id),
  };
}

/** The demo's configuration with two of its collectors, Kafka, a server, and budgets that are passed while the campaign runs. */
function configOf(
  demoFile: string,
  simulator: Simulator,
  { stage, network, prefix, database }: { stage: Stage; network: Network; prefix: string; database: string },
): object {
  const demo = parse(readFileSync(demoFile, "utf8")) as Record<string, Record<string, unknown>> & {
    teams: { id: string; budgets: { from: string }[] }[];
    kubecost: object;
  };
  const { network: _network, bill: _bill, usage: _usage, ...rest } = demo;
  const teams = demo.teams.map((team, index) => {
    const dailyUsd = simulator.registry.teams.find(({ id }) => id === team.id)?.dailyUsd ?? 1;
    // Between what a day and two days cost: one team after the other comes to its thresholds.
    const budget = dailyUsd * ALL_IN * (0.9 + (1.4 * index) / demo.teams.length);
    return { ...team, budgets: team.budgets.map((each) => ({ ...each, amount: budget.toFixed(2) })) };
  });
  return {
    ...rest,
    teams,
    allocation: {},
    kubecost: { ...demo.kubecost, schedule: KUBECOST_SCHEDULE, lookbackDays: LOOKBACK_DAYS },
    s3: { schedule: S3_SCHEDULE, lookbackDays: LOOKBACK_DAYS, closedMonths: { days: 0 } },
    notifier: { ...demo["notifier"], reports: { schedule: "off" }, channels: [chatOf(teams)] },
    eventLog: {
      kind: "kafka",
      brokers: [`127.0.0.1:${stage.toKafka[network].port}`],
      prefix,
      sasl: { mechanism: "plain", username: KAFKA_USER, password: { env: "KAFKA_PASSWORD" } },
    },
    clickhouse: {
      kind: "server",
      url: `http://127.0.0.1:${stage.toClickHouse.port}`,
      username: stage.engine.current.username,
      database,
      password: { env: "CLICKHOUSE_PASSWORD" },
    },
  };
}
