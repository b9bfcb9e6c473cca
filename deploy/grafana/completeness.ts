import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { table } from "./panels.js";

const COUNTS = { "Days allocated": "count", "Days that lack readings": "count" } as const;

/** How far `runs` and `readings` of a month are. */
const STANDING = `toString(runs.last_day) AS "Allocated up to", runs.lacking AS "Days that lack readings",
  multiIf(readings.open_days = 0, toString(runs.last_day), toDayOfMonth(readings.first_open) = 1, 'no day yet', toString(readings.first_open - 1)) AS "All readings final up to"`;
const READINGS = `(SELECT formatDateTime(assumeNotNull(day), '%Y-%m') AS month, countIf(status != 'final') AS open_days, minIf(assumeNotNull(day), status != 'final') AS first_open
  FROM reading_completeness GROUP BY month) AS readings`;

/** Up to which day a month is read, complete and final: it stands first on every page of a month. */
export function monthCompleteness(): Builder<Panel> {
  return table({
    title: "Up to which day the month is complete, and whether it can still change (UTC)",
    description:
      "From `billing_periods`, `current_runs` and `reading_completeness`. A closed month is for good; what it turns out to differ by is posted in an open one. Of an open month days after the last final one are provisional: AWS or Kubecost may restate them. Days are UTC.",
    sql: `SELECT periods.billing_period AS "Month", if(periods.state = 'closed', 'closed: for good', 'open: provisional') AS "State", periods.days AS "Days allocated",
  ${STANDING}
FROM billing_periods AS periods
INNER JOIN (SELECT billing_period, max(charge_day) AS last_day, countIf(notEmpty(missing)) AS lacking FROM current_runs GROUP BY billing_period) AS runs
  ON runs.billing_period = periods.billing_period
LEFT JOIN ${READINGS} ON readings.month = periods.billing_period
WHERE periods.billing_period = \${month:singlequote}`,
    size: [24, 4],
    columns: COUNTS,
  });
}

/** The same of the days that are chosen by time, for pages that are of no month. */
export function rangeCompleteness(): Builder<Panel> {
  return table({
    title: "Up to which day the chosen days are complete, and whether they can still change (UTC)",
    description:
      "From `current_runs`, `billing_periods` and `reading_completeness`. Days of closed months are for good; of open months those after the last final one are provisional: AWS or Kubecost may restate them. Days are UTC.",
    sql: `SELECT runs.billing_period AS "Month", if(periods.state = 'closed', 'closed: for good', 'open: provisional') AS "State", runs.days AS "Days allocated",
  ${STANDING}
FROM (SELECT billing_period, count() AS days, max(charge_day) AS last_day, countIf(notEmpty(missing)) AS lacking FROM current_runs
  WHERE $__dateFilter(charge_day) GROUP BY billing_period) AS runs
INNER JOIN billing_periods AS periods ON periods.billing_period = runs.billing_period
LEFT JOIN ${READINGS} ON readings.month = runs.billing_period
ORDER BY runs.billing_period`,
    size: [24, 6],
    columns: COUNTS,
  });
}
