import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { DashboardBuilder, type Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { colour } from "./colours.js";
import { monthCompleteness } from "./completeness.js";
import { percent, stackedBars, stat, table } from "./panels.js";
import { month } from "./variables.js";

const OF_MONTH = "billing_period = ${month:singlequote}";
const THE_MONTH = "toDate(concat(${month:singlequote}, '-01'))";
const BEFORE = `formatDateTime(${THE_MONTH} - INTERVAL 1 MONTH, '%Y-%m')`;

/**
 * Each of what `of` names in the month and in as many days of the one before: a part of a month is compared with an equal part, a whole
 * one with a whole one, and nothing with what was not read.
 */
function againstBefore(
  currency: string,
  of: string,
  name: string,
  size: readonly [number, number],
): Builder<Panel> {
  return table({
    title: `${name} against the month before (${currency})`,
    description:
      "From `team_daily_costs`, `current_runs` and `budgets_in_force`: what is owed for the days of the month that are allocated, and for as many first days of the month before; of a whole month for all days of both. The change is empty where days of the month before are missing. Cost centers are those of the month chosen.",
    sql: `WITH (SELECT toDayOfMonth(max(charge_day)) FROM current_runs WHERE ${OF_MONTH}) AS last,
  last = toDayOfMonth(toLastDayOfMonth(${THE_MONTH})) AS is_whole, toDayOfMonth(${THE_MONTH} - 1) AS whole_before,
  (SELECT count() FROM current_runs WHERE ${OF_MONTH}) AS days,
  (SELECT count() FROM current_runs WHERE billing_period = ${BEFORE} AND (is_whole OR toDayOfMonth(charge_day) <= last)) AS days_before
SELECT ${of}, sumIf(amount, ${OF_MONTH}) AS "This month (${currency})", sumIf(amount, billing_period = ${BEFORE}) AS "Month before (${currency})",
  if(days_before = if(is_whole, whole_before, days), "This month (${currency})" - "Month before (${currency})", NULL) AS "Change (${currency})",
  if("Month before (${currency})" = 0, NULL, round(100 * toFloat64("Change (${currency})") / toFloat64("Month before (${currency})"), 2)) AS "Change",
  days AS "Days", days_before AS "Days before"
FROM team_daily_costs
LEFT JOIN (SELECT team_id, cost_center FROM budgets_in_force WHERE ${OF_MONTH}) AS centers ON centers.team_id = team_daily_costs.team_id
WHERE billing_period IN (\${month:singlequote}, ${BEFORE}) AND (is_whole OR toDayOfMonth(charge_day) <= last)
GROUP BY ALL ORDER BY "This month (${currency})" DESC`,
    size,
    columns: { Change: "percent", Days: "count", "Days before": "count" },
  });
}

/** What finance closes a month by. */
export function financeDashboard(currency: string): DashboardBuilder {
  return new DashboardBuilder("Finance")
    .uid("apportion-finance")
    .description("A month from the invoice to what is charged, and what of it is nobody's")
    .withVariable(month())
    .withPanel(monthCompleteness())
    .withPanel(
      stat({
        title: `Allocated in the month (${currency})`,
        description:
          "From `billing_periods`: every dollar that was collected, exact, provisional while the month is open.",
        sql: `SELECT allocated AS "Allocated" FROM billing_periods WHERE ${OF_MONTH}`,
        size: [5, 5],
      }),
    )
    .withPanel(
      stat({
        title: `Posted in the month (${currency})`,
        description:
          "From `posted_entries`: everything that is charged in the month, its statements and what is posted beside them, to teams, idle, corporate and unallocated, to the cent.",
        sql: `SELECT sum(signed_amount) AS "Posted" FROM posted_entries WHERE ${OF_MONTH} AND account != 'clearing'`,
        size: [5, 5],
      }),
    )
    .withPanel(
      percent({
        title: "Attributed of the bill (%)",
        description:
          "From `attribution_accuracy`: 100 % less what is missed, no day making up for another, rounded down.",
        sql: `SELECT accuracy_percent AS "Attributed" FROM attribution_accuracy WHERE ${OF_MONTH}`,
        size: [4, 5],
        nothing: "No bill is read",
      }),
    )
    .withPanel(
      stat({
        title: `Idle that is nobody's (${currency})`,
        description:
          "From `idle_daily_costs`: idle capacity of the month that is kept apart, at the bill's price. Idle of dedicated pools is their tenants'.",
        sql: `SELECT sum(amount) AS "Idle" FROM idle_daily_costs WHERE ${OF_MONTH} AND owner_kind = 'idle'`,
        size: [5, 5],
      }),
    )
    .withPanel(
      stat({
        title: `Unallocated (${currency})`,
        description: "From `current_allocations`: cost of the month that nobody owns and no policy spreads.",
        sql: `SELECT sum(toDecimal256(amount, 12)) AS "Unallocated" FROM current_allocations WHERE ${OF_MONTH} AND owner_kind = 'unallocated'`,
        size: [5, 5],
      }),
    )
    .withPanel(
      againstBefore(
        currency,
        `team_daily_costs.team_id AS "Team", cost_center AS "Cost center"`,
        "Teams",
        [14, 12],
      ),
    )
    .withPanel(againstBefore(currency, `cost_center AS "Cost center"`, "Cost centers", [10, 12]))
    .withPanel(
      table({
        title: `From the invoice to the bill that is charged (${currency})`,
        description:
          "From `invoice_to_charge`: invoice − purchases + amortisation + discounts = bill, by account; unused commitment is a part of the bill.",
        sql: `SELECT account AS "Account", invoice AS "Invoice (${currency})", -purchases AS "Purchases (${currency})", amortisation AS "Amortisation (${currency})", discounts AS "Discounts (${currency})",
  bill AS "Bill (${currency})", unused_commitment AS "Of it unused commitment (${currency})"
FROM invoice_to_charge WHERE ${OF_MONTH} ORDER BY account`,
        size: [24, 6],
        nothing: "No bill is read",
      }),
    )
    .withPanel(
      table({
        title: `Attributed against billed, by source (${currency})`,
        description:
          "From `reconciliation`: the bill as read last, what of it is attributed, and what was posted to correct the month since it was closed. The difference is zero unless a reading is missing or a correction is to come.",
        sql: `SELECT source AS "Source", billed AS "Billed (${currency})", attributed AS "Attributed (${currency})", corrected AS "Corrected (${currency})", difference AS "Difference (${currency})"
FROM reconciliation WHERE ${OF_MONTH} ORDER BY source`,
        size: [12, 8],
      }),
    )
    .withPanel(
      table({
        title: `Corrections, decisions and adjustments that touch the month (${currency})`,
        description:
          "From `posted_entries`: what was posted beside statements, in the month or about it. What is about a closed month is charged in the month in which it is posted.",
        sql: `SELECT billing_period AS "Posted in", corrects_period AS "About", kind AS "Kind", if(account = 'team', team_id, account) AS "Who is charged", sum(signed_amount) AS "Posted (${currency})"
FROM posted_entries WHERE (${OF_MONTH} OR corrects_period = \${month:singlequote}) AND kind != 'statement' AND account != 'clearing'
GROUP BY ALL ORDER BY ALL`,
        size: [12, 8],
        nothing: "Nothing was posted beside statements",
      }),
    )
    .withPanel(
      stackedBars({
        title: `Idle capacity that is kept apart, by day and resource (${currency})`,
        description:
          "From `idle_daily_costs`: what nodes cost less what was allocated of them, at the bill's price, where no team pays it.",
        sql: `SELECT toString(charge_day) AS day, concat('idle-', resource) AS resource, sum(amount) AS amount FROM idle_daily_costs
WHERE ${OF_MONTH} AND owner_kind = 'idle' GROUP BY charge_day, resource ORDER BY charge_day, resource`,
        size: [12, 10],
        row: "day",
        series: "resource",
        value: "amount",
        unitOfAxis: currency,
        colours: ["cpu", "gpu", "memory", "variance"].map(
          (name) => [`idle-${name}`, colour(`idle-${name}`)] as const,
        ),
      }),
    )
    .withPanel(
      table({
        title: `What does not count as attributed, and why (${currency})`,
        description:
          "From `not_attributed`: cost without an owner, also where a policy spreads it, and cost that a fallback split. The most first.",
        sql: `SELECT kind AS "Kind", reason AS "Reason", source AS "Source", pool AS "Pool", cluster AS "Cluster", namespace AS "Namespace", service AS "Service", sum(amount) AS "Size (${currency})"
FROM not_attributed WHERE ${OF_MONTH} GROUP BY ALL ORDER BY "Size (${currency})" DESC LIMIT 100`,
        size: [12, 10],
        nothing: "Everything is attributed",
      }),
    )
    .withPanel(
      table({
        title: `What one of each unit cost (${currency})`,
        description:
          "From `unit_costs`: what one MLflow run, GPU-hour, core-hour, GiB-hour or one of another meter cost in the month, as statements charge it.",
        sql: `SELECT unit AS "Unit", quantity AS "Quantity", cost AS "Cost (${currency})", cost_per_unit AS "Cost of one (${currency})"
FROM unit_costs WHERE ${OF_MONTH} ORDER BY unit`,
        size: [10, 9],
        columns: { [`Cost of one (${currency})`]: "cost of one" },
      }),
    )
    .withPanel(
      table({
        title: `Months: open or closed, and by whom (${currency})`,
        description:
          "From `billing_periods`: all months, with what is allocated and what their statements came to when they were closed.",
        sql: `SELECT billing_period AS "Month", state AS "State", days AS "Days allocated", allocated AS "Allocated (${currency})", statements AS "Statements (${currency})", closed_at AS "Closed at (UTC)",
  prepared_by AS "Prepared by", approved_by AS "Approved by"
FROM billing_periods ORDER BY billing_period DESC`,
        size: [14, 9],
        columns: { "Days allocated": "count" },
      }),
    );
}
