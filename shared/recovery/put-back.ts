import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { tableName } from "@apportion/clickhouse/identifier";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { sha256 } from "@apportion/domain/hash";
import type { EventLog, ReceivedMessage } from "@apportion/event-log/log";
import { decodeEvent, EVENTS, TOPICS, type RowsRecorded } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { RECORDS_GROUP } from "./groups.js";
import { markProgress, readCovered } from "./progress.js";
import { keyOf, keySql, RUN_SEALS, TOLD_TABLES, type Row, storedRow } from "./record-tables.js";
import { assemble, decodeRows, tellRows, type RecordedRows } from "./records.js";

/** The tables and the log to which their marks belong. */
export interface RecordsDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly logId: string;
}

/** Records that are told, and noted, at once. */
const RECORDS_AT_ONCE = 1_000;

/** What was put back, by table. */
export interface PutBack {
  readonly rows: ReadonlyMap<string, number>;
  /** Seals of runs that journals name; they are put back with their lines. */
  readonly runSeals: readonly Row[];
}

/**
 * Puts rows into the tables that the log has and they lack, from where they are known to have all of them.
 * @param attempt reads all of the log, and names inserts so that rows come back that were deleted after ClickHouse had stored them
 */
export async function putBackRecords(deps: RecordsDeps, attempt?: string): Promise<PutBack> {
  const { clickhouse, log, logId } = deps;
  const put = new Map<string, number>();
  const runSeals: Row[] = [];
  const covered = await readCovered(clickhouse, logId);
  for (const { topic, partition, offset: end } of await log.ends(TOPICS.records.name)) {
    const from = attempt === undefined ? covered(RECORDS_GROUP, { topic, partition }) : 0n;
    if (from >= BigInt(end)) continue;
    const parts: RowsRecorded[] = [];
    const decided: RecordedRows[] = [];
    for await (const message of log.replay(topic, { partition, from: String(from) })) {
      const decoded = await decodeRows(message);
      if (decoded && TOLD_TABLES[decoded.table]) parts.push(decoded);
      decided.push(...decidedSnapshots(message));
    }
    await remember(deps, decided);
    const assembled = assemble(parts);
    for (const record of assembled) {
      if (record.table === RUN_SEALS) runSeals.push(...record.rows);
      const back = record.table === RUN_SEALS ? 0 : await putBack(clickhouse, record, attempt);
      if (back > 0) put.set(record.table, (put.get(record.table) ?? 0) + back);
    }
    await remember(deps, assembled);
    await markProgress(clickhouse, logId, [
      { group: RECORDS_GROUP, topic, partition, from: String(from), next: end },
    ]);
  }
  return { rows: put, runSeals };
}

/** What intake decided leaves a row for each snapshot. */
function decidedSnapshots({ headers, value }: ReceivedMessage): RecordedRows[] {
  if (eventTypeOf(headers) !== EVENTS.snapshotsDecided.type) return [];
  const decoded = decodeEvent("snapshotsDecided", value);
  if (!decoded.ok) return [];
  return decoded.data.decisions.map(({ snapshotId, reason }) => ({
    table: reason === "" ? "snapshots" : "quarantined_readings",
    token: snapshotId,
    rows: [{ snapshot_id: snapshotId }],
  }));
}

const presentKeys = (table: string) =>
  defineQuery({
    name: `records of ${table}`,
    sql: `SELECT DISTINCT ${keySql(table)} AS record_key FROM ${tableName(table)} WHERE record_key IN {keys:Array(String)}`,
    params: z.object({ keys: z.array(z.string()) }),
    row: z.object({ record_key: z.string() }),
  });

