import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { downloadJars } from "./download.js";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const LOG_CHARACTERS_SHOWN = 2_000;
const JVM_FAST = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
/** log4j without a file of its own says only errors. */
const JVM_QUIET = ["-Dorg.apache.logging.log4j.level=ERROR"];

/** Where clients connect. */
export interface Listener {
  /** Capital letters. */
  readonly name: string;
  readonly port: number;
  /** What clients are told to connect to where that is not the port itself: a proxy's. */
  readonly advertisedPort?: number;
  /** Who may sign in, and with which password (SASL/PLAIN); anybody, as ANONYMOUS, where absent. */
  readonly users?: Readonly<Record<string, string>>;
}

export interface BrokerOptions {
  /** For its configuration and output; and its data, unless `dataFolder` names another. */
  readonly folder: string;
  readonly dataFolder?: string;
  readonly controllerPort: number;
  /** The first is that of brokers among themselves, and how it is found to be ready. */
  readonly listeners: readonly [Listener, ...Listener[]];
  /** Further lines of server.properties. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Apache Kafka from its jars as a process that tests start, kill, freeze and start again on the same folder. */
export interface BrokerProcess {
  /** `127.0.0.1:port` of the first listener. */
  readonly address: string;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** Starts it, formatting an empty folder, and waits until it lists its topics; with other passwords where they are given. */
  start(users?: Readonly<Record<string, string>>): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM, and after a while SIGKILL. */
  stop(): Promise<void>;
}

/** Needs Java 17 and, the first time, Maven. */
export function createBrokerProcess(options: BrokerOptions): BrokerProcess {
  const classpath = path.join(downloadJars(), "*");
  const configFile = path.join(options.folder, "server.properties");
  const output = path.join(options.folder, "broker.log");
  const address = `127.0.0.1:${options.listeners[0].port}`;
  let child: ChildProcess | undefined;
  let formatted = false;
  const killOrphan = (): void => void child?.kill("SIGKILL");
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child) await stopChild(child, signal);
    child = undefined;
    process.off("exit", killOrphan);
  };
  return {
    address,
    get pid() {
      return child && isRunning(child) ? child.pid : undefined;
    },
    async start(users) {
      writeFileSync(configFile, properties(options, users));
      if (!formatted) format(classpath, configFile);
      formatted = true;
      const log = openSync(output, "a");
      child = spawn(
        "java",
        ["-Xmx512m", "-Xms256m", ...JVM_FAST, ...JVM_QUIET, "-cp", classpath, "kafka.Kafka", configFile],
        { stdio: ["ignore", log, log] },
      );
      closeSync(log);
      process.once("exit", killOrphan);
      try {
        await untilReady(child, address, output);
      } catch (error) {
        await end("SIGKILL");
        throw error;
      }
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

function properties(
  { folder, dataFolder, controllerPort, listeners, settings: further }: BrokerOptions,
  users: Listener["users"],
): string {
  const settings: Record<string, string | number | boolean> = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: [
      ...listeners.map(({ name, port }) => `${name}://127.0.0.1:${port}`),
      `CONTROLLER://127.0.0.1:${controllerPort}`,
    ].join(","),
    "advertised.listeners": listeners
      .map(({ name, port, advertisedPort }) => `${name}://127.0.0.1:${advertisedPort ?? port}`)
      .join(","),
    "listener.security.protocol.map": [
      ...listeners.map((each) => `${each.name}:${each.users ? "SASL_PLAINTEXT" : "PLAINTEXT"}`),
      "CONTROLLER:PLAINTEXT",
    ].join(","),
    "inter.broker.listener.name": listeners[0].name,
    "controller.listener.names": "CONTROLLER",
    "log.dirs": dataFolder ?? path.join(folder, "data"),
    "offsets.topic.num.partitions": 1,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "auto.create.topics.enable": false,
    ...further,
  };
  for (const { name, users: own } of listeners) {
    if (!own) continue;
    const entries = Object.entries(users ?? own).map(([user, password]) => ` user_${user}="${password}"`);
    settings[`listener.name.${name.toLowerCase()}.sasl.enabled.mechanisms`] = "PLAIN";
    settings[`listener.name.${name.toLowerCase()}.plain.sasl.jaas.config`] =
      `org.apache.kafka.common.security.plain.PlainLoginModule required${entries.join("")};`;
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

function format(classpath: string, configFile: string): void {
  const clusterId = `A${randomBytes(16).toString("base64url").slice(1)}`; // must not begin with "-"
  const done = spawnSync(
    "java",
    [
      "-Xmx128m",
      ...JVM_FAST,
      ...JVM_QUIET,
      "-cp",
      classpath,
      "kafka.tools.StorageTool",
      "format",
      "-t",
      clusterId,
      "-c",
      configFile,
    ],
    { encoding: "utf8", timeout: START_TIMEOUT_MS },
  );
  if (done.status !== 0)
    throw new Error(`Kafka's folder could not be formatted: ${done.stdout}${done.stderr}`);
}

/** A broker that accepts connections may not be ready; one that lists its topics is. */
async function untilReady(child: ChildProcess, address: string, output: string): Promise<void> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await admin.connect();
      await admin.listTopics();
      await admin.disconnect();
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) {
        const log = readFileSync(output, "utf8").slice(-LOG_CHARACTERS_SHOWN);
        throw new Error(`The Kafka broker does not start: ${log}`, { cause: error });
      }
      await pause(100);
    }
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function stopChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!isRunning(child)) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
