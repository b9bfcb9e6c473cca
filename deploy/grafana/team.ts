import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { CATEGORY_COLOURS, colour } from "./colours.js";
import { monthCompleteness } from "./completeness.js";
import { monthLines, percentBars, stackedBars, stat, table } from "./panels.js";
import { month, team } from "./variables.js";

const OF_MONTH = "billing_period = ${month:singlequote}";
const OF_TEAMS = "team_id IN (${team:singlequote})";
const THE_MONTH = "toDate(concat(${month:singlequote}, '-01'))";

/** What a team pays, of what, and how that stands against what was agreed. */
export function teamDashboard(currency: string): DashboardBuilder {
  return new DashboardBuilder("Teams")
    .uid("apportion-teams")
    .description("What each team pays, of what, and how it stands against its budget")
    .withVariable(month())
    .withVariable(team())
    .withPanel(monthCompleteness())
    .withPanel(
      stat({
        title: `Owed for the month so far (${currency})`,
        description:
          "From `team_monthly_costs`: the exact sum of what the chosen teams owe for what they used in the month, provisional while the month is open. Rounding to cents is on statements only, so it may differ from them in the last cent.",
        sql: `SELECT sum(amount) AS "Owed" FROM team_monthly_costs WHERE ${OF_MONTH} AND ${OF_TEAMS}`,
        size: [6, 5],
      }),
    )
    .withPanel(
      stat({
        title: `Posted in the month (${currency})`,
        description:
          "From `posted_entries`: the statement, once the month is closed, and what was posted in the month beside it: corrections, decisions, adjustments. This is what the teams are charged, to the cent.",
        sql: `SELECT sum(signed_amount) AS "Charged" FROM posted_entries WHERE ${OF_MONTH} AND account = 'team' AND ${OF_TEAMS}`,
        size: [6, 5],
      }),
    )
    .withPanel(
      stat({
        title: `Counts for budgets (${currency})`,
        description:
          "From `budget_status`: what is settled, the figure of alerts and reports. What is not settled stands in the table below.",
        sql: `SELECT sum(spent) AS "Spent" FROM budget_status WHERE ${OF_MONTH} AND ${OF_TEAMS}`,
        size: [6, 5],
      }),
    )
    .withPanel(
      stat({
        title: `Budgets of the month (${currency})`,
        description:
          "From `budget_status`: the budgets of the chosen teams for the whole month and all costs.",
        sql: `SELECT sum(budget) AS "Budget" FROM budget_status WHERE ${OF_MONTH} AND ${OF_TEAMS}`,
        size: [6, 5],
        nothing: "No budget is agreed",
      }),
    )
    .withPanel(
      percentBars({
        title: "Spent of each budget (%)",
        description:
          "From `budget_status`: percent of the month's budget that is settled, cut after two places, as alerts have it. Orange from 80 %, red from 100 %. Teams without a budget are not here.",
        sql: `SELECT team_id AS "Team", spent_percent AS "Spent" FROM budget_status
WHERE ${OF_MONTH} AND ${OF_TEAMS} AND spent_percent IS NOT NULL ORDER BY spent_percent DESC, team_id LIMIT 40`,
        size: [8, 12],
      }),
    )
    .withPanel(
      table({
        title: `Budget against spent, with the pace of the month (${currency})`,
        description:
          "From `budget_status` and `billing_periods`. Month gone: days that are allocated of the days of the month. Who has spent a larger part of the budget than of the month runs ahead of it. Not settled: does not count yet, it waits for the bill or for readings.",
        sql: `SELECT team_id AS "Team", cost_center AS "Cost center", budget AS "Budget (${currency})", spent AS "Spent (${currency})", not_settled AS "Not settled (${currency})",
  spent_percent AS "Spent of budget",
  (SELECT round(100 * any(days) / toDayOfMonth(toLastDayOfMonth(${THE_MONTH})), 2) FROM billing_periods WHERE ${OF_MONTH}) AS "Month gone",
  multiIf(budget IS NULL, 'no budget', spent > budget, 'over budget', spent_percent > "Month gone", 'ahead of the month', 'within') AS "Pace"
FROM budget_status WHERE ${OF_MONTH} AND ${OF_TEAMS} ORDER BY spent_percent DESC, team_id`,
        size: [16, 12],
        columns: { "Spent of budget": "percent", "Month gone": "percent" },
      }),
    )
    .withPanel(
      monthLines({
        title: `Spent so far against the budgets, day by day (${currency})`,
        description:
          "From `budget_costs` and `budget_status`: settled cost of the chosen teams added up over the days of the month, the same with what is not settled, the sum of their budgets, and these spread evenly over the days. Teams without a budget are left out.",
        sql: `WITH toDayOfMonth(toLastDayOfMonth(${THE_MONTH})) AS days,
  (SELECT sum(budget) FROM budget_status WHERE ${OF_MONTH} AND ${OF_TEAMS}) AS agreed
SELECT toDayOfMonth(charge_day) AS "Day of the month", sum(day_settled) OVER (ORDER BY charge_day) AS "Spent",
  sum(day_settled + day_open) OVER (ORDER BY charge_day) AS "With what is not settled", agreed AS "Budget",
  toDecimal128(agreed * toDayOfMonth(charge_day) / days, 2) AS "Even pace"
FROM (SELECT charge_day, sum(settled) AS day_settled, sum(not_settled) AS day_open FROM budget_costs
  WHERE ${OF_MONTH} AND team_id IN (SELECT team_id FROM budget_status WHERE ${OF_MONTH} AND ${OF_TEAMS} AND budget IS NOT NULL)
  GROUP BY charge_day)
ORDER BY charge_day`,
        size: [12, 10],
        xField: "Day of the month",
        unitOfAxis: currency,
        colours: [
          ["Spent", colour("spent")],
          ["With what is not settled", colour("forecast")],
          ["Budget", colour("budget")],
          ["Even pace", colour("before")],
        ],
      }),
    )
    .withPanel(
      stackedBars({
        title: `Owed for each day, by category (${currency})`,
        description:
          "From `team_daily_costs`: what the chosen teams owe for each day, their shares of shared services as the category shared. Days are UTC; those that are not final yet are provisional.",
        sql: `SELECT toString(charge_day) AS day, category, sum(amount) AS amount FROM team_daily_costs
WHERE ${OF_MONTH} AND ${OF_TEAMS} GROUP BY charge_day, category ORDER BY charge_day, category`,
        size: [12, 10],
        row: "day",
        series: "category",
        value: "amount",
        unitOfAxis: currency,
        colours: CATEGORY_COLOURS,
      }),
    )
    .withPanel(
      table({
        title: `Statement lines (${currency})`,
        description:
          "From `team_monthly_costs`: what each team owes for the month, by category, basis and pool; provisional while the month is open.",
        sql: `SELECT team_id AS "Team", category AS "Category", basis AS "Basis", pool AS "Pool", amount AS "Owed (${currency})"
FROM team_monthly_costs WHERE ${OF_MONTH} AND ${OF_TEAMS} ORDER BY team_id, amount DESC`,
        size: [12, 12],
      }),
    )
    .withPanel(
      table({
        title: `Shares of shared services, and by what they were split (${currency})`,
        description:
          "From `shared_cost_drivers`: what of the month's days each team pays of a pool. Quantity and total are of the last of those days, in the unit of the meter; money where the split is proportional, percent where it is fixed.",
        sql: `SELECT pool AS "Pool", team_id AS "Team", method AS "Method", meter AS "Meter", argMax(driver_quantity, charge_day) AS "Quantity", argMax(driver_total, charge_day) AS "Total",
  sum(amount) AS "Share (${currency})"
FROM shared_cost_drivers WHERE ${OF_MONTH} AND ${OF_TEAMS} GROUP BY pool, team_id, method, meter ORDER BY "Share (${currency})" DESC, pool, team_id`,
        size: [12, 12],
      }),
    )
    .withPanel(
      table({
        title: `Charged: statement and what was posted beside it (${currency})`,
        description:
          "From `posted_entries`: to the cent, as reports and journals have it. A correction, decision or adjustment of an earlier month is charged in the month in which it is posted.",
        sql: `SELECT team_id AS "Team", sumIf(signed_amount, kind = 'statement') AS "Statement (${currency})", sumIf(signed_amount, kind != 'statement') AS "Beside it (${currency})",
  sum(signed_amount) AS "Charged (${currency})"
FROM posted_entries WHERE ${OF_MONTH} AND account = 'team' AND ${OF_TEAMS} GROUP BY team_id ORDER BY "Charged (${currency})" DESC`,
        size: [12, 10],
        nothing: "Nothing is posted in this month yet: it is open",
      }),
    )
    .withPanel(
      table({
        title: `Alerts and reports that were sent about the month (${currency})`,
        description:
          "From `message_deliveries`: when which threshold was told, what the mail said was spent then, and whom it reached. A withdrawal takes an alert back.",
        sql: `SELECT told_at AS "Told at (UTC)", kind AS "Kind", team_id AS "Team", threshold_percent AS "Threshold", ifNull(toString(crossed_on), '') AS "Passed on", spent AS "Spent as told (${currency})",
  state AS "State", reached AS "Reached", missed AS "Missed"
FROM message_deliveries WHERE ${OF_MONTH} AND ${OF_TEAMS} ORDER BY told_at DESC, team_id, kind, threshold_percent DESC`,
        size: [12, 10],
        columns: { Threshold: "percent", Reached: "count", Missed: "count" },
        nothing: "No alert and no report was sent about this month to these teams",
      }),
    )
    .withPanel(
      table({
        title: `Budgets beside those of whole months (${currency})`,
        description:
          "From `budget_spans`: budgets of quarters and years, of some costs, of cost centers and departments, as far as they have the month in them. Those of one team are shown where it is chosen.",
        sql: `SELECT owner_kind AS "Of a", owner_name AS "Name", span AS "Span", first_month AS "From", last_month AS "To", if(categories = '', 'all costs', categories) AS "Of",
  budget AS "Budget (${currency})", increased AS "Of it increases (${currency})", spent AS "Spent (${currency})", not_settled AS "Not settled (${currency})", spent_percent AS "Spent of budget"
FROM budget_spans WHERE \${month:singlequote} BETWEEN first_month AND last_month AND (team_id = '' OR ${OF_TEAMS}) ORDER BY owner_kind, owner_name`,
        size: [24, 6],
        columns: { "Spent of budget": "percent" },
        nothing: "No budget beside those of teams for whole months",
      }),
    );
}
