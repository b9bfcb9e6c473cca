import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { DashboardBuilder, type Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { CAPACITY_COLOURS, colour } from "./colours.js";
import { rangeCompleteness } from "./completeness.js";
import { stackedTime, table } from "./panels.js";
import { cluster } from "./variables.js";

const OF_DAYS = "$__dateFilter(charge_day)";
const OF_CLUSTERS = "cluster IN (${cluster:singlequote})";

/** A resource of nodes, by the columns of `current_cells`. */
interface Resource {
  readonly name: string;
  readonly unit: string;
  readonly charged: string;
  readonly used: string;
}

const RESOURCES: readonly Resource[] = [
  { name: "CPU", unit: "core-hours", charged: "cpu_core_hours", used: "cpu_usage_core_hours" },
  { name: "Memory", unit: "GiB-hours", charged: "ram_gib_hours", used: "ram_usage_gib_hours" },
  { name: "GPU", unit: "GPU-hours", charged: "gpu_hours", used: "gpu_usage_hours" },
];

const sum = (column: string, where: string): string => `sumIf(toDecimal256(${column}, 12), ${where})`;
/** What workloads took of nodes beyond what they used, since they asked for it; what was used beyond that was not asked for. */
const usedOf = ({ charged, used }: Resource): string =>
  sum(`least(${used}, ${charged})`, "kind = 'workload'");
const requestedOf = ({ charged }: Resource): string => sum(charged, "kind = 'workload'");
const idleOf = ({ charged }: Resource): string => sum(charged, "kind = 'idle'");

function capacityByDay(resource: Resource): Builder<Panel> {
  const { name, unit } = resource;
  return stackedTime({
    title: `${name} by day: used, requested and not used, idle (${unit})`,
    description:
      "From `current_cells`, as Kubecost or OpenCost measured it: what workloads used, what was kept for them beyond that because they requested it, and what no workload asked for. Together it is what the nodes have. Days are UTC.",
    sql: `SELECT toDateTime(charge_day, 'UTC') AS time, ${usedOf(resource)} AS "used", ${requestedOf(resource)} - "used" AS "requested, not used",
  ${idleOf(resource)} AS "idle"
FROM current_cells WHERE ${OF_DAYS} AND ${OF_CLUSTERS} AND kind IN ('workload', 'idle') GROUP BY time ORDER BY time`,
    size: [8, 10],
    unitOfAxis: unit,
    colours: CAPACITY_COLOURS,
  });
}

function rowsOf(resource: Resource): string {
  const { name, unit } = resource;
  return `SELECT cluster, '${name}' AS resource, '${unit}' AS unit, ${requestedOf(resource)} + ${idleOf(resource)} AS capacity,
    ${requestedOf(resource)} AS requested, ${usedOf(resource)} AS used, ${idleOf(resource)} AS idle
  FROM current_cells WHERE ${OF_DAYS} AND ${OF_CLUSTERS} AND kind IN ('workload', 'idle') GROUP BY cluster`;
}

/** What the platform has, what of it was asked for and used, and what nobody did. */
export function capacityDashboard(currency: string): DashboardBuilder {
  return new DashboardBuilder("Platform capacity")
    .uid("apportion-capacity")
    .description("Requested, used and idle capacity by cluster and pool of nodes")
    .withVariable(cluster())
    .withPanel(rangeCompleteness())
    .withPanel(capacityByDay(RESOURCES[0] as Resource))
    .withPanel(capacityByDay(RESOURCES[1] as Resource))
    .withPanel(capacityByDay(RESOURCES[2] as Resource))
    .withPanel(
      table({
        title: "Capacity by cluster and resource: requested, used, idle (hours of the unit in the row)",
        description:
          "From `current_cells`, the sum of the chosen days. Requested: kept for workloads, which is what they asked for or used, whichever is more. Capacity: requested and idle.",
        sql: `SELECT cluster AS "Cluster", resource AS "Resource", unit AS "Unit", capacity AS "Capacity", requested AS "Requested", used AS "Used", idle AS "Idle",
  if(requested = 0, NULL, round(100 * toFloat64(used) / toFloat64(requested), 2)) AS "Used of requested",
  round(100 * toFloat64(idle) / toFloat64(capacity), 2) AS "Idle of capacity"
FROM (${RESOURCES.map(rowsOf).join("\n  UNION ALL\n  ")}) WHERE capacity > 0 ORDER BY cluster, resource`,
        size: [24, 9],
        columns: { "Used of requested": "percent", "Idle of capacity": "percent" },
      }),
    )
    .withPanel(
      stackedTime({
        title: `Cost of idle capacity by day and resource (${currency})`,
        description:
          "From `idle_daily_costs`: what nodes cost less what was allocated of them, at the bill's price, whoever pays it. Variance, negative, is what was allocated of nodes beyond their cost.",
        sql: `SELECT toDateTime(charge_day, 'UTC') AS time, concat('idle-', resource) AS series, sum(amount) AS value
FROM idle_daily_costs WHERE ${OF_DAYS} AND ${OF_CLUSTERS} GROUP BY time, series ORDER BY time, series`,
        size: [12, 10],
        isLong: true,
        unitOfAxis: currency,
        colours: ["cpu", "gpu", "memory", "variance"].map(
          (name) => [`idle-${name}`, colour(`idle-${name}`)] as const,
        ),
      }),
    )
    .withPanel(
      table({
        title: `Cost of idle capacity by cluster and pool of nodes, and who pays it (${currency})`,
        description:
          "From `idle_daily_costs`, the sum of the chosen days at the bill's price. Idle of a dedicated cluster or pool is its tenant's. What was requested and used is known by cluster only: neither Kubecost nor OpenCost tells it by pool of nodes.",
        sql: `SELECT cluster AS "Cluster", if(node_pool = '', 'no pool', node_pool) AS "Node pool", if(owner_kind = 'team', team_id, 'kept apart') AS "Who pays",
  sumIf(amount, resource = 'cpu') AS "CPU (${currency})", sumIf(amount, resource = 'gpu') AS "GPU (${currency})", sumIf(amount, resource = 'memory') AS "Memory (${currency})",
  sumIf(amount, resource NOT IN ('cpu', 'gpu', 'memory')) AS "Other and variance (${currency})", sum(amount) AS "Idle (${currency})"
FROM idle_daily_costs WHERE ${OF_DAYS} AND ${OF_CLUSTERS} GROUP BY 1, 2, 3 ORDER BY "Idle (${currency})" DESC`,
        size: [12, 10],
      }),
    )
    .withPanel(
      table({
        title: `Workloads that request the most CPU and do not use it (core-hours; cost in ${currency})`,
        description:
          "From `workload_daily_costs`, the sum of the chosen days; cost at Kubecost's prices, before the bill. Names of teams under HIPAA or PCI are hidden.",
        sql: `SELECT cluster AS "Cluster", namespace AS "Namespace", controller AS "Workload", sum(cpu_request_core_hours) AS "Requested", sum(cpu_usage_core_hours) AS "Used",
  "Requested" - "Used" AS "Not used", sum(cost_at_list_price) AS "Cost at list price (${currency})"
FROM workload_daily_costs WHERE ${OF_DAYS} AND ${OF_CLUSTERS} GROUP BY cluster, namespace, controller
HAVING "Not used" > 0 ORDER BY "Not used" DESC LIMIT 25`,
        size: [12, 11],
      }),
    )
    .withPanel(
      table({
        title: "Quotas of namespaces on the last day that is read: allowed and requested (cores, GiB, GPUs)",
        description:
          "From `current_quotas`: what quotas let each namespace request, and the most of it that was requested; what is reserved and not requested is at the top. Empty without the section `utilisation` of the configuration.",
        sql: `SELECT toString(day) AS "Day (UTC)", cluster AS "Cluster", namespace AS "Namespace", cpu_cores AS "Cores allowed", cpu_used_cores AS "Cores requested",
  memory_gib AS "GiB allowed", memory_used_gib AS "GiB requested", gpus AS "GPUs allowed", gpus_used AS "GPUs requested"
FROM current_quotas
WHERE day = (SELECT max(day) FROM current_quotas WHERE $__dateFilter(day)) AND ${OF_CLUSTERS}
ORDER BY ifNull(cpu_cores - cpu_used_cores, 0) DESC, cluster, namespace LIMIT 50`,
        size: [12, 11],
      }),
    );
}
