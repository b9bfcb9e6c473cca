import { z } from "zod";
import type { ClickHouse } from "./client.js";
import { tableName } from "./identifier.js";
import { defineQuery, select } from "./query.js";

/** All settings are set at once, so one that came last tells whether they are. */
const NOT_FLUSHED = defineQuery({
  name: "tables whose inserts are not flushed",
  sql: `SELECT name FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND NOT startsWith(name, '.')
  AND create_table_query NOT LIKE '%max_cleanup_delay_period%'
ORDER BY name`,
  params: z.object({}),
  row: z.object({ name: z.string() }),
});

/**
 * The engine opens also with much that is broken: that is looked at and refused by us (`embedded/damaged-parts.ts`), and mending needs
 * an engine that runs.
 */
const BROKEN_PARTS_MAX = 1_000_000;
const BROKEN_BYTES_MAX = 2 ** 50;

/**
 * What was merged is kept for eight minutes by default, because what it was merged into may not be on the disk yet. Here it is flushed as
 * inserts are, and what it was made of goes: each start of the engine reads all parts that lie there, and a folder of small inserts had
 * ten times as many as its tables needed.
 */
const MERGED_PARTS_KEPT_S = 10;
/** How often it is cleaned up, at the least and at the most: by itself the engine waits for minutes where few parts come. */
const [CLEANED_AFTER_S, CLEANED_BY_S] = [5, 10];

/**
 * From now on an insert is acknowledged when the disk has it, about 6 ms later than otherwise, and so is a merge. For the embedded engine: a server has
 * replicas for that, and an operator who decides. It holds for every table, since a seal that outlived its rows in a power failure would
 * vouch for what is gone. Of the sums that the engine keeps beside lines (a projection) this is so after a merge only: where they were cut short, it reads the
 * lines instead (damaged-files.test.ts).
 */
export async function flushInserts(client: ClickHouse): Promise<void> {
  for (const { name } of await select(client, NOT_FLUSHED, {}))
    await client.command({
      query: `ALTER TABLE ${tableName(name)} MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1,
        min_rows_to_fsync_after_merge = 1, old_parts_lifetime = ${MERGED_PARTS_KEPT_S},
        cleanup_delay_period = ${CLEANED_AFTER_S}, cleanup_delay_period_random_add = 1, max_cleanup_delay_period = ${CLEANED_BY_S},
        max_suspicious_broken_parts = ${BROKEN_PARTS_MAX}, max_suspicious_broken_parts_bytes = ${BROKEN_BYTES_MAX}`,
    });
}
