import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { CATEGORY_COLOURS, OWNER_COLOURS } from "./colours.js";
import { rangeCompleteness } from "./completeness.js";
import { stackedTime, stat, table } from "./panels.js";
import { choice, owner } from "./variables.js";

const OWNER = "if(owner_kind = 'team', team_id, owner_kind)";
const OF_OWNERS = `${OWNER} IN (\${owner:singlequote})`;
const OF_DAYS = "$__dateFilter(charge_day)";
/** What is grouped by, in words; what has none of it has a name too. */
const GROUP = "if(toString(${by:raw}) = '', '(none)', toString(${by:raw}))";
/** More of them cannot be told apart in a chart. */
const SERIES_MAX = 20;

/** Every dollar once, by whatever one asks for. */
export function explorerDashboard(currency: string): DashboardBuilder {
  const chosen = `${OF_DAYS} AND ${OF_OWNERS}`;
  const rows = `WITH ${OWNER} AS owner SELECT charge_day, ${GROUP} AS name, toDecimal256(current_allocations.amount, 12) AS cost FROM current_allocations`;
  return new DashboardBuilder("Cost explorer")
    .uid("apportion-explorer")
    .description("Every dollar of the chosen days once, with idle and unallocated, by what you group it by")
    .withVariable(
      choice("by", "Group by", {
        owner: "owner",
        category: "category",
        pool: "pool",
        cluster: "cluster",
        namespace: "namespace",
        source: "source",
        service: "service",
      }),
    )
    .withVariable(choice("per", "Per", { day: "toDate", week: "toMonday", month: "toStartOfMonth" }))
    .withVariable(owner())
    .withPanel(rangeCompleteness())
    .withPanel(
      stat({
        title: `Cost of the chosen days (${currency})`,
        description:
          "From `current_allocations`: the exact sum of the lines that count now, of the chosen owners. Days that are not final are provisional.",
        sql: `SELECT sum(toDecimal256(amount, 12)) AS "Cost" FROM current_allocations WHERE ${chosen}`,
        size: [6, 11],
      }),
    )
    .withPanel(
      stackedTime({
        title: `Cost by what is chosen above (${currency})`,
        description: `From \`current_allocations\`: the ${SERIES_MAX} largest, and all others together; idle, unallocated and corporate are grey. The first and the last week or month may be parts of them. Days are UTC.`,
        sql: `WITH lines AS (${rows} WHERE ${chosen}),
  largest AS (SELECT name FROM lines GROUP BY name ORDER BY sum(cost) DESC, name LIMIT ${SERIES_MAX})
SELECT toDateTime(\${per:raw}(charge_day), 'UTC') AS time, if(name IN (SELECT name FROM largest), name, '(all others)') AS series, sum(cost) AS value
FROM lines GROUP BY time, series ORDER BY time, series`,
        size: [18, 11],
        isLong: true,
        unitOfAxis: currency,
        colours: [...CATEGORY_COLOURS, ...OWNER_COLOURS],
      }),
    )
    .withPanel(
      table({
        title: `Cost against as many days before (${currency})`,
        description:
          "From `current_allocations`: the chosen days, and as many days right before them. The part is of the chosen days' cost. The change is empty where not as many days are read before: periods of different length are not compared.",
        sql: `WITH toDate($__fromTime, 'UTC') AS first, toDate($__toTime, 'UTC') AS last, last - first + 1 AS days,
  lines AS (${rows} WHERE charge_day BETWEEN first - days AND last AND ${OF_OWNERS})
SELECT name AS "Group", sumIf(cost, charge_day >= first) AS "Chosen days (${currency})", sumIf(cost, charge_day < first) AS "Days before (${currency})",
  if("Days read" = "Days read before", "Chosen days (${currency})" - "Days before (${currency})", NULL) AS "Change (${currency})",
  round(100 * toFloat64("Chosen days (${currency})") / toFloat64((SELECT sumIf(cost, charge_day >= first) FROM lines)), 2) AS "Part",
  (SELECT uniqExactIf(charge_day, charge_day >= first) FROM lines) AS "Days read", (SELECT uniqExactIf(charge_day, charge_day < first) FROM lines) AS "Days read before"
FROM lines GROUP BY name ORDER BY "Chosen days (${currency})" DESC, name LIMIT 500`,
        size: [24, 14],
        columns: { Part: "percent", "Days read": "count", "Days read before": "count" },
      }),
    )
    .withPanel(
      table({
        title: `Services of the bill and Kubernetes, whoever pays (${currency})`,
        description:
          "From `service_daily_costs`: what is spent on in the chosen days, of all owners together.",
        sql: `SELECT source AS "Source", if(service = '', '(Kubernetes and shared services)', service) AS "Service", category AS "Category", pool AS "Pool", sum(amount) AS "Cost (${currency})"
FROM service_daily_costs WHERE ${OF_DAYS} GROUP BY source, service, category, pool ORDER BY "Cost (${currency})" DESC LIMIT 200`,
        size: [12, 12],
      }),
    )
    .withPanel(
      table({
        title: `The most expensive workloads (${currency})`,
        description:
          "From `workload_daily_costs`: at Kubecost's prices, before the bill, of all teams. Names of teams under HIPAA or PCI are hidden.",
        sql: `SELECT cluster AS "Cluster", namespace AS "Namespace", controller_kind AS "Kind", controller AS "Workload", sum(cost_at_list_price) AS "Cost at list price (${currency})"
FROM workload_daily_costs WHERE ${OF_DAYS} GROUP BY cluster, namespace, controller_kind, controller ORDER BY "Cost at list price (${currency})" DESC LIMIT 100`,
        size: [12, 12],
      }),
    );
}
