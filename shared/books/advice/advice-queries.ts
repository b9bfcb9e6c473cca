import { z } from "zod";
import { defineQuery } from "@apportion/clickhouse/query";
import type { CostKind } from "@apportion/domain/facts";
import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { ADVICE_KINDS } from "./finding.js";
import { OF_SEALED_CELLS } from "../readings/cells.js";
import { OWNERSHIP, protectedColumns } from "../readings/protected-level.js";
import { WORKLOAD } from "../workload-name.js";

const picos = z.string().transform(parsePicos);
const day = z.string().transform((text) => text as Day);
const window = {
  from: z.string(),
  to: z.string(),
  days: z.array(z.string()),
  snapshotIds: z.array(z.string()),
};

const IN_WINDOW = `charge_day >= {from:Date} AND charge_day < {to:Date} AND charge_day IN {days:Array(Date)} AND ${OF_SEALED_CELLS}`;

/** What histories have of each day, in this order; `networkInfo` and `cost` are names of `HistoryDay`. */
export const DAY_FIGURES = {
  cpuCost: "cpu_cost",
  gpuCost: "gpu_cost",
  ramCost: "ram_cost",
  pvCost: "pv_cost",
  loadBalancerCost: "load_balancer_cost",
  networkInfo: "network_cost_info",
  cost: "effective_cost",
  cpuHours: "cpu_core_hours",
  cpuRequestHours: "cpu_request_core_hours",
  cpuUsageHours: "cpu_usage_core_hours",
  gpuHours: "gpu_hours",
  gpuUsageHours: "gpu_usage_hours",
  ramHours: "ram_gib_hours",
  ramRequestHours: "ram_request_gib_hours",
  ramUsageHours: "ram_usage_gib_hours",
} as const;
const columns = Object.values(DAY_FIGURES);

const ofBill = (column: string): string => `if(kind IN ('bill', 'object-storage'), cells.${column}, '')`;

/**
 * What has costs in the window, a row each: workloads and unmounted volumes, classes of network by namespace, tags of buckets, lines of unused commitments. Days are
 * there of what costs `least` and more at list price, so that thousands of cheap workloads are not read by day. `protected_level` is as analysts' views have it.
 */
export const HISTORIES = defineQuery({
  name: "histories to advise on",
  sql: `WITH ${OWNERSHIP}
SELECT kind, cluster, namespace, controller_kind, workload, of_account, of_service, of_record_type, class, label, center, toString(first_day) AS first, toString(last_day) AS last,
  list_price, per_day, ${protectedColumns(`each -> cluster LIKE each.2 AND namespace LIKE each.3 AND arrayExists(name -> name LIKE each.4, names)
    AND arrayExists(name -> name LIKE each.5, labels) AND of_service LIKE each.6`)}
FROM (
  SELECT kind, cluster, namespace, controller_kind, workload, of_account, of_service, of_record_type, class,
    argMax(label_of_day, day) AS label, argMax(center_of_day, day) AS center, min(day) AS first_day, max(day) AS last_day,
    arrayDistinct(arrayFlatten(groupArray(names_of_day))) AS names, groupUniqArray(label_of_day) AS labels, sum(of_effective_cost) AS list_price,
    if(list_price >= toDecimal256({least:String}, 12), arraySort(groupArray(concat(toString(day), ${columns.map((column) => `',', toString(of_${column})`).join(", ")}))), []) AS per_day
  FROM (
    SELECT charge_day AS day, kind, cluster, namespace, controller_kind, ${WORKLOAD} AS workload, ${ofBill("account")} AS of_account, ${ofBill("service")} AS of_service,
      if(kind = 'bill', record_type, '') AS of_record_type, network_class AS class, if(kind = 'object-storage', team_label, '') AS tag,
      max(team_label) AS label_of_day, max(cost_center) AS center_of_day, groupUniqArray(10)(controller) AS names_of_day,
      ${columns.map((column) => `sum(toDecimal256(${column}, 12)) AS of_${column}`).join(", ")}
    FROM cells
    WHERE ${IN_WINDOW} AND (kind IN ('workload', 'unmounted', 'network', 'object-storage') OR kind = 'bill' AND record_type IN {recordTypes:Array(String)})
    GROUP BY day, kind, cluster, namespace, controller_kind, workload, of_account, of_service, of_record_type, class, tag
  )
  GROUP BY kind, cluster, namespace, controller_kind, workload, of_account, of_service, of_record_type, class, tag
)
ORDER BY kind, cluster, namespace, controller_kind, workload, of_account, of_service, of_record_type, class, label`,
  params: z.object({ ...window, least: z.string(), recordTypes: z.array(z.string()) }),
  row: z.object({
    kind: z.string().transform((text) => text as CostKind),
    cluster: z.string(),
    namespace: z.string(),
    controller_kind: z.string(),
    workload: z.string(),
    of_account: z.string(),
    of_service: z.string(),
    of_record_type: z.string(),
    class: z.string(),
    label: z.string(),
    center: z.string(),
    first: day,
    last: day,
    list_price: picos,
    /** `2026-10-01,1.5,0,…`: a text for each day, since as arrays of texts they take four times as long to read. */
    per_day: z.array(z.string()),
    protected_level: z.string(),
    protected_team: z.string(),
  }),
});
export type HistoryRow = z.infer<(typeof HISTORIES)["row"]>;

