import { z } from "zod";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { TOPICS } from "@apportion/events/catalogue";
import { GROUP_TOPICS } from "./groups.js";
import type { RecordsDeps } from "./put-back.js";

/** Topics of which marks are kept. */
const MARKED_TOPICS = [...new Set([...Object.values(GROUP_TOPICS).flat(), TOPICS.records.name])];

const FURTHEST = defineQuery({
  name: "furthest progress",
  sql: `SELECT topic, topic_partition, toString(max(next_offset)) AS furthest, toString(max(at)) AS latest
FROM log_progress WHERE log_id = {logId:String} AND topic IN {topics:Array(String)} GROUP BY topic, topic_partition`,
  params: z.object({ logId: z.string(), topics: z.array(z.string()) }),
  row: z.object({
    topic: z.string(),
    topic_partition: z.int(),
    furthest: z.string().transform(BigInt),
    latest: z.string(),
  }),
});

/**
 * Forgets what the tables know of topics that end before a mark: they were deleted and made again under the same log, and old marks
 * would cover new offsets. Of the records it also forgets which were told, so that all of them are told again.
 * @returns the topics
 */
export async function forgetRemade({ clickhouse, log, logId }: RecordsDeps): Promise<readonly string[]> {
  const marks = await select(clickhouse, FURTHEST, { logId, topics: MARKED_TOPICS }); // before the ends, which are always further
  const remade: string[] = [];
  for (const topic of new Set(marks.map((mark) => mark.topic))) {
    const own = marks.filter((mark) => mark.topic === topic);
    const ends = new Map((await log.ends(topic)).map(({ partition, offset }) => [partition, BigInt(offset)]));
    if (own.every(({ topic_partition, furthest }) => (ends.get(topic_partition) ?? 0n) >= furthest)) continue;
    // The marks last: they are what tells that there is something to forget.
    if (topic === TOPICS.records.name)
      await clickhouse.command({
        query: "DELETE FROM log_records WHERE log_id = {logId:String}",
        query_params: { logId },
      });
    const latest = own
      .map((mark) => mark.latest)
      .sort()
      .at(-1);
    await clickhouse.command({
      // Another process may have forgotten them too, and gone on: its new marks stay.
      query:
        "DELETE FROM log_progress WHERE log_id = {logId:String} AND topic = {topic:String} AND at <= toDateTime64({latest:String}, 3, 'UTC')",
      query_params: { logId, topic, latest },
    });
    remade.push(topic);
  }
  return remade;
}
