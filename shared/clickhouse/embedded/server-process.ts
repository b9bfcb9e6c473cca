import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { existsSync } from "node:fs";
import { type ReadyLine, type ServerSettings, readyLine, serverSettings } from "./protocol.js";

/** A running child. */
export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  readonly version: string;
  readonly damaged: ReadyLine["damaged"];
  /** Settles when the process has ended, with the reason in words and what it last wrote to standard error. */
  readonly ended: Promise<Ending>;
  /** Ends it: SIGTERM, then SIGKILL when it takes longer than this. */
  stop(graceMs: number): Promise<void>;
}

export interface Ending {
  readonly reason: string;
  readonly stderr: string;
}

const READY_MS = 60_000;
const STDERR_CHARS_MAX = 16 * 1024;
/** libuv threads: one for each running statement, its settings and the control session, and some for files. */
const THREADS = 24;

/**
 * The compiled entry. Found from the package's root, because this module runs from `dist/embedded` as well as, in tests, from
 * the sources in `embedded`.
 */
function entry(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const above = path.resolve(here, "..");
  const root = path.basename(above) === "dist" ? path.dirname(above) : above;
  const file = path.join(root, "dist", "embedded", "server-main.js");
  if (!existsSync(file)) throw new Error(`${file} is missing; build the package first`);
  return file;
}

/**
 * Starts the child and waits until it answers.
 *
 * @param folder working directory, of the child alone
 * @throws Error with what the child wrote to standard error when it does not start; the engine gives its reasons only there
 */
export async function startServerProcess(folder: string, settings: ServerSettings): Promise<ServerProcess> {
  const child = spawn(process.execPath, [entry()], {
    cwd: folder,
    stdio: ["pipe", "pipe", "pipe"],
    // Nothing of the parent's environment: no proxy, no secrets, and UTC whatever the machine's time zone.
    env: { TZ: "UTC", LANG: "C.UTF-8", UV_THREADPOOL_SIZE: String(THREADS) },
  });
  const ended = ending(child);
  child.stdin.on("error", () => undefined); // it ended before it read; `ended` says so
  child.stdin.write(`${JSON.stringify(serverSettings.parse(settings))}\n`);
  try {
    const ready = await untilReady(child, ended);
    return { ...ready, ended, stop: (graceMs) => stop(child, ended, graceMs) };
  } catch (error) {
    await stop(child, ended, 0);
    throw error;
  }
}

async function untilReady(child: ChildProcessWithoutNullStreams, ended: Promise<Ending>): Promise<ReadyLine> {
  const lines = createInterface({ input: child.stdout });
  const deadline = new AbortController();
  try {
    const line = await Promise.race([
      once(lines, "line").then(([text]) => String(text)),
      ended.then(({ reason, stderr }): never => {
        throw new Error(`The embedded ClickHouse did not start: ${reason}\n${stderr}`.trim());
      }),
      pause(READY_MS, undefined, { signal: deadline.signal }).then((): never => {
        throw new Error(`The embedded ClickHouse did not answer within ${READY_MS / 1_000} s`);
      }),
    ]);
    return readyLine.parse(JSON.parse(line));
  } finally {
    deadline.abort();
  }
}

async function ending(child: ChildProcessWithoutNullStreams): Promise<Ending> {
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARS_MAX);
  });
  return await new Promise((resolve) => {
    child.once("error", (error) => resolve({ reason: error.message, stderr }));
    child.once("close", (code, signal) => {
      resolve({ reason: signal === null ? `exit code ${code}` : `signal ${signal}`, stderr: stderr.trim() });
    });
  });
}

async function stop(
  child: ChildProcessWithoutNullStreams,
  ended: Promise<Ending>,
  graceMs: number,
): Promise<void> {
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  child.kill(graceMs > 0 ? "SIGTERM" : "SIGKILL");
  await ended;
  clearTimeout(timer);
}
