import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The compiled command, as users run it. */
export const MAIN = fileURLToPath(new URL("../../services/all-in-one/dist/main.js", import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly process: ChildProcess;
  readonly result: Promise<CliResult>;
  /** Resolves with standard error when that has it; rejects when the command ends before. */
  said(text: string): Promise<string>;
}

/** @param node program that runs it; the one that runs the tests where absent */
export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  node = process.execPath,
): RunningCli {
  const child = spawn(node, [MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", ...env }, // a CI server may force colours
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const result = once(child, "close").then(([code]) => ({ code: code as number | null, ...output }));
  return {
    process: child,
    result,
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.stderr.includes(text)) resolve(output.stderr);
        };
        child.stderr.on("data", look);
        child.on("close", () => reject(new Error(`It ended before it said "${text}": ${output.stderr}`)));
        look();
      }),
  };
}

export function runCli(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CliResult> {
  return startCli(args, env).result;
}

/** Ids of the processes that a running command has started: in the embedded mode its engine. */
export function childrenOf({ process: { pid } }: RunningCli): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  return children.map(Number).filter((each) => each > 0);
}
