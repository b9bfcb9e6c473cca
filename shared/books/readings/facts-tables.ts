import { z } from "zod";
import type { Dataset } from "@apportion/domain/facts";
import { FACT_COLUMNS } from "@apportion/events/fact-columns";
import { defineQuery } from "@apportion/clickhouse/query";
import { CELLS_OF_FACTS, FACT_WEIGHT, ofDrawn } from "./cells-weight.js";

/** Where the rows of a dataset lie. */
export const FACTS_TABLE: Readonly<Record<Dataset, string>> = {
  cost: "cost_facts",
  usage: "usage_facts",
  bucket: "bucket_facts",
  bill: "bill_facts",
  "workload-utilisation": "utilisation_facts",
};

const stored = z.object({
  snapshot_id: z.string(),
  rows: z.string(),
  chunks: z.string(),
  amount: z.string(),
  broken: z.string(),
  claims: z.array(z.string()).default([]),
  network_clusters: z.array(z.string()).default([]),
  weight: z.string().default("0"),
  cells: z.string().transform(Number).default(0),
});
export type StoredSnapshot = z.infer<typeof stored>;
const ofSnapshots = z.object({ snapshotIds: z.array(z.string()), days: z.array(z.string()) });

const UTILISATION_NUMBERS = Object.entries(FACT_COLUMNS["workload-utilisation"])
  .filter(([, kind]) => kind === "amount" || kind === "known-amount")
  .map(([column]) => column);

/** `charge_period_start` leads the primary key: with it ClickHouse reads the days concerned instead of the whole table. */
const WHERE_SNAPSHOTS = `WHERE snapshot_id IN {snapshotIds:Array(String)}
  AND toDate(charge_period_start) IN {days:Array(Date)}
GROUP BY snapshot_id`;
/** What dollars are, so that nobody else charges them: lines of the bill, or the machines of a cluster. What is no claim is not put into words. */
const CLAIMS = `arraySort(arrayDistinct(arrayConcat(
    groupUniqArrayIf(if(account = '', '', concat('bill/', account, '/', region, '/', service, '/', usage_type, '/', record_type)), account != ''),
    arrayMap(each -> if(each = '', '', concat('kubernetes/', each)), groupUniqArrayIf(cluster, account = '')))))`;
const COUNTS = "SELECT snapshot_id, count() AS rows, toUInt64(length(groupUniqArray(chunk))) AS chunks";

/**
 * What ClickHouse holds of snapshots, to compare with their seals; one without rows is absent. `broken` counts rows that
 * contradict themselves: a Kubernetes row whose five parts do not add up to its effective cost, pods or volumes that cost less than nothing, a quantity below zero.
 * `network_clusters` are those whose bytes explain network costs. Costs are weighed too, to be compared with their cells; `cells` is
 * about how many these are.
 */
export const STORED_SNAPSHOTS = {
  cost: defineQuery({
    name: "stored cost snapshots",
    sql: `${COUNTS}, sum(toDecimal256(effective_cost, 12)) AS amount,
  countIf(kind IN ('workload', 'idle', 'unmounted')
    AND toDecimal256(effective_cost, 12) != toDecimal256(cpu_cost, 12) + gpu_cost + ram_cost + pv_cost
      + load_balancer_cost
    OR kind IN ('workload', 'unmounted')
    AND least(cpu_cost, gpu_cost, ram_cost, pv_cost, load_balancer_cost) < 0) AS broken,
  ${CLAIMS} AS claims,
  arraySort(groupUniqArrayIf(cluster, kind = 'network' AND cluster != '')) AS network_clusters,
  toString(sum(${FACT_WEIGHT})) AS weight, ${CELLS_OF_FACTS} AS cells
FROM cost_facts ${WHERE_SNAPSHOTS}`,
    params: ofSnapshots.extend(ofDrawn),
    row: stored,
  }),
  usage: defineQuery({
    name: "stored usage snapshots",
    sql: `${COUNTS}, sum(toDecimal256(quantity, 12)) AS amount, countIf(quantity < 0) AS broken
FROM usage_facts ${WHERE_SNAPSHOTS}`,
    params: ofSnapshots,
    row: stored,
  }),
  bill: defineQuery({
    name: "stored bill snapshots",
    sql: `${COUNTS}, sum(toDecimal256(effective_cost, 12)) AS amount, 0::UInt64 AS broken
FROM bill_facts ${WHERE_SNAPSHOTS}`,
    params: ofSnapshots,
    row: stored,
  }),
  bucket: defineQuery({
    name: "stored bucket snapshots",
    sql: `${COUNTS}, toDecimal256(0, 12) AS amount, 0::UInt64 AS broken
FROM bucket_facts ${WHERE_SNAPSHOTS}`,
    params: ofSnapshots,
    row: stored,
  }),
  "workload-utilisation": defineQuery({
    name: "stored utilisation snapshots",
    sql: `${COUNTS}, toDecimal256(0, 12) AS amount,
  countIf(least(${UTILISATION_NUMBERS.map((column) => `coalesce(${column}, 0)`).join(", ")}) < 0
    OR cpu_throttled_share > 1 OR gpu_utilisation_share > 1) AS broken
FROM utilisation_facts ${WHERE_SNAPSHOTS}`,
    params: ofSnapshots,
    row: stored,
  }),
} as const;

export const SEALED_SNAPSHOTS = defineQuery({
  name: "which of the snapshots are sealed",
  sql: "SELECT DISTINCT snapshot_id FROM snapshots WHERE snapshot_id IN {snapshotIds:Array(String)}",
  params: z.object({ snapshotIds: z.array(z.string()) }),
  row: z.object({ snapshot_id: z.string() }),
});

export const CURRENT_CONTENT = defineQuery({
  name: "rows and amount of the visible snapshot",
  sql: `SELECT snapshot_id, row_count, toString(amount) AS visible_amount FROM current_snapshots
WHERE dataset = {dataset:String} AND source = {source:String} AND scope = {scope:String}
  AND charge_period_start = {start:DateTime('UTC')}`,
  params: z.object({ dataset: z.string(), source: z.string(), scope: z.string(), start: z.string() }),
  row: z.object({ snapshot_id: z.string(), row_count: z.string(), visible_amount: z.string() }),
});

/** `2026-11-22T00:00:00Z` as a DateTime parameter takes it. */
export function dateTimeParameter(instant: string): string {
  return instant.slice(0, 19).replace("T", " ");
}
