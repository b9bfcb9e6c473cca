import { z } from "zod";
import type { Dataset } from "@apportion/domain/facts";
import { defineQuery } from "@apportion/clickhouse/query";

/** Where the rows of a dataset lie. */
export const FACTS_TABLE: Readonly<Record<Dataset, string>> = {
  cost: "cost_facts",
  usage: "usage_facts",
  bucket: "bucket_facts",
};

const stored = z.object({ rows: z.string(), chunks: z.string(), amount: z.string(), broken: z.string() });
const ofSnapshot = z.object({ snapshotId: z.string(), start: z.string(), end: z.string() });

/** `charge_period_start` leads the primary key: with it ClickHouse reads one day instead of the whole table. */
const WHERE_SNAPSHOT = `WHERE snapshot_id = {snapshotId:String}
  AND charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}`;

/**
 * What ClickHouse holds of a snapshot, to compare with its seal. `broken` counts rows that contradict themselves: a
 * Kubernetes row whose five parts do not add up to its effective cost, a quantity below zero.
 */
export const STORED_SNAPSHOT = {
  cost: defineQuery({
    name: "stored cost snapshot",
    sql: `SELECT count() AS rows, uniqExact(chunk) AS chunks, sum(toDecimal256(effective_cost, 12)) AS amount,
  countIf(kind != 'object-storage'
    AND effective_cost != cpu_cost + gpu_cost + ram_cost + pv_cost + load_balancer_cost) AS broken
FROM cost_facts ${WHERE_SNAPSHOT}`,
    params: ofSnapshot,
    row: stored,
  }),
  usage: defineQuery({
    name: "stored usage snapshot",
    sql: `SELECT count() AS rows, uniqExact(chunk) AS chunks, sum(toDecimal256(quantity, 12)) AS amount,
  countIf(quantity < 0) AS broken
FROM usage_facts ${WHERE_SNAPSHOT}`,
    params: ofSnapshot,
    row: stored,
  }),
  bucket: defineQuery({
    name: "stored bucket snapshot",
    sql: `SELECT count() AS rows, uniqExact(chunk) AS chunks, toDecimal256(0, 12) AS amount, 0::UInt64 AS broken
FROM bucket_facts ${WHERE_SNAPSHOT}`,
    params: ofSnapshot,
    row: stored,
  }),
} as const;

export const SNAPSHOT_SEAL_COUNT = defineQuery({
  name: "is the snapshot sealed",
  sql: "SELECT count() AS seals FROM snapshots WHERE snapshot_id = {snapshotId:String}",
  params: z.object({ snapshotId: z.string() }),
  row: z.object({ seals: z.string() }),
});

export const CURRENT_ROW_COUNT = defineQuery({
  name: "rows of the visible snapshot",
  sql: `SELECT row_count FROM current_snapshots
WHERE dataset = {dataset:String} AND source = {source:String} AND scope = {scope:String}
  AND charge_period_start = {start:DateTime('UTC')}`,
  params: z.object({ dataset: z.string(), source: z.string(), scope: z.string(), start: z.string() }),
  row: z.object({ row_count: z.string() }),
});

/** `2026-11-22T00:00:00Z` as a DateTime parameter takes it. */
export function dateTimeParameter(instant: string): string {
  return instant.slice(0, 19).replace("T", " ");
}
