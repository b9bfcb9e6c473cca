import { z } from "zod";
import { foreignMessage } from "@apportion/runtime/foreign-text";
import type { Logger } from "@apportion/runtime/logger";
import { createClickHouse, type ClickHouse, type ClickHouseOptions } from "./client.js";
import { expandForCluster } from "./cluster-sql.js";
import { clickHouseCode } from "./errors.js";
import { plainName } from "./identifier.js";
import { insertRows } from "./insert.js";
import {
  MigrationError,
  readMigrationFiles,
  type MigrationFiles,
  type TableFile,
  type ViewFile,
} from "./migration-files.js";
import { acquireMigrationLock } from "./migration-lock.js";
import { defineQuery, select } from "./query.js";
import { splitStatements } from "./sql-text.js";

export interface MigrateOptions {
  /** Folder of `tables/` and `views/`: each statement in them may be repeated (`IF NOT EXISTS`, `CREATE OR REPLACE`). */
  readonly directory: string;
  readonly logger: Pick<Logger, "info" | "warn">;
}

export interface MigrationReport {
  /** Files that this call applied, in their order. */
  readonly applied: readonly string[];
  /** Files of views that are no more, and that this call dropped. */
  readonly dropped: readonly string[];
  /** Files that had been applied before, as they are now. */
  readonly alreadyApplied: number;
}

const HISTORY = `CREATE TABLE IF NOT EXISTS schema_migrations {onCluster}
(
    version UInt32 COMMENT 'Number of a file in tables/; of a view how often it was made or dropped',
    file String COMMENT 'Name of the file in migrations/: tables/… or views/…',
    checksum String COMMENT 'SHA-256 of its text, which of an applied file in tables/ never changes; of a view also of those that it reads, and empty once it is dropped',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When its last statement was done'
)
ENGINE = {MergeTree} ORDER BY (file, version)
SETTINGS {deduplicates 1000 inserts}
COMMENT 'Migrations that were applied'`;

const appliedMigrations = defineQuery({
  name: "migrate/applied",
  sql: `SELECT file, max(version) AS newest, argMax(checksum, version) AS checksum,
    (SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations') AS engine
    FROM schema_migrations GROUP BY file ORDER BY file`,
  params: z.object({}),
  row: z.object({ file: z.string(), newest: z.int(), checksum: z.string(), engine: z.string().nullable() }),
});
type Applied = z.infer<(typeof appliedMigrations)["row"]>;

const databaseExists = defineQuery({
  name: "migrate/database",
  sql: "SELECT name FROM system.databases WHERE name = {database:String}",
  params: z.object({ database: z.string() }),
  row: z.object({ name: z.string() }),
});

/** A statement may go over all that was ever read, as one that fills a new table does. */
const STATEMENT_MS_MAX = 6 * 3_600_000;

/**
 * Brings the database to these files: tables in order, each once; then the views that are not as they are written, and those that read
 * them; views that have no file any more are dropped before. One statement at a time, by one process at a time. A killed call leaves a
 * file half applied and unrecorded; the next call repeats it. Whoever migrates last has its views, so that a return to an older program
 * with the same tables is one.
 *
 * @throws MigrationError before anything is applied: a changed, missing, misnamed or twice numbered file, or tables of another kind
 */
export async function migrate(
  access: ClickHouseOptions,
  { directory, logger }: MigrateOptions,
): Promise<MigrationReport> {
  const files = readMigrationFiles(directory);
  const client = createClickHouse({ requestTimeoutMs: STATEMENT_MS_MAX, ...access });
  try {
    const applied = await readHistory(client);
    if (applied) {
      const work = workToDo(files, applied, access.cluster);
      if (isNothing(work)) return { applied: [], dropped: [], alreadyApplied: work.alreadyApplied };
    } else {
      await createDatabase(access);
      await client.command({ query: expandForCluster(HISTORY, access.cluster) });
    }
    return await applyPending(client, files, access.cluster, logger);
  } finally {
    await client.close();
  }
}

/**
 * Files that are not applied as they are, by their names; none when the database is as this program needs it.
 * @throws MigrationError as {@link migrate}
 */
export async function migrationsToApply(client: ClickHouse, directory: string): Promise<string[]> {
  const { dropped, tables, views } = workToDo(
    readMigrationFiles(directory),
    await select(client, appliedMigrations, {}),
  );
  return [...dropped, ...tables, ...views].map(({ file }) => file);
}

/** Where nothing was ever applied there is no table, and perhaps no database. */
const NOTHING_THERE: readonly (number | undefined)[] = [60, 81];

/** Asked before anything is made: at a start that changes nothing it is the only question. */
async function readHistory(client: ClickHouse): Promise<Applied[] | undefined> {
  try {
    return await select(client, appliedMigrations, {});
  } catch (error) {
    if (NOTHING_THERE.includes(clickHouseCode(error))) return undefined;
    throw error;
  }
}