/** Days of clusters: what their nodes cost, and what was measured of their workloads. */
export const CLUSTER_DAYS = defineQuery({
  name: "days of clusters",
  sql: `SELECT toString(charge_day) AS day, cells.cluster AS cluster,
  sumIf(toDecimal256(cpu_cost, 12) + gpu_cost + ram_cost, kind = 'idle') AS idle, sum(toDecimal256(cpu_cost, 12) + gpu_cost + ram_cost) AS total,
  sumIf(least(toDecimal256(cpu_cost, 12), 0) + least(toDecimal256(gpu_cost, 12), 0) + least(toDecimal256(ram_cost, 12), 0), kind = 'idle') AS negative,
  countIf(kind = 'workload' AND cpu_usage_core_hours > 0) AS cpu_measured, countIf(kind = 'workload' AND ram_usage_gib_hours > 0) AS ram_measured,
  countIf(kind = 'workload' AND gpu_usage_hours > 0 AND gpu_usage_hours < gpu_hours) AS gpu_measured, countIf(kind = 'workload' AND network_cost_info > 0) AS network_measured
FROM cells WHERE ${IN_WINDOW} AND kind IN ('workload', 'idle', 'unmounted')
GROUP BY day, cluster ORDER BY cluster, day`,
  params: z.object(window),
  row: z.object({
    day,
    cluster: z.string(),
    idle: picos,
    total: picos,
    negative: picos,
    cpu_measured: z.string().transform(Number),
    ram_measured: z.string().transform(Number),
    gpu_measured: z.string().transform(Number),
    network_measured: z.string().transform(Number),
  }),
});
export type ClusterDayRow = z.infer<(typeof CLUSTER_DAYS)["row"]>;

const held = (column: string): string => `sum(toDecimal256(${column}, 12))`;

/** What some workloads, or the unmounted volumes of some namespaces, held on each day: hours, and list prices. The arrays name them, one at each index. */
export const HELD_DAYS = defineQuery({
  name: "what was held on days",
  sql: `SELECT toString(charge_day) AS day, kind, cells.cluster AS cluster, cells.namespace AS namespace, controller_kind, ${WORKLOAD} AS workload,
  ${held("cpu_core_hours")} AS cpu_hours, ${held("gpu_hours")} AS gpu_hours_held, ${held("ram_gib_hours")} AS ram_hours,
  ${held("cpu_cost")} AS cpu, ${held("gpu_cost")} AS gpu, ${held("ram_cost")} AS ram, ${held("pv_cost")} AS pv, ${held("load_balancer_cost")} AS load_balancer
FROM cells WHERE ${IN_WINDOW} AND (kind, cells.cluster, cells.namespace, controller_kind, workload) IN (
  SELECT arrayJoin(arrayZip({kinds:Array(String)}, {clusters:Array(String)}, {namespaces:Array(String)}, {controllerKinds:Array(String)}, {controllers:Array(String)})))
GROUP BY day, kind, cluster, namespace, controller_kind, workload ORDER BY day, kind, cluster, namespace, controller_kind, workload`,
  params: z.object({
    ...window,
    kinds: z.array(z.string()),
    clusters: z.array(z.string()),
    namespaces: z.array(z.string()),
    controllerKinds: z.array(z.string()),
    controllers: z.array(z.string()),
  }),
  row: z.object({
    day,
    kind: z.string(),
    cluster: z.string(),
    namespace: z.string(),
    controller_kind: z.string(),
    workload: z.string(),
    cpu_hours: picos,
    gpu_hours_held: picos,
    ram_hours: picos,
    cpu: picos,
    gpu: picos,
    ram: picos,
    pv: picos,
    load_balancer: picos,
  }),
});
export type HeldRow = z.infer<(typeof HELD_DAYS)["row"]>;

