import { z } from "zod";
import { dateTimeParameter, type StoredSnapshot } from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { readingName } from "@apportion/domain/facts";
import type { SnapshotSealed } from "@apportion/events/catalogue";
import type { ReceivedSeal } from "./received-seal.js";

const VISIBLE_CLUSTERS = defineQuery({
  name: "clusters whose bytes explain visible network costs",
  sql: `SELECT scope, toString(charge_period_start) AS start, arraySort(groupUniqArray(cluster)) AS clusters FROM cost_facts
WHERE kind = 'network' AND cluster != '' AND charge_period_start IN {starts:Array(DateTime('UTC'))}
  AND snapshot_id IN (SELECT current_snapshots.snapshot_id FROM current_snapshots
    WHERE dataset = 'cost' AND source = 'network' AND charge_period_start IN {starts:Array(DateTime('UTC'))})
GROUP BY scope, start`,
  params: z.object({ starts: z.array(z.string()) }),
  row: z.object({ scope: z.string(), start: z.string(), clusters: z.array(z.string()) }),
});

/** Clusters whose bytes explain something of a visible network reading, by scope and period. */
export type ExplainingClusters = ReadonlyMap<string, readonly string[]>;

export async function explainingClusters(
  clickhouse: ClickHouse,
  received: readonly ReceivedSeal[],
): Promise<ExplainingClusters> {
  const starts = received
    .filter(({ seal }) => isNetwork(seal))
    .map(({ seal }) => dateTimeParameter(seal.chargePeriod.start));
  if (starts.length === 0) return new Map();
  const rows = await select(clickhouse, VISIBLE_CLUSTERS, { starts: [...new Set(starts)] });
  return new Map(rows.map(({ scope, start, clusters }) => [JSON.stringify([scope, start]), clusters]));
}

/**
 * Prometheus answers with nothing when its data are gone: after its retention, or when it was set up anew. A cluster whose bytes
 * explained dollars of the day does not turn silent afterwards. Of the batch, only `before` come first.
 */
export function lostBytesObjection(
  { seal }: ReceivedSeal,
  visible: ExplainingClusters,
  stored: ReadonlyMap<string, StoredSnapshot>,
  before: readonly ReceivedSeal[],
): string | undefined {
  if (!isNetwork(seal)) return undefined;
  const clustersOf = ({ snapshotId }: SnapshotSealed): readonly string[] =>
    stored.get(snapshotId)?.network_clusters ?? [];
  const inBatch = before.findLast((each) => readingName(each.seal) === readingName(seal));
  const had = inBatch
    ? clustersOf(inBatch.seal)
    : (visible.get(JSON.stringify([seal.scope, dateTimeParameter(seal.chargePeriod.start)])) ?? []);
  const lost = had.filter((cluster) => !clustersOf(seal).includes(cluster));
  if (lost.length === 0) return undefined;
  return `no bytes of ${lost.join(", ")} explain anything of the day any more, though in the reading before they did: has Prometheus lost them? Release it if they are gone for good reason`;
}

function isNetwork({ dataset, source }: SnapshotSealed): boolean {
  return dataset === "cost" && source === "network";
}
