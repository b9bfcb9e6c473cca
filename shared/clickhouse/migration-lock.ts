import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Logger } from "@apportion/runtime/logger";
import type { ClickHouse } from "./client.js";
import { expandForCluster } from "./cluster-sql.js";
import { clickHouseCode } from "./errors.js";
import { defineQuery, select } from "./query.js";

/**
 * One migrating process at a time, with nothing but ClickHouse: `CREATE TABLE` succeeds for one of several. The lock is the
 * table `migration_lock_<n>` with the greatest n, dropped when the work is done; its rows are signs of life. Whoever finds it
 * silent for {@link SILENT_MS} takes its holder for dead and creates n + 1. Should the holder live after all, no harm is done:
 * every statement of a migration may be repeated. On a cluster the table is made ON CLUSTER: its servers take such statements from one
 * queue, so that the second of two finds the table of the first on each of them.
 */
const PREFIX = "migration_lock_";
const BEAT_MS = 1_000;
const SILENT_MS = 5_000;
const POLL_MS = 250;
const TABLE_ALREADY_EXISTS = 57;
const UNKNOWN_TABLE = 60;

const lockTables = defineQuery({
  name: "migrate/lock-tables",
  sql: `SELECT toUInt32(substring(name, ${PREFIX.length + 1})) AS number
    FROM system.tables WHERE database = currentDatabase() AND startsWith(name, '${PREFIX}') ORDER BY number`,
  params: z.object({}),
  row: z.object({ number: z.int() }),
});

/** A table that was created a moment ago has no row yet: its creation is a sign of life too. */
const lockSilence = (number: number) =>
  defineQuery({
    name: "migrate/lock-silence",
    sql: `SELECT toInt64(dateDiff('millisecond', greatest(max(at), (
        SELECT toDateTime64(any(metadata_modification_time), 3, 'UTC')
        FROM system.tables WHERE database = currentDatabase() AND name = '${PREFIX}${number}'
      )), now64(3))) AS silent_ms FROM ${PREFIX}${number}`,
    params: z.object({}),
    row: z.object({ silent_ms: z.coerce.number() }),
  });

export interface MigrationLock {
  release(): Promise<void>;
}

/** Waits until this process holds the lock. */
export async function acquireMigrationLock(
  client: ClickHouse,
  cluster: string | undefined,
  logger: Pick<Logger, "info">,
): Promise<MigrationLock> {
  for (let waited = false; ; waited = true) {
    const tables = await select(client, lockTables, {});
    const newest = tables.at(-1)?.number ?? 0;
    const free = newest === 0 || (await isSilent(client, newest));
    if (free && (await create(client, cluster, newest + 1))) {
      for (const { number } of tables) await drop(client, cluster, number);
      return hold(client, cluster, newest + 1);
    }
    if (!waited) logger.info({}, "another process is applying migrations; waiting for it");
    await pause(POLL_MS);
  }
}

async function isSilent(client: ClickHouse, number: number): Promise<boolean> {
  try {
    const [state] = await select(client, lockSilence(number), {});
    return state !== undefined && state.silent_ms > SILENT_MS;
  } catch (error) {
    if (clickHouseCode(error) === UNKNOWN_TABLE) return false; // released meanwhile: look again
    throw error;
  }
}

async function create(client: ClickHouse, cluster: string | undefined, number: number): Promise<boolean> {
  const sql = `CREATE TABLE ${PREFIX}${number} {onCluster} (at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = {MergeTree} ORDER BY at
    COMMENT 'Held by the process that applies migrations'`;
  try {
    await client.command({ query: expandForCluster(sql, cluster) });
    return true;
  } catch (error) {
    if (clickHouseCode(error) === TABLE_ALREADY_EXISTS) return false;
    throw error;
  }
}

async function drop(client: ClickHouse, cluster: string | undefined, number: number): Promise<void> {
  const sql = `DROP TABLE IF EXISTS ${PREFIX}${number} {onCluster}`;
  await client.command({ query: expandForCluster(sql, cluster) });
}

function hold(client: ClickHouse, cluster: string | undefined, number: number): MigrationLock {
  const stopping = new AbortController();
  const beating = (async () => {
    for (;;) {
      await pause(BEAT_MS, undefined, { signal: stopping.signal }).catch(() => undefined); // released
      if (stopping.signal.aborted) return;
      // A missed beat costs the lock at most, which is harmless.
      await client
        .command({ query: `INSERT INTO ${PREFIX}${number} (at) SELECT now64(3)` })
        .catch(() => undefined);
    }
  })();
  return {
    async release() {
      stopping.abort();
      await beating;
      await drop(client, cluster, number);
    },
  };
}
