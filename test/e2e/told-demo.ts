import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { madeOnce } from "@apportion/pipeline/made-once";
import { listReceipts } from "@apportion/simulator/mailbox";
import { childrenOf, startCli, type CliResult, type RunningCli } from "./cli.js";

/** A guard against hanging: a whole demo beside other work. */
export const TOLD_DEMO_TIMEOUT_MS = 600_000;

/** The demo, on the Node.js that tells the one which tests copy, so that what both compress is the same. */
export function startDemo(data: string): RunningCli {
  return startCli(["demo", "--once", "--json", "--data", data], {}, process.env["DEMO_NODE"]);
}

/**
 * Copies the demo, as `demo --once --json` leaves it, into a folder that is not there yet. It takes a minute to tell, so it is told once in a
 * run of the tests: by the Node.js of `DEMO_NODE`, or the one that runs them.
 * @returns what the command said
 */
export async function copyToldDemo(data: string): Promise<CliResult> {
  const folder = await toldDemo();
  copy(join(folder, "data"), data);
  return JSON.parse(readFileSync(join(folder, "said.json"), "utf8")) as CliResult;
}

/** Copies the database of the told demo into a folder that is not there yet, as it was while mails went out: after the close, and before its correction. */
export async function copyDatabaseBackup(database: string): Promise<void> {
  copy(join(await toldDemo(), "backup"), database);
}

function toldDemo(): Promise<string> {
  return madeOnce("told-demo", async (made) => {
    const data = join(made, "data");
    const demo = startDemo(data);
    try {
      await demo.said("Read kubecost");
      while (isRunning(demo) && listReceipts(join(data, "mail")).length < 3) await pause(1);
      // One that ended says below why.
      if (isRunning(demo)) whileFrozen(demo, () => copy(join(data, "clickhouse"), join(made, "backup")));
    } catch (error) {
      demo.process.kill("SIGKILL");
      throw error;
    }
    const told = await demo.result;
    if (told.code !== 0) throw new Error(`the demo ended with ${told.code}: ${told.stderr}`);
    writeFileSync(join(made, "said.json"), JSON.stringify(told));
  });
}

function isRunning({ process: { exitCode, signalCode } }: RunningCli): boolean {
  return exitCode === null && signalCode === null;
}

/** Stops the command and its engine, so that a copy of their files is of one moment, as after a power failure. */
function whileFrozen(running: RunningCli, then: () => void): void {
  const all = [Number(running.process.pid), ...childrenOf(running)];
  try {
    for (const each of all) process.kill(each, "SIGSTOP");
    then();
  } finally {
    for (const each of all) letGoOn(each);
  }
}

function letGoOn(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended
  }
}

function copy(from: string, to: string): void {
  execFileSync("cp", ["-a", from, to]);
}

/** `up` on a folder, so that commands need not start an engine each. Resolves when it runs. */
export async function startUp(data: string): Promise<RunningCli> {
  const running = startCli(["up", "--data", data]);
  await running.said("Ctrl+C ends it");
  return running;
}

/** Ends it as Ctrl+C does. */
export async function stop(running: RunningCli): Promise<CliResult> {
  running.process.kill("SIGINT");
  return running.result;
}
