import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import kafkajs, { type Admin } from "kafkajs";
import { startEmbeddedClickHouse, type EmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { createBrokerProcess, type BrokerProcess } from "@apportion/kafka-broker/broker-process";
import { freePort } from "@apportion/kafka-broker/free-port";
import { silentLogger } from "@apportion/runtime/logger";
import { mountSmallDisk, unmount } from "./machine.js";
import { startProxy, type Proxy } from "./proxy.js";

// A CommonJS module: not all of its names can be imported one by one.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } =
  kafkajs;

/** Who has proxies of their own to the broker and to ClickHouse. All collectors share one network. */
export const NETWORKS = ["allocator", "notifier", "collectors"] as const;
export type Network = (typeof NETWORKS)[number];

/** Enough for a campaign; it is in memory. */
const DISK_MEGABYTES = 600;

export const KAFKA_USER = "apportion";
export const KAFKA_PASSWORD = "right";

/** A broker, an engine, and the networks to them: what deployments stand on, and what is made to fail. */
export interface Stage {
  readonly folder: string;
  readonly broker: BrokerProcess;
  /** Of the broker; a small disk of its own, as that of the engine is, where this machine can mount one. */
  readonly brokerData: string;
  readonly engine: Engine;
  readonly toKafka: Readonly<Record<Network, Proxy>>;
  /** One for all: a deployment's processes name their database alike. */
  readonly toClickHouse: Proxy;
  /** Asks the broker past every proxy and as one who may do everything. */
  withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** The engine as a server of its own: on the same port with the same passwords, however often it is started. */
export interface Engine {
  readonly dataFolder: string;
  readonly current: EmbeddedClickHouse;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "apportion-faults-"));
  const brokerData = join(folder, "broker-data");
  const engineData = join(folder, "engine");
  const disks = [brokerData, engineData].filter((disk) => mountSmallDisk(disk, DISK_MEGABYTES));
  const engine = await startEngine(engineData);
  const kafkaPorts = await portsOf();
  const toKafka = await proxies((network) => () => kafkaPorts[network]);
  const toClickHouse = await startProxy(() => Number(new URL(engine.current.url).port));
  const broker = createBrokerProcess({
    folder: made(join(folder, "broker")),
    dataFolder: join(brokerData, "log"), // a folder of nobody else, or the broker refuses the disk
    controllerPort: await freePort(),
    listeners: [
      { name: "DIRECT", port: await freePort() },
      ...NETWORKS.map((network) => ({
        name: network.toUpperCase(),
        port: kafkaPorts[network],
        advertisedPort: toKafka[network].port,
        users: { [KAFKA_USER]: KAFKA_PASSWORD },
      })),
    ],
    settings: {
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      "super.users": "User:ANONYMOUS",
      "broker.session.timeout.ms": "2000", // one that was killed is let in again sooner
    },
  });
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING, retry: { retries: 20 } });
  const stage: Stage = {
    folder,
    broker,
    brokerData,
    engine,
    toKafka,
    toClickHouse,
    async withAdmin(use) {
      const admin = kafka.admin();
      await admin.connect();
      try {
        return await use(admin);
      } finally {
        await admin.disconnect();
      }
    },
    async stop() {
      await Promise.all([...Object.values(toKafka), toClickHouse].map((each) => each.stop()));
      await Promise.all([broker.stop(), engine.stop()]);
      disks.forEach(unmount);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await broker.start();
    await stage.withAdmin(allowServices);
    return stage;
  } catch (error) {
    await stage.stop();
    throw error;
  }
}

function made(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}

async function startEngine(dataFolder: string): Promise<Engine> {
  const start = (port?: number): Promise<EmbeddedClickHouse> =>
    startEmbeddedClickHouse({
      dataDir: dataFolder,
      logger: silentLogger,
      ...(port !== undefined && { port }),
    });
  let current = await start();
  let isStopped = false;
  const port = Number(new URL(current.url).port);
  return {
    dataFolder,
    get current() {
      return current;
    },
    async stop() {
      if (!isStopped) await current.stop();
      isStopped = true;
    },
    async start() {
      current = await start(port);
      isStopped = false;
    },
  };
}

async function portsOf(): Promise<Record<Network, number>> {
  return { allocator: await freePort(), notifier: await freePort(), collectors: await freePort() };
}

async function proxies(targetOf: (network: Network) => () => number): Promise<Record<Network, Proxy>> {
  return {
    allocator: await startProxy(targetOf("allocator")),
    notifier: await startProxy(targetOf("notifier")),
    collectors: await startProxy(targetOf("collectors")),
  };
}

/** What docs/operators.md says that the services need. */
async function allowServices(admin: Admin): Promise<void> {
  const allowed = {
    principal: `User:${KAFKA_USER}`,
    host: "*",
    operation: AclOperationTypes.ALL,
    permissionType: AclPermissionTypes.ALLOW,
    resourcePatternType: ResourcePatternTypes.LITERAL,
  };
  await admin.createAcls({
    acl: [
      { ...allowed, resourceType: AclResourceTypes.TOPIC, resourceName: "*" },
      { ...allowed, resourceType: AclResourceTypes.GROUP, resourceName: "*" },
      { ...allowed, resourceType: AclResourceTypes.CLUSTER, resourceName: "kafka-cluster" },
    ],
  });
}
