import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inject } from "vitest";
import { runCli, startCli, type CliResult, type RunningCli } from "./cli.js";

/** A guard against hanging: a whole demo beside other work. */
export const TOLD_DEMO_TIMEOUT_MS = 600_000;
/** How often the file of the worker that makes it is looked for. */
const LOOK_MS = 200;

/**
 * Copies the demo, as `demo --once --json` leaves it, into a folder that is not there yet. It takes a minute to tell, so it is told once in a
 * run of the tests, by whoever asks first.
 * @returns what the command said
 */
export async function copyToldDemo(data: string): Promise<CliResult> {
  const folder = inject("toldDemoFolder");
  const said = join(folder, "said.json");
  if (isFirst(folder)) {
    const told = await runCli(["demo", "--once", "--json", "--data", join(folder, "data")]);
    writeFileSync(`${said}.part`, JSON.stringify(told));
    renameSync(`${said}.part`, said);
  }
  while (!existsSync(said)) await pause(LOOK_MS);
  const told = JSON.parse(readFileSync(said, "utf8")) as CliResult;
  if (told.code !== 0) throw new Error(`the demo ended with ${told.code}: ${told.stderr}`);
  execFileSync("cp", ["-a", join(folder, "data"), data]);
  return told;
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(join(folder, "making"));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
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
