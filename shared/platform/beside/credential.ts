import { readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { lockHolder } from "@apportion/runtime/folder-lock";
import { Secret } from "@apportion/runtime/secret";
import { z } from "zod";

/** How commands on the same folder reach the process that works on it. */
export interface Credential {
  readonly pid: number;
  readonly url: string;
  readonly token: Secret;
}

const schema = z.object({
  /** A copy of the folder has a copy of this too, and must not be answered from the original. */
  folder: z.string(),
  pid: z.int(),
  url: z.url(),
  token: z.string().min(16),
});

function fileOf(dataDir: string): string {
  return path.join(dataDir, "running.json");
}

/** Leaves it in the data folder, for who may read what is this user's alone (mode 0600). */
export function announceRunning(dataDir: string, { token, ...rest }: Credential): void {
  const unfinished = `${fileOf(dataDir)}.${process.pid}.part`;
  writeFileSync(
    unfinished,
    `${JSON.stringify({ folder: realpathSync(dataDir), ...rest, token: token.reveal() })}\n`,
    { mode: 0o600 },
  );
  renameSync(unfinished, fileOf(dataDir));
}

export function withdrawRunning(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true });
}

/**
 * That of the process that works on the folder at this moment; undefined where none does, or one that answers nobody. What a killed process
 * left is told by the locks of log and engine: nobody is asked who took over its port.
 */
export function announcedRunning(dataDir: string): Credential | undefined {
  const credential = read(dataDir);
  const holders = ["event-log", "clickhouse"].map((part) => lockHolder(path.join(dataDir, part, "lock")));
  return credential && holders.includes(credential.pid) ? credential : undefined;
}

function read(dataDir: string): Credential | undefined {
  try {
    const { folder, token, ...rest } = schema.parse(JSON.parse(readFileSync(fileOf(dataDir), "utf8")));
    return folder === realpathSync(dataDir) ? { ...rest, token: new Secret(token) } : undefined;
  } catch {
    return undefined; // not there, or nothing that a process left
  }
}