/** The last decision about each recommendation before a day, with what was advised. */
export const DECISIONS = defineQuery({
  name: "decisions about recommendations",
  sql: `SELECT recommendation_decisions.id AS id, decision, decided_by, reason, if(isNull(until), '', toString(until)) AS until_day, toString(toDate(decided_at)) AS decided_on,
  recommendation_decisions.kind AS kind, recommendation_decisions.cluster AS cluster, recommendation_decisions.namespace AS namespace, controller_kind, controller, bill_line, owner_team,
  toString(cash) AS cash_advised, toString(freed) AS freed_advised
FROM recommendation_decisions WHERE decided_at < {before:Date} ORDER BY id, decided_at DESC LIMIT 1 BY id`,
  params: z.object({ before: z.string() }),
  row: z.object({
    id: z.string(),
    decision: z.enum(["accepted", "dismissed"]),
    decided_by: z.string(),
    reason: z.string(),
    until_day: z.string(),
    decided_on: day,
    kind: z.enum(ADVICE_KINDS),
    cluster: z.string(),
    namespace: z.string(),
    controller_kind: z.string(),
    controller: z.string(),
    bill_line: z.array(z.string()),
    owner_team: z.string(),
    cash_advised: picos,
    freed_advised: picos,
  }),
});
export type DecisionRow = z.infer<(typeof DECISIONS)["row"]>;

/** Nodes with the most idle capacity, some of each cluster, at list price. */
export const IDLE_NODES = defineQuery({
  name: "nodes with idle capacity",
  sql: `SELECT cells.cluster AS cluster, cells.node AS node, sum(toDecimal256(effective_cost, 12)) AS cost
FROM cells WHERE ${IN_WINDOW} AND kind = 'idle'
GROUP BY cluster, node ORDER BY cluster, cost DESC, node LIMIT 5 BY cluster`,
  params: z.object(window),
  row: z.object({ cluster: z.string(), node: z.string(), cost: picos }),
});

/** Buckets as they were read last, as analysts see them, the largest first; those whose tags must not be read are nobody's to judge. */
export const BUCKETS = defineQuery({
  name: "buckets with their tags",
  sql: `SELECT scope AS account, bucket, team_label, toString(ifNull(sum(toDecimal256(size_bytes, 12)), -1)) AS bytes,
  any(current_buckets.region) AS place, toString(ifNull(sumIf(toDecimal256(size_bytes, 12), storage_class = 'StandardStorage'), 0)) AS standard_bytes, toString(max(current_buckets.objects)) AS object_count,
  toString(ifNull(max(size_day), toDate(0))) AS known_on FROM current_buckets
WHERE tag_status != 'unknown' GROUP BY account, bucket, team_label ORDER BY account, sum(toDecimal256(size_bytes, 12)) DESC NULLS LAST, bucket`,
  params: z.object({}),
  row: z.object({
    account: z.string(),
    bucket: z.string(),
    team_label: z.string(),
    bytes: picos,
    place: z.string(),
    standard_bytes: picos,
    object_count: picos.nullable(),
    known_on: day,
  }),
});

/** What storage, and transitions to another class, cost on the days, by account and usage type. */
export const STORAGE_PRICES = defineQuery({
  name: "what storage cost",
  sql: `SELECT scope AS account, bill_facts.usage_type AS type, toString(sum(toDecimal256(effective_cost, 12))) AS cost, toString(sum(toDecimal256(usage_quantity, 12))) AS quantity
FROM bill_facts WHERE toDate(charge_period_start) IN {days:Array(Date)} AND service = {service:String} AND record_type = 'Usage'
  AND match(usage_type, '(^|-)(TimedStorage-ByteHrs|TimedStorage-SIA-ByteHrs|Requests-Tier4)$')
  AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'bill')
GROUP BY account, type HAVING sum(toDecimal256(effective_cost, 12)) > 0 AND sum(toDecimal256(usage_quantity, 12)) > 0 ORDER BY account, type`,
  params: z.object({ days: z.array(z.string()), service: z.string() }),
  row: z.object({ account: z.string(), type: z.string(), cost: picos, quantity: picos }),
});
export type StoragePriceRow = z.infer<(typeof STORAGE_PRICES)["row"]>;
export type BucketRow = z.infer<(typeof BUCKETS)["row"]>;
