import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Kafka, logLevel } from "kafkajs";
import { freePort } from "./free-port.js";
import type { RunningBroker } from "./start.js";

const START_TIMEOUT_MS = 60_000;
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;
const STOP_TIMEOUT_MS = 10_000;
const LOG_CHARACTERS_SHOWN = 2_000;
const JVM_FAST = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];
/** log4j without a file of its own says only errors. */
const JVM_QUIET = ["-Dorg.apache.logging.log4j.level=ERROR"];

/** Starts the broker from its jars in a folder of its own; needs Java 17 and, the first time, Maven. */
export async function jarsBroker(): Promise<RunningBroker> {
  const classpath = path.join(downloadJars(), "*");
  const folder = mkdtempSync(path.join(tmpdir(), "apportion-kafka-"));
  const port = await freePort();
  const configFile = path.join(folder, "server.properties");
  writeFileSync(configFile, properties(folder, port, await freePort()));
  format(classpath, configFile);
  const output = path.join(folder, "broker.log");
  const log = openSync(output, "a");
  const child = spawn(
    "java",
    ["-Xmx512m", "-Xms256m", ...JVM_FAST, ...JVM_QUIET, "-cp", classpath, "kafka.Kafka", configFile],
    { stdio: ["ignore", log, log] },
  );
  const killOrphan = (): boolean => child.kill("SIGKILL");
  process.once("exit", killOrphan);
  const stop = async (): Promise<void> => {
    await stopChild(child);
    process.off("exit", killOrphan);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(child, `127.0.0.1:${port}`, output);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: `127.0.0.1:${port}`, stop };
}

/** Into `.kafka/` at the root of the repository, once; 45 jars, 43 MB. */
function downloadJars(): string {
  const here = fileURLToPath(import.meta.url);
  const root = here.slice(0, here.lastIndexOf(`${path.sep}test${path.sep}kafka-broker`));
  const libs = path.join(root, ".kafka", "libs-4.4.0");
  if (existsSync(libs)) return libs;
  mkdirSync(path.dirname(libs), { recursive: true });
  const partial = mkdtempSync(`${libs}-`);
  const pom = path.join(root, "test", "kafka-broker", "kafka.pom.xml");
  const done = spawnSync(
    "mvn",
    ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${partial}`],
    { encoding: "utf8", timeout: DOWNLOAD_TIMEOUT_MS },
  );
  if (done.status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    throw new Error(
      `Kafka's jars could not be had by Maven; set KAFKA_URL to a broker, or install maven and java. ${done.error?.message ?? ""} ${done.stdout ?? ""}${done.stderr ?? ""}`,
    );
  }
  try {
    renameSync(partial, libs);
  } catch (error) {
    if (!existsSync(libs)) throw error; // another test was faster
    rmSync(partial, { recursive: true, force: true });
  }
  return libs;
}

function properties(folder: string, port: number, controllerPort: number): string {
  const settings = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "log.dirs": path.join(folder, "data"),
    "offsets.topic.num.partitions": 1,
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "auto.create.topics.enable": false,
  };
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

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
