import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export interface RunningProgram {
  readonly url: string;
  readonly folder: string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 10_000;
const LOG_SHOWN = 2_000;

/** Starts a server on a loopback port in a folder of its own, and waits until it answers on `ready`. */
export async function startProgram(
  program: string,
  args: (port: number, folder: string) => readonly string[],
  options: {
    readonly port: number;
    readonly ready: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly folder?: string;
  },
): Promise<RunningProgram> {
  const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), "apportion-upstream-"));
  const output = path.join(folder, "output.log");
  const log = openSync(output, "a");
  const child = spawn(program, args(options.port, folder), {
    cwd: folder,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...options.env },
    detached: true, // a group of its own: servers that start workers are stopped with them
  });
  const killOrphan = (): void => killGroup(child, "SIGKILL");
  process.once("exit", killOrphan);
  const url = `http://127.0.0.1:${options.port}`;
  const stop = async (): Promise<void> => {
    await stopChild(child);
    process.off("exit", killOrphan);
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(`${url}${options.ready}`))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const text = readFileSync(output, "utf8").slice(-LOG_SHOWN);
      await stop();
      throw new Error(`${program} does not start: ${text}`);
    }
    await pause(100);
  }
  return { url, folder, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).status < 500;
  } catch {
    return false; // not yet
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once("exit", resolve);
  });
  killGroup(child, "SIGTERM");
  const timer = setTimeout(() => killGroup(child, "SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // it has ended
  }
}
