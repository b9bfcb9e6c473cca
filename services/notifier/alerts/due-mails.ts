import {
  alertsDue,
  budgetVersion,
  withdrawalsDue,
  dailySpend,
  type DueAlert,
  type ToldAlert,
} from "@apportion/books/budgets/evaluate";
import { countedLines, linesByTeam, type MonthCosts, settledDays } from "@apportion/books/months/month";
import { billingPeriodOf } from "@apportion/domain/period";
import { type AgreedBudget, budgetFor } from "@apportion/domain/budget";
import { type Team } from "@apportion/domain/tenancy";
import { renderAlert } from "@apportion/reports/alerts/alert-mail";
import { composeAlert, composeWithdrawal } from "@apportion/reports/alerts/compose";
import { renderWithdrawal } from "@apportion/reports/alerts/withdrawal-mail";
import type { SpentWhenSeen } from "../budgets/versions.js";
import type { Mail } from "../delivery/deliver.js";
import { recipientsOf } from "../delivery/recipients.js";
import { type AlertSetting, besides } from "./setting.js";

/** What is on record of the budgets of a month, by team, or of those of a span, by line. */
export interface BudgetHistory {
  readonly told: ReadonlyMap<string, readonly ToldAlert[]>;
  readonly whenSeen: SpentWhenSeen;
}

/**
 * The alerts of a month that were not delivered yet, and withdrawals of those that were: one mail each for a team, however many
 * thresholds it is about. An alert is of the highest, a withdrawal of the lowest, and tells of the others too.
 */
export function alertMails(
  month: MonthCosts,
  { told, whenSeen }: BudgetHistory,
  setting: AlertSetting,
): Mail[] {
  const counted = linesByTeam(countedLines(month, setting.registry));
  const all = linesByTeam(month.lines);
  const settled = new Set(settledDays(month, setting.registry));
  const unsettledDays = new Set(month.days.map(({ day }) => day).filter((day) => !settled.has(day)));
  return setting.registry.teams.flatMap((team) => {
    const budget = budgetFor(team, month.period);
    if (!budget) return [];
    const spending = {
      counted: dailySpend(counted.get(team.id) ?? []),
      all: dailySpend(all.get(team.id) ?? []),
      unsettledDays,
      whenSeen: whenSeen.get(team.id) ?? 0n,
    };
    const ofTeam = told.get(team.id) ?? [];
    const to = recipientsOf(team, setting.finance);
    const withdrawals = withdrawalsDue(budget, spending, ofTeam);
    const due = alertsDue(budget, spending, setting.thresholdsPercent, ofTeam);
    return [
      ...withdrawalMails(team, budget, withdrawals, month, setting),
      ...newAlertMails(team, budget, due, month, setting),
    ].map((mail): Mail => ({ ...mail, to }));
  });
}

function newAlertMails(
  team: Team,
  budget: AgreedBudget,
  due: readonly DueAlert[],
  month: MonthCosts,
  setting: AlertSetting,
): Omit<Mail, "to">[] {
  const highest = due.at(-1);
  if (!highest) return [];
  const { period } = month;
  const alsoPassed = due.slice(0, -1);
  const isOver = billingPeriodOf(setting.today) > period;
  const alert = composeAlert(team, budget, { ...highest, alsoPassed }, month, {
    ...setting,
    ...besides(team, period, setting),
    isOver,
  });
  const version = { budgetVersion: budgetVersion(budget) };
  const about = { kind: "budget-alert", period, teamId: team.id, spent: alert.spent } as const;
  const alsoTells = alsoPassed.map((each) => ({ ...each, ...version }));
  return [{ about: { ...about, ...highest, ...version, alsoTells }, rendered: renderAlert(alert) }];
}

function withdrawalMails(
  team: Team,
  budget: AgreedBudget,
  told: readonly ToldAlert[],
  month: MonthCosts,
  setting: AlertSetting,
): Omit<Mail, "to">[] {
  const [lowest, ...alsoTells] = told.toSorted((a, b) => a.thresholdPercent - b.thresholdPercent);
  if (!lowest) return [];
  const withdrawal = composeWithdrawal(team, budget, [lowest, ...alsoTells], month, setting);
  const { spent } = withdrawal;
  const about = { kind: "budget-alert-withdrawal", period: month.period, teamId: team.id } as const;
  return [{ about: { ...about, ...lowest, spent, alsoTells }, rendered: renderWithdrawal(withdrawal) }];
}
