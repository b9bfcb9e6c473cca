import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { decimalOfCents } from "@apportion/domain/cents";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { budgetFor } from "@apportion/domain/budget";
import { type Registry } from "@apportion/domain/tenancy";
import { readStatements } from "./read-statements.js";
import { statementsOf } from "./statements.js";

const picos = z.string().transform(parsePicos);
const ofMonth = z.object({ month: z.string() });

const RUNS = defineQuery({
  name: "runs of a month",
  sql: `SELECT count() AS days, toString(max(charge_day)) AS last_day, countIf(notEmpty(missing)) AS incomplete_days,
  sum(toDecimal256(current_runs.collected, 12)) AS collected, sum(toDecimal256(current_runs.allocated, 12)) AS allocated
FROM current_runs WHERE billing_period = {month:String}`,
  params: ofMonth,
  row: z.object({
    days: z.string().transform(Number),
    last_day: z.string(),
    incomplete_days: z.string().transform(Number),
    collected: picos,
    allocated: picos,
  }),
});

const ALERTS = defineQuery({
  name: "alerts of a month",
  sql: `SELECT team_id, threshold_percent, toString(min(crossed_on)) AS crossed_on FROM deliveries
WHERE kind = 'budget-alert' AND billing_period = {month:String} AND position(budget_version, ':') = 0
  AND (team_id, threshold_percent, budget_version, episode) NOT IN
    (SELECT team_id, threshold_percent, budget_version, episode FROM deliveries WHERE kind = 'budget-alert-withdrawal' AND billing_period = {month:String})
GROUP BY delivery_key, team_id, threshold_percent ORDER BY team_id, threshold_percent`,
  params: ofMonth,
  row: z.object({ team_id: z.string(), threshold_percent: z.number(), crossed_on: z.string() }),
});

const ACCURACY = defineQuery({
  name: "accuracy of a month",
  sql: "SELECT toDecimalString(accuracy_percent, 2) AS percent FROM attribution_accuracy WHERE billing_period = {month:String}",
  params: ofMonth,
  row: z.object({ percent: z.string() }),
});

const STANDING = defineQuery({
  name: "what counts for the budgets of a month",
  sql: `SELECT team_id, toString(spent) AS settled, toString(not_settled) AS unsettled FROM budget_status WHERE billing_period = {month:String}`,
  params: ofMonth,
  row: z.object({ team_id: z.string(), settled: picos, unsettled: picos }),
});

export interface TeamStatement {
  readonly team: string;
  readonly name: string;
  /** What the team's own namespaces, labels and buckets cost. */
  readonly direct: string;
  /** Its share of the services and system namespaces that teams share. */
  readonly shared: string;
  /** Idle capacity of clusters dedicated to it. */
  readonly idle: string;
  readonly total: string;
  /** What of the total counts for its budget, as in alerts and reports, and what is not settled and does not count yet. */
  readonly settled: string;
  readonly notSettled: string;
  /** What the statement charges: total in cents, rounded so that all of the month adds up. */
  readonly charged: string;
  /** Budget of the month; absent when the team has none. */
  readonly budget?: string;
}

/** A month in numbers. Amounts are exact decimal strings in `currency`. */
export interface MonthSummary {
  readonly month: BillingPeriod;
  readonly currency: string;
  readonly days: number;
  readonly lastDay: string;
  readonly incompleteDays: number;
  readonly collected: string;
  readonly allocated: string;
  readonly unallocated: string;
  readonly idle: string;
  /** Tax, support, credits, refunds and fees of the bill. */
  readonly corporate: string;
  /** In cents, as the statements have it: teams, idle, corporate and unallocated add up to the month. */
  readonly charged: {
    readonly total: string;
    readonly teams: string;
    readonly idle: string;
    readonly corporate: string;
    readonly unallocated: string;
  };
  /** Percent of the bill that is attributed, as `reconcile` says it; absent where no bill was read. */
  readonly accuracyPercent?: string;
  readonly alerts: readonly { team: string; threshold: number; period: BillingPeriod; crossedOn: string }[];
  readonly statements: readonly TeamStatement[];
}

export async function summarizeMonth(
  clickhouse: ClickHouse,
  registry: Registry,
  currency: string,
  month: BillingPeriod,
): Promise<MonthSummary> {
  const { teams } = registry;
  const [read, [runs], alerts, [accuracy], standing] = await Promise.all([
    readStatements(clickhouse, month, teams),
    select(clickhouse, RUNS, { month }),
    select(clickhouse, ALERTS, { month }),
    select(clickhouse, ACCURACY, { month }),
    select(clickhouse, STANDING, { month }),
  ]);
  if (!runs) throw new Error("An aggregate query gave no row");
  const cents = read ?? statementsOf([], teams);
  return {
    month,
    currency,
    days: runs.days,
    lastDay: runs.last_day,
    incompleteDays: runs.incomplete_days,
    collected: formatPicos(runs.collected),
    allocated: formatPicos(runs.allocated),
    unallocated: formatPicos(cents.unallocated.picos),
    idle: formatPicos(cents.idle.picos),
    corporate: formatPicos(cents.corporate.picos),
    charged: {
      total: decimalOfCents(cents.cents),
      teams: decimalOfCents(cents.teams.reduce((sum, statement) => sum + statement.cents, 0n)),
      idle: decimalOfCents(cents.idle.cents),
      corporate: decimalOfCents(cents.corporate.cents),
      unallocated: decimalOfCents(cents.unallocated.cents),
    },
    ...(accuracy && { accuracyPercent: accuracy.percent }),
    alerts: alerts.map((alert) => ({
      team: alert.team_id,
      threshold: alert.threshold_percent,
      period: month,
      crossedOn: alert.crossed_on,
    })),
    statements: registry.teams.map((team) => {
      const statement = cents.teams.find(({ teamId }) => teamId === team.id);
      const by = (basis: string): bigint =>
        (statement?.lines ?? [])
          .filter((line) => line.basis === basis)
          .reduce((sum, { picos: exact }) => sum + exact, 0n);
      const budget = budgetFor(team, month);
      return {
        team: team.id,
        name: team.name,
        direct: formatPicos(by("direct")),
        shared: formatPicos(by("shared")),
        idle: formatPicos(by("idle")),
        total: formatPicos(by("direct") + by("shared") + by("idle")),
        settled: formatPicos(standing.find(({ team_id }) => team_id === team.id)?.settled ?? 0n),
        notSettled: formatPicos(standing.find(({ team_id }) => team_id === team.id)?.unsettled ?? 0n),
        charged: decimalOfCents(statement?.cents ?? 0n),
        ...(budget && { budget: budget.amount }),
      };
    }),
  };
}