async function putBack(
  clickhouse: ClickHouse,
  { table, token, rows }: RecordedRows,
  attempt: string | undefined,
): Promise<number> {
  const keys = [...new Set(rows.map((row) => keyOf(table, row)))];
  const present = new Set(
    (await select(clickhouse, presentKeys(table), { keys })).map(({ record_key }) => record_key),
  );
  const lacking = rows.filter((row) => !present.has(keyOf(table, row))).map((row) => storedRow(table, row));
  const own = lacking.length === rows.length ? token : `${token}/rest`;
  await insertRows(clickhouse, table, lacking, { token: attempt === undefined ? own : `${own}/${attempt}` });
  return lacking.length;
}

/** Notes of which rows the log has a copy. The same rows may have been told twice, by two processes at once: they are there once. */
async function remember({ clickhouse, logId }: RecordsDeps, records: readonly RecordedRows[]): Promise<void> {
  const most = new Map<
    string,
    { log_id: string; table_name: string; record_key: string; row_count: number }
  >();
  for (const { table, rows } of records)
    for (const [record_key, row_count] of countByKey(table, rows)) {
      const name = `${table}\n${record_key}`;
      if ((most.get(name)?.row_count ?? 0) < row_count)
        most.set(name, { log_id: logId, table_name: table, record_key, row_count });
    }
  const noted = [...most.values()];
  await insertRows(clickhouse, "log_records", noted, {
    token: `${sha256(JSON.stringify(noted))}/${Date.now()}`,
  });
}

