import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { atExit } from "./at-exit.js";
import type { Deployment } from "./deployment.js";
import { MAIN } from "./service-process.js";

export interface Ended {
  /** Null when it was killed. */
  readonly code: number | null;
  readonly output: string;
}

interface CommandOptions {
  /** Where absent, that of the allocator. */
  readonly configFile?: string;
  /** Where absent, one in which nothing of a deployment lies. */
  readonly dataFolder?: string;
  /** After so long it is killed with SIGKILL, if it has not ended. */
  readonly killAfterMs?: number;
}

const COMMAND_MAX_MS = 120_000;

/** Runs the compiled command beside a deployment's services. */
export async function runCommand(
  { configFile, folder, env }: Pick<Deployment, "configFile" | "folder" | "env">,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Ended> {
  const config = options.configFile ?? configFile("allocator");
  const child = spawn(
    process.execPath,
    [MAIN, ...args, "--config", config, "--data", options.dataFolder ?? join(folder, "command")],
    { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env } },
  );
  let output = "";
  const hear = (text: string): void => void (output += text);
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  const killOrphan = (): void => void child.kill("SIGKILL");
  const forget = atExit(killOrphan);
  const timer = setTimeout(killOrphan, options.killAfterMs ?? COMMAND_MAX_MS);
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(timer);
  forget();
  return { code, output };
}
