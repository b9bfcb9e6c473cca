import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Logger } from "@apportion/runtime/logger";
import { createClickHouse, type ClickHouse, type ClickHouseOptions } from "./client.js";
import { plainName } from "./identifier.js";
import { insertRows } from "./insert.js";
import { acquireMigrationLock } from "./migration-lock.js";
import { defineQuery, run } from "./query.js";
import { splitStatements } from "./sql-text.js";
import { foreignMessage } from "@apportion/runtime/foreign-text";

export interface MigrateOptions {
  /** Folder of `0001_name.sql`, `0002_….sql`: each statement in them may be repeated (`IF NOT EXISTS`, `CREATE OR REPLACE`). */
  readonly directory: string;
  readonly logger: Pick<Logger, "info" | "warn">;
}

export interface MigrationReport {
  /** Files that this call applied, in their order. */
  readonly applied: readonly string[];
  /** Files that had been applied before. */
  readonly alreadyApplied: number;
}

/** What is wrong with the migrations, as a whole: nothing was applied. */
export class MigrationError extends Error {
  readonly code = "MIGRATION";
}

interface Migration {
  readonly version: number;
  readonly file: string;
  readonly checksum: string;
  readonly statements: readonly string[];
}

const FILE = /^(\d{4})_[a-z0-9-]+\.sql$/;

const HISTORY = `CREATE TABLE IF NOT EXISTS schema_migrations
(
    version UInt32 COMMENT 'Number of the file',
    file String COMMENT 'Name of the file in migrations/',
    checksum String COMMENT 'SHA-256 of its text: an applied file never changes',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When its last statement was done'
)
ENGINE = MergeTree ORDER BY version
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Migrations that were applied'`;

const appliedMigrations = defineQuery({
  name: "migrate/applied",
  sql: "SELECT version, any(file) AS file, any(checksum) AS checksum FROM schema_migrations GROUP BY version ORDER BY version",
  params: z.object({}),
  row: z.object({ version: z.int(), file: z.string(), checksum: z.string() }),
});
type Applied = z.infer<(typeof appliedMigrations)["row"]>;

const databaseExists = defineQuery({
  name: "migrate/database",
  sql: "SELECT name FROM system.databases WHERE name = {database:String}",
  params: z.object({ database: z.string() }),
  row: z.object({ name: z.string() }),
});

/**
 * Brings the database to the newest migration: in order, one statement at a time, by one process at a time. A killed call
 * leaves a file half applied and unrecorded; the next call repeats it.
 *
 * @throws MigrationError before anything is applied: a changed, missing, misnamed or twice numbered file
 */
export async function migrate(
  access: ClickHouseOptions,
  { directory, logger }: MigrateOptions,
): Promise<MigrationReport> {
  const migrations = readMigrations(directory);
  await createDatabase(access);
  const client = createClickHouse(access);
  try {
    await client.command({ query: HISTORY });
    const applied = await run(client, appliedMigrations, {});
    if (pendingMigrations(migrations, applied).length === 0)
      return { applied: [], alreadyApplied: applied.length };
    return await applyPending(client, migrations, logger);
  } finally {
    await client.close();
  }
}

/**
 * Files that are not applied yet, by their names; none when the database is as this program needs it.
 * @throws MigrationError as {@link migrate}
 */
export async function migrationsToApply(client: ClickHouse, directory: string): Promise<string[]> {
  const applied = await run(client, appliedMigrations, {});
  return pendingMigrations(readMigrations(directory), applied).map(({ file }) => file);
}

/** The database may be created by somebody else, for a user who may not do it: it is created only when it is missing. */
async function createDatabase(access: ClickHouseOptions): Promise<void> {
  const database = plainName(access.database);
  const client = createClickHouse({ ...access, database: "system" });
  try {
    const found = await run(client, databaseExists, { database });
    if (found.length === 0) await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` });
  } finally {
    await client.close();
  }
}

async function applyPending(
  client: ClickHouse,
  migrations: readonly Migration[],
  logger: MigrateOptions["logger"],
): Promise<MigrationReport> {
  const lock = await acquireMigrationLock(client, logger);
  try {
    const applied = await run(client, appliedMigrations, {}); // whoever had the lock before may have done it
    const pending = pendingMigrations(migrations, applied);
    for (const migration of pending) {
      await apply(client, migration);
      logger.info({ migration: migration.file }, "migration applied");
    }
    return { applied: pending.map(({ file }) => file), alreadyApplied: applied.length };
  } finally {
    await lock.release();
  }
}

async function apply(client: ClickHouse, { version, file, checksum, statements }: Migration): Promise<void> {
  for (const [index, query] of statements.entries()) {
    try {
      await client.command({ query });
    } catch (error) {
      const reason = foreignMessage(error);
      throw new Error(`Migration ${file}, statement ${index + 1} of ${statements.length}: ${reason}`, {
        cause: error,
      });
    }
  }
  await insertRows(client, "schema_migrations", [{ version, file, checksum }], {
    token: `${version}/${checksum}`,
  });
}

function readMigrations(directory: string): Migration[] {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  const problems = files
    .filter((name) => !FILE.test(name))
    .map((name) => `${name} is not named like 0001_name.sql`);
  const versions = files.map((name) => Number(FILE.exec(name)?.[1]));
  versions.forEach((version, index) => {
    if (Number.isInteger(version) && version !== index + 1)
      problems.push(`${files[index]} should have the number ${String(index + 1).padStart(4, "0")}`);
  });
  if (problems.length > 0) throw new MigrationError(`The folder ${directory}: ${problems.join("; ")}`);
  return files.map((file, index) => {
    const text = readFileSync(path.join(directory, file), "utf8");
    const checksum = createHash("sha256").update(text).digest("hex");
    return { version: index + 1, file, checksum, statements: splitStatements(text) };
  });
}

function pendingMigrations(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.version, migration]));
  const problems = applied.flatMap(({ version, file, checksum }) => {
    const migration = known.get(version);
    if (!migration)
      return [
        `${file} was applied, but this program does not have it: the database is newer; use a newer program`,
      ];
    if (migration.checksum !== checksum)
      return [
        `${migration.file} was changed after it was applied: restore its text, and put the change into a new file`,
      ];
    return [];
  });
  if (problems.length > 0) throw new MigrationError(`Migrations: ${problems.join("; ")}`);
  const done = new Set(applied.map(({ version }) => version));
  return migrations.filter(({ version }) => !done.has(version));
}