function countByKey(table: string, rows: readonly Row[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(keyOf(table, row), (counts.get(keyOf(table, row)) ?? 0) + 1);
  return counts;
}

/** Decisions are told for ever, and readings are kept for a time. */
const notedInVain = defineQuery({
  name: "readings that were decided on and are not there",
  sql: `SELECT DISTINCT record_key FROM log_records WHERE log_id = {logId:String} AND (
    table_name = 'snapshots' AND record_key NOT IN (SELECT snapshot_id FROM snapshots)
    OR table_name = 'quarantined_readings' AND record_key NOT IN (SELECT snapshot_id FROM quarantined_readings))`,
  params: z.object({ logId: z.string() }),
  row: z.object({ record_key: z.string() }),
});
const FORGOTTEN_AT_ONCE = 500;

/**
 * Forgets readings that are neither in the tables nor in the log any more: nobody can bring them back, and services would wait for them for ever.
 * @param inLog ids of the snapshots that the log has
 * @returns how many
 */
export async function forgetGone(
  { clickhouse, logId }: Pick<RecordsDeps, "clickhouse" | "logId">,
  inLog: ReadonlySet<string>,
): Promise<number> {
  const noted = (await select(clickhouse, notedInVain, { logId })).map(({ record_key }) => record_key);
  const gone = noted.filter((id) => !inLog.has(id));
  for (let start = 0; start < gone.length; start += FORGOTTEN_AT_ONCE)
    await clickhouse.command({
      query: `DELETE FROM log_records WHERE log_id = {logId:String} AND table_name IN ('snapshots', 'quarantined_readings') AND record_key IN {ids:Array(String)}`,
      query_params: { logId, ids: gone.slice(start, start + FORGOTTEN_AT_ONCE) },
    });
  return gone.length;
}

/** Every column, whatever later migrations add: the rows are copied, not looked at. */
const untoldRows = (table: string, where: string) =>
  defineQuery({
    name: `untold rows of ${table}`,
    sql: `SELECT * FROM ${tableName(table)} WHERE ${where} AND ${keySql(table)} NOT IN (
    SELECT record_key FROM log_records WHERE log_id = {logId:String} AND table_name = '${table}')`,
    params: z.object({ logId: z.string() }),
    row: z.record(z.string(), z.unknown()),
  });

const untoldTables = defineQuery({
  name: "tables with untold rows",
  sql: Object.entries(TOLD_TABLES)
    .map(
      ([table, { where = "1" }]) => `SELECT '${table}' AS table_name, count() AS untold FROM ${table}
WHERE ${where} AND ${keySql(table)} NOT IN (SELECT record_key FROM log_records WHERE log_id = {logId:String} AND table_name = '${table}')`,
    )
    .join("\nUNION ALL\n"),
  params: z.object({ logId: z.string() }),
  row: z.object({ table_name: z.string(), untold: z.string().transform(Number) }),
});

/** Tells the log of rows that it does not have: those of a log before it, or of a process that died before it could. */
export async function tellUntold(deps: RecordsDeps): Promise<void> {
  const { clickhouse, log, logId } = deps;
  for (const { table_name: table, untold } of await select(clickhouse, untoldTables, { logId })) {
    if (untold === 0) continue;
    const rows = await select(clickhouse, untoldRows(table, TOLD_TABLES[table]?.where ?? "1"), { logId });
    const byKey = new Map<string, Row[]>();
    for (const row of rows) byKey.set(keyOf(table, row), [...(byKey.get(keyOf(table, row)) ?? []), row]);
    const records = Array.from(byKey, ([key, own]) => ({ table, token: `${table}/${key}/told`, rows: own }));
    for (let start = 0; start < records.length; start += RECORDS_AT_ONCE) {
      const some = records.slice(start, start + RECORDS_AT_ONCE);
      await tellRows(log, some);
      await remember(deps, some);
    }
  }
}

const counts = defineQuery({
  name: "tables with fewer rows than they had",
  sql: `SELECT told.table_name AS table_name, told.row_count AS expected, present.row_count AS present_rows
FROM (
  SELECT table_name, sum(each.most) AS row_count
  FROM (SELECT table_name, record_key, max(log_records.row_count) AS most FROM log_records
    WHERE log_id = {logId:String} GROUP BY table_name, record_key) AS each
  GROUP BY table_name
  UNION ALL
  SELECT multiIf(dataset = 'cost', 'cost_facts', dataset = 'usage', 'usage_facts', dataset = 'bill', 'bill_facts', dataset = 'workload-utilisation', 'utilisation_facts', 'bucket_facts'),
    sum(snapshot_rows) FROM (SELECT snapshot_id, any(dataset) AS dataset, any(snapshots.row_count) AS snapshot_rows FROM snapshots GROUP BY snapshot_id)
  GROUP BY dataset
  UNION ALL
  SELECT 'cells', sum(snapshot_rows) FROM (SELECT any(snapshots.row_count) AS snapshot_rows FROM snapshots WHERE dataset = 'cost' GROUP BY snapshot_id)
  UNION ALL
  SELECT 'allocation_lines', sum(lines) FROM (SELECT run_id, any(line_count) AS lines FROM allocation_runs GROUP BY run_id)
) AS told
INNER JOIN (
${[
  ...Object.keys(TOLD_TABLES),
  "snapshots",
  "quarantined_readings",
  "cost_facts",
  "usage_facts",
  "bill_facts",
  "bucket_facts",
  "utilisation_facts",
  "allocation_lines",
]
  .map((table) => `  SELECT '${table}' AS table_name, count() AS row_count FROM ${table}`)
  .join("\n  UNION ALL\n")}
  UNION ALL
  SELECT 'cells', sum(fact_count) FROM cells
  WHERE attempt IN (SELECT max(cells_attempt) FROM snapshots WHERE dataset = 'cost' GROUP BY snapshot_id)
) AS present ON present.table_name = told.table_name
WHERE present_rows < expected ORDER BY table_name`,
  params: z.object({ logId: z.string() }),
  row: z.object({ table_name: z.string(), expected: z.string(), present_rows: z.string() }),
});

/** Tables that have fewer rows than is known of them: somebody emptied them, or files of theirs are gone. */
export async function shortTables(
  clickhouse: ClickHouse,
  logId: string,
): Promise<{ readonly table: string; readonly expected: string; readonly present: string }[]> {
  const rows = await select(clickhouse, counts, { logId });
  return rows.map(({ table_name, expected, present_rows }) => ({
    table: table_name,
    expected,
    present: present_rows,
  }));
}
