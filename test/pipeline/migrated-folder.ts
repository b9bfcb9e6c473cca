import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { migrate } from "@apportion/clickhouse/migrate";
import { silentLogger } from "@apportion/runtime/logger";

const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

/**
 * A data folder with empty tables, for a test of its own. They are made once for all tests of the machine, and copied: to migrate takes three
 * times as long as to open, and hundreds of tests begin with it. That migrations work has tests of its own.
 */
export async function migratedFolder(prefix: string): Promise<string> {
  const template = join(tmpdir(), `apportion-migrated-${migrationsHash()}`);
  if (!existsSync(template)) await makeTemplate(template);
  const dataDir = mkdtempSync(join(tmpdir(), prefix));
  cpSync(template, dataDir, { recursive: true });
  return dataDir;
}

async function makeTemplate(template: string): Promise<void> {
  const made = mkdtempSync(`${template}-`);
  const engine = await startEmbeddedClickHouse({ dataDir: made, logger: silentLogger });
  try {
    await migrate(engine, { directory: MIGRATIONS, logger: silentLogger });
  } finally {
    await engine.stop();
  }
  try {
    renameSync(made, template);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(template)) throw error; // else another test was faster
  }
}

function migrationsHash(): string {
  const hash = createHash("sha256");
  for (const folder of ["tables", "views"])
    for (const file of readdirSync(join(MIGRATIONS, folder)).toSorted())
      hash.update(file).update(readFileSync(join(MIGRATIONS, folder, file)));
  return hash.digest("hex").slice(0, 16);
}
