import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Secret } from "@apportion/runtime/secret";
import { z } from "zod";

/** Where analysts' tools connect while a deployment runs, as its read-only user. */
export interface AnalystAccess {
  readonly url: string;
  readonly username: string;
  readonly password: Secret;
  readonly database: string;
}

const schema = z.object({
  url: z.url(),
  username: z.string(),
  password: z.string(),
  database: z.string(),
});

function fileOf(dataDir: string): string {
  return path.join(dataDir, "clickhouse", "analyst.json");
}

/** Leaves it in the data folder, for who may read the folder (mode 0600). */
export function announceAccess(dataDir: string, { password, ...access }: AnalystAccess): void {
  const text = JSON.stringify({ ...access, password: password.reveal() }, null, 2);
  writeFileSync(fileOf(dataDir), `${text}\n`, { mode: 0o600 });
}

export function withdrawAccess(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true });
}

/** What a deployment on the folder left last; undefined when none runs. One that was killed leaves an address that does not answer. */
export function announcedAccess(dataDir: string): AnalystAccess | undefined {
  try {
    const { password, ...access } = schema.parse(JSON.parse(readFileSync(fileOf(dataDir), "utf8")));
    return { ...access, password: new Secret(password) };
  } catch {
    return undefined; // not there, or half written: the folder is then asked the slow way
  }
}
