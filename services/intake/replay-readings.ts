import { z } from "zod";
import { FACTS_TABLE } from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { ReceivedMessage } from "@apportion/event-log/log";
import { chunkFormatOf, decodeEvent, EVENTS, TOPICS } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { readDecided } from "./decisions.js";
import {
  BATCH_BYTES_MAX,
  BATCH_MESSAGES_MAX,
  createIntakeHandler,
  snapshotOf,
  storeRows,
  type IntakeDeps,
} from "./intake.js";
import { mendCells } from "./mend-cells.js";
import { quarantineSeal } from "./quarantine/hold.js";
import { settledSnapshots, type SettledSnapshot } from "./settled-snapshots.js";

/** Snapshots whose rows are deleted with one statement. */
const DELETED_AT_ONCE = 500;

const REFUSALS = defineQuery({
  name: "refused readings",
  sql: `SELECT DISTINCT dataset, source, scope, toUnixTimestamp(charge_period_start) AS start, toUnixTimestamp64Milli(read_at) AS at
FROM quarantined_readings WHERE snapshot_id = ''`,
  params: z.object({}),
  row: z.object({
    dataset: z.string(),
    source: z.string(),
    scope: z.string(),
    start: z.number(),
    at: z.string(),
  }),
});

const unsealed = (table: string) =>
  defineQuery({
    name: `rows of ${table} without a seal`,
    sql: `SELECT DISTINCT snapshot_id FROM ${table} WHERE snapshot_id NOT IN (
  SELECT snapshot_id FROM snapshots UNION ALL SELECT snapshot_id FROM quarantined_readings)`,
    params: z.object({}),
    row: z.object({ snapshot_id: z.string() }),
  });

interface ReplayedReadings {
  /** Snapshots whose rows, or whose seal, the tables lacked. */
  readonly snapshots: number;
  readonly messages: number;
  /** Ids of all that the log has. */
  readonly inLog: ReadonlySet<string>;
}

/**
 * Reads all readings of the log once more, through the same handler and outside its group. What the tables have as it was sealed is left
 * alone; rows that are not are deleted first and stored again. Rows that have no seal are deleted, and snapshots on which nobody decided are stored, only
 * while services wait, since else intake may be about to seal them. What became of a snapshot is taken from the log. Interrupted anywhere, the next call begins again.
 * @param onMessage told how many messages were read
 */
export async function replayReadings(
  deps: IntakeDeps & {
    readonly attempt: string;
    /** The tables are behind, so that nobody else stores readings. */
    readonly servicesWait: boolean;
  },
  onMessage: (read: number) => void,
): Promise<ReplayedReadings> {
  const { clickhouse, log } = deps;
  const { whole, broken, quarantined } = await settledSnapshots(clickhouse);
  await deleteRows(clickhouse, broken, deps.servicesWait);
  const refused = await refusedReadings(clickhouse);
  const decided = await readDecided(log);
  const handle = createIntakeHandler({ ...deps, decided });
  const isBroken = new Set(broken.map(({ snapshotId }) => snapshotId));
  const isSettled = (snapshotId: string): boolean => whole.has(snapshotId) || isBroken.has(snapshotId);
  const brought = new Set(isBroken);
  const inLog = new Set<string>();
  let messages = 0;
  let batch: ReceivedMessage[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await handle(batch, new AbortController().signal);
    batch = [];
    bytes = 0;
  };
  for (const { partition } of await log.ends(TOPICS.readings.name)) {
    for await (const message of log.replay(TOPICS.readings.name, { partition })) {
      onMessage(++messages);
      const snapshotId = snapshotOf(message);
      if (snapshotId !== undefined) inLog.add(snapshotId);
      const reason = snapshotId === undefined ? undefined : decided.get(snapshotId);
      if (snapshotId !== undefined && reason && !quarantined.has(snapshotId) && isSettled(snapshotId))
        await quarantineAgain(deps, message, reason);
      if (snapshotId === undefined ? refused.has(refusalOf(message)) : whole.has(snapshotId)) continue;
      if (snapshotId !== undefined && isBroken.has(snapshotId)) {
        if (chunkFormatOf(eventTypeOf(message.headers)) !== undefined) await storeRows(deps, message);
        continue;
      }
      // On which intake has not decided it may be at work, under other tokens: its rows would be stored twice.
      if (snapshotId !== undefined && !deps.servicesWait && !decided.has(snapshotId)) continue;
      if (snapshotId !== undefined) brought.add(snapshotId);
      batch.push(message);
      bytes += message.value.byteLength;
      if (batch.length >= BATCH_MESSAGES_MAX || bytes >= BATCH_BYTES_MAX) await flush();
    }
    await flush(); // a batch is of one partition
  }
  for (const snapshotId of await mendCells(clickhouse, deps.attempt)) brought.add(snapshotId);
  return { snapshots: brought.size, messages, inLog };
}

/** It was released, and is visible: why it had been held back is on record again. */
async function quarantineAgain(
  { clickhouse, attempt }: { readonly clickhouse: ClickHouse; readonly attempt: string },
  { headers, value, position }: ReceivedMessage,
  reason: string,
): Promise<void> {
  if (eventTypeOf(headers) !== EVENTS.snapshotSealed.type) return;
  const decoded = decodeEvent("snapshotSealed", value);
  if (decoded.ok) await quarantineSeal(clickhouse, { seal: decoded.data, position }, reason, attempt);
}

/** Rows of these snapshots, which are stored again; and, if asked to, rows of none, which belong to nobody once no intake runs. */
async function deleteRows(
  clickhouse: ClickHouse,
  broken: readonly SettledSnapshot[],
  andNobodys: boolean,
): Promise<void> {
  for (const [dataset, table] of Object.entries(FACTS_TABLE)) {
    const unowned = andNobodys ? await select(clickhouse, unsealed(table), {}) : [];
    const nobodys = unowned.map(({ snapshot_id }) => snapshot_id);
    const own = broken.filter((each) => each.dataset === dataset).map(({ snapshotId }) => snapshotId);
    const ids = [...own, ...nobodys];
    for (let start = 0; start < ids.length; start += DELETED_AT_ONCE)
      await clickhouse.command({
        query: `DELETE FROM ${table} WHERE snapshot_id IN {ids:Array(String)}`,
        query_params: { ids: ids.slice(start, start + DELETED_AT_ONCE) },
      });
  }
}

async function refusedReadings(clickhouse: ClickHouse): Promise<ReadonlySet<string>> {
  const rows = await select(clickhouse, REFUSALS, {});
  return new Set(
    rows.map(({ dataset, source, scope, start, at }) =>
      [dataset, source, scope, start * 1000, at].join("\n"),
    ),
  );
}

function refusalOf({ headers, value }: ReceivedMessage): string {
  if (eventTypeOf(headers) !== EVENTS.readingRefused.type) return "";
  const decoded = decodeEvent("readingRefused", value);
  if (!decoded.ok) return "";
  const { dataset, source, scope, chargePeriod, readAt } = decoded.data;
  return [dataset, source, scope, Date.parse(chargePeriod.start), Date.parse(readAt)].join("\n");
}
