import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { EventLog } from "@apportion/event-log/log";
import { decodeEvent, EVENTS, TOPICS } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { GROUP_TOPICS, INTAKE_GROUP } from "./groups.js";

const KNOWN = defineQuery({
  name: "snapshots that intake knows",
  sql: `SELECT snapshot_id FROM snapshots WHERE snapshot_id IN {snapshotIds:Array(String)}
UNION DISTINCT SELECT snapshot_id FROM quarantined_readings WHERE snapshot_id IN {snapshotIds:Array(String)}`,
  params: z.object({ snapshotIds: z.array(z.string()) }),
  row: z.object({ snapshot_id: z.string() }),
});
const IDS_AT_ONCE = 2_000;

/**
 * Readings that collectors remember as published, and intake neither made visible nor put into quarantine, by name. Empty while intake
 * has not caught up: it may still be on its way to them. Reads the topic of seals, so it is for `doctor`, not for every start.
 */
export async function unstoredSeals(clickhouse: ClickHouse, log: EventLog): Promise<string[]> {
  const sealed = new Map<string, string>();
  for await (const { key, headers, value } of log.replay(TOPICS.seals.name)) {
    if (eventTypeOf(headers) !== EVENTS.snapshotSealed.type) continue;
    const decoded = decodeEvent("snapshotSealed", value);
    if (decoded.ok) sealed.set(decoded.data.snapshotId, key);
  }
  if ((await log.lag(INTAKE_GROUP, GROUP_TOPICS[INTAKE_GROUP] ?? [])) > 0) return [];
  const ids = [...sealed.keys()];
  for (let start = 0; start < ids.length; start += IDS_AT_ONCE)
    for (const { snapshot_id } of await select(clickhouse, KNOWN, {
      snapshotIds: ids.slice(start, start + IDS_AT_ONCE),
    }))
      sealed.delete(snapshot_id);
  return [...sealed.values()];
}
