import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { madeOnce } from "@apportion/pipeline/made-once";
import { startCli, type CliResult, type RunningCli } from "./cli.js";

/** A guard against hanging: a whole demo beside other work. */
export const TOLD_DEMO_TIMEOUT_MS = 600_000;

/**
 * Copies the demo, as `demo --once --json` leaves it, into a folder that is not there yet. It takes a minute to tell, so it is told once in a
 * run of the tests: by the Node.js of `DEMO_NODE`, or the one that runs them.
 * @returns what the command said
 */
export async function copyToldDemo(data: string): Promise<CliResult> {
  const folder = await madeOnce("told-demo", async (made) => {
    const args = ["demo", "--once", "--json", "--data", join(made, "data")];
    const told = await startCli(args, {}, process.env["DEMO_NODE"]).result;
    if (told.code !== 0) throw new Error(`the demo ended with ${told.code}: ${told.stderr}`);
    writeFileSync(join(made, "said.json"), JSON.stringify(told));
  });
  execFileSync("cp", ["-a", join(folder, "data"), data]);
  return JSON.parse(readFileSync(join(folder, "said.json"), "utf8")) as CliResult;
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
