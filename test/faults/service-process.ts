import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { atExit } from "./at-exit.js";

const HERE = fileURLToPath(import.meta.url);
/** The compiled command, as users run it; found from the sources as from the compiled files. */
export const MAIN = path.join(
  HERE.slice(0, HERE.lastIndexOf(path.join("test", "faults"))),
  "services",
  "all-in-one",
  "dist",
  "main.js",
);
/** As docker's restart policy does: what ended is started again. */
const RESTART_MS = 1_000;
const LINES_KEPT = 40;
const CHARACTERS_SHOWN = 400;
const STOP_MS = 15_000;

export interface ServiceOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** One service as a process that is started again when it ends. */
export interface ServiceProcess {
  readonly name: string;
  readonly pid: number | undefined;
  /** How often it was started again. */
  readonly restarts: number;
  /** The last lines that it wrote. */
  readonly lastLines: readonly string[];
  /** Resolves when it has said since its last start that it runs. */
  ready(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it for good. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export function startService({ name, args, env }: ServiceOptions): ServiceProcess {
  const lines: string[] = [];
  let restarts = 0;
  let stopping = false;
  let running = false;
  let child: ChildProcess;
  let restarting: NodeJS.Timeout | undefined;
  const waiting: (() => void)[] = [];

  const hear = (text: string): void => {
    lines.push(
      ...text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.slice(0, CHARACTERS_SHOWN)),
    );
    lines.splice(0, Math.max(0, lines.length - LINES_KEPT));
    if (!text.includes("Ctrl+C ends it")) return;
    running = true;
    for (const resolve of waiting.splice(0)) resolve();
  };
  const start = (): void => {
    running = false;
    child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
    });
    child.stdout?.setEncoding("utf8").on("data", hear);
    child.stderr?.setEncoding("utf8").on("data", hear);
    child.once("exit", (code, signal) => {
      running = false;
      hear(`(${name} ended: ${signal ?? code})`);
      if (stopping) return;
      restarting = setTimeout(() => {
        restarts += 1;
        start();
      }, RESTART_MS);
    });
  };
  const forget = atExit(() => child.kill("SIGKILL"));
  start();
  return {
    name,
    get pid() {
      return isRunning(child) ? child.pid : undefined;
    },
    get restarts() {
      return restarts;
    },
    lastLines: lines,
    ready: () => (running ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve))),
    signal: (signal) => void child.kill(signal),
    async stop(signal = "SIGTERM") {
      stopping = true;
      clearTimeout(restarting);
      if (isRunning(child)) {
        const ended = once(child, "exit");
        child.kill("SIGCONT");
        child.kill(signal);
        const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
        await ended;
        clearTimeout(timer);
      }
      forget();
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