/** The database may be created by somebody else, for a user who may not do it: it is created only when it is missing. */
async function createDatabase(access: ClickHouseOptions): Promise<void> {
  const database = plainName(access.database);
  const client = createClickHouse({ ...access, database: "system" });
  try {
    const found = await select(client, databaseExists, { database });
    const query = expandForCluster(`CREATE DATABASE IF NOT EXISTS ${database} {onCluster}`, access.cluster);
    if (found.length === 0) await client.command({ query });
  } finally {
    await client.close();
  }
}

async function applyPending(
  client: ClickHouse,
  files: MigrationFiles,
  cluster: string | undefined,
  logger: MigrateOptions["logger"],
): Promise<MigrationReport> {
  const lock = await acquireMigrationLock(client, cluster, logger);
  try {
    // Whoever had the lock before may have done it.
    const work = workToDo(files, await select(client, appliedMigrations, {}), cluster);
    // A view is dropped first: a table may be about to take its name.
    for (const change of [...work.dropped, ...work.tables, ...work.views]) {
      await apply(client, change, cluster);
      const { file, checksum } = change;
      logger.info({ migration: file }, checksum === "" ? "view dropped" : "migration applied");
    }
    return {
      applied: [...work.tables, ...work.views].map(({ file }) => file),
      dropped: work.dropped.map(({ file }) => file),
      alreadyApplied: work.alreadyApplied,
    };
  } finally {
    await lock.release();
  }
}

/** A file whose statements are to be run, and the row of the history that says so afterwards. */
type Change = TableFile;

async function apply(
  client: ClickHouse,
  { version, file, checksum, text }: Change,
  cluster: string | undefined,
): Promise<void> {
  const statements = splitStatements(text);
  for (const [index, statement] of statements.entries()) {
    try {
      await client.command({ query: expandForCluster(statement, cluster) });
    } catch (error) {
      const reason = foreignMessage(error);
      throw new Error(`Migration ${file}, statement ${index + 1} of ${statements.length}: ${reason}`, {
        cause: error,
      });
    }
  }
  await insertRows(client, "schema_migrations", [{ version, file, checksum }], {
    token: `${file}/${version}/${checksum}`,
  });
}

interface Work {
  readonly tables: readonly Change[];
  readonly views: readonly Change[];
  readonly dropped: readonly Change[];
  readonly alreadyApplied: number;
}

function isNothing({ tables, views, dropped }: Work): boolean {
  return tables.length + views.length + dropped.length === 0;
}

function workToDo({ tables, views }: MigrationFiles, applied: readonly Applied[], cluster?: string): Work {
  refuseOthers(applied, cluster);
  const done = new Map(applied.map((row) => [row.file, row]));
  refuseChanged(tables, applied);
  const pending = tables.filter(({ file }) => !done.has(file));
  const changed = views.filter(({ file, checksum }) => done.get(file)?.checksum !== checksum);
  const written = new Set(views.map(({ file }) => file));
  const gone = applied.filter(
    ({ file, checksum }) => file.startsWith("views/") && checksum !== "" && !written.has(file),
  );
  return {
    tables: pending,
    views: changed.map((view) => changeOf(view, done.get(view.file))),
    dropped: gone.map(({ file, newest }) => ({
      file,
      version: newest + 1,
      checksum: "",
      text: `DROP VIEW IF EXISTS ${plainName(file.slice("views/".length, -".sql".length))} {onCluster}`,
    })),
    alreadyApplied: tables.length - pending.length + views.length - changed.length,
  };
}

function changeOf({ file, checksum, text }: ViewFile, before: Applied | undefined): Change {
  return { version: (before?.newest ?? 0) + 1, file, checksum, text };
}

/** Tables that no file here can bring to what this program needs. */
function refuseOthers(applied: readonly Applied[], cluster: string | undefined): void {
  // Before files lay in tables/ and views/, their names had no folder.
  const old = applied.filter(({ file }) => !file.includes("/"));
  if (old.length > 0)
    throw new MigrationError(
      `The tables are those of an earlier program (${old[0]?.file} …), and are made anew instead of being changed. Stop all services; ` +
        "move the folder clickhouse out of the data folder, or drop the database of a server; then `apportion rebuild` makes the tables " +
        "and fills them from the event log",
    );
  const engine = applied[0]?.engine ?? "";
  if (cluster !== undefined && engine !== "" && !/^(?:Replicated|Shared)/.test(engine))
    throw new MigrationError(
      `clickhouse.cluster is ${cluster}, but the tables are on one server (${engine}): leave it out, or name a new database`,
    );
}

function refuseChanged(tables: readonly TableFile[], applied: readonly Applied[]): void {
  const known = new Map(tables.map((table) => [table.version, table]));
  const problems = applied.flatMap(({ newest, file, checksum }) => {
    if (!file.startsWith("tables/")) return [];
    const table = known.get(newest);
    if (!table)
      return [
        `${file} was applied, but this program does not have it: the database is newer; use a newer program`,
      ];
    if (table.checksum !== checksum || table.file !== file)
      return [
        `${table.file} was changed after it was applied: restore its text, and put the change into a new file`,
      ];
    return [];
  });
  if (problems.length > 0) throw new MigrationError(`Migrations: ${problems.join("; ")}`);
}
