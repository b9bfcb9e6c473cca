import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { LogPosition } from "@apportion/event-log/log";

/** Messages of a partition that a group has handled: their effects lie in the tables. Offsets as decimal text. */
export interface Progress {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly next: string;
}

/** Written after the messages were handled and before they are committed. */
export async function markProgress(
  clickhouse: ClickHouse,
  logId: string,
  progress: readonly Progress[],
): Promise<void> {
  const rows = progress
    .filter(({ from, next }) => BigInt(next) > BigInt(from))
    .map(({ group, topic, partition, from, next }) => ({
      log_id: logId,
      consumer_group: group,
      topic,
      topic_partition: partition,
      from_offset: from,
      next_offset: next,
    }));
  const token = [logId, ...rows.map((row) => Object.values(row).slice(1).join("/"))].join(",");
  // The window remembers a mark that a restored table does not have, but never one of the table's own rows: a repeat is the same mark.
  await insertRows(clickhouse, "log_progress", rows, { token: `${token}/${Date.now()}` });
}

/** Of each partition up to where marks cover it from its start without a hole: a hole is a restored database that went on. */
const COVERED = defineQuery({
  name: "progress without a hole",
  sql: `SELECT consumer_group, topic, topic_partition,
  toString(if(countIf(from_offset > before) = 0, max(next_offset), minIf(before, from_offset > before))) AS covered
FROM (
  SELECT consumer_group, topic, topic_partition, from_offset, next_offset, max(next_offset) OVER (
    PARTITION BY consumer_group, topic, topic_partition ORDER BY from_offset, next_offset
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM log_progress WHERE log_id = {logId:String}
)
GROUP BY consumer_group, topic, topic_partition`,
  params: z.object({ logId: z.string() }),
  row: z.object({
    consumer_group: z.string(),
    topic: z.string(),
    topic_partition: z.int(),
    covered: z.string().transform(BigInt),
  }),
});

export type Covered = (group: string, position: Pick<LogPosition, "topic" | "partition">) => bigint;

/** Up to which offset the tables have what each group handled; 0 where they have nothing of it. */
export async function readCovered(clickhouse: ClickHouse, logId: string): Promise<Covered> {
  const rows = await select(clickhouse, COVERED, { logId });
  const byPartition = new Map(
    rows.map((row) => [nameOf(row.consumer_group, row.topic, row.topic_partition), row.covered]),
  );
  return (group, { topic, partition }) => byPartition.get(nameOf(group, topic, partition)) ?? 0n;
}

function nameOf(group: string, topic: string, partition: number): string {
  return `${group}/${topic}/${partition}`;
}
