import {
  alertsDue,
  budgetVersion,
  withdrawalsDue,
  dailySpend,
  type DueAlert,
  type ToldAlert,
} from "@apportion/books/budgets/evaluate";
import { type CostHistory, NO_HISTORY } from "@apportion/books/forecast/history";
import { countedLines, linesOfTeam, type MonthCosts, settledDays } from "@apportion/books/months/month";
import { type BillingPeriod, billingPeriodOf, type Day } from "@apportion/domain/period";
import { type Budget, budgetFor, type Registry, type Team } from "@apportion/domain/tenancy";
import { renderAlert } from "@apportion/reports/alerts/alert-mail";
import { type Alert, composeAlert, composeWithdrawal } from "@apportion/reports/alerts/compose";
import { renderWithdrawal } from "@apportion/reports/alerts/withdrawal-mail";
import { type ReportAdvice, teamAdvice } from "@apportion/reports/monthly/team-advice";
import type { SpentWhenSeen } from "../budgets/versions.js";
import type { Mail } from "../delivery/deliver.js";
import type { WhatChanged } from "../reports/what-changed.js";

/** What is said beside a threshold: how the month ends, why it costs what it does, and what would help. */
export interface AroundAlerts {
  /** What teams cost before the month. */
  readonly history: CostHistory;
  readonly changed: WhatChanged;
  readonly advice: ReportAdvice;
}

export const NOTHING_AROUND: AroundAlerts = {
  history: NO_HISTORY,
  changed: new Map(),
  advice: { recommendations: [], lives: [] },
};

/** What mails about thresholds are made with. */
export interface AlertSetting extends AroundAlerts {
  readonly registry: Registry;
  readonly currency: string;
  readonly today: Day;
  /** From the lowest to the highest. */
  readonly thresholdsPercent: readonly number[];
  /** Who receives the mails of teams without contacts. */
  readonly finance: readonly string[];
}

/** What is on record of a month's budgets, by team. */
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
  const counted = countedLines(month, setting.registry);
  const settled = new Set(settledDays(month, setting.registry));
  const unsettledDays = new Set(month.days.map(({ day }) => day).filter((day) => !settled.has(day)));
  return setting.registry.teams.flatMap((team) => {
    const budget = budgetFor(team, month.period);
    if (!budget) return [];
    const spending = {
      counted: dailySpend(linesOfTeam(counted, team.id)),
      all: dailySpend(linesOfTeam(month.lines, team.id)),
      unsettledDays,
      whenSeen: whenSeen.get(team.id) ?? 0n,
    };
    const ofTeam = told.get(team.id) ?? [];
    const to = team.contacts.length > 0 ? team.contacts : setting.finance;
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
  budget: Budget,
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

/** What is said beside a threshold, of one team. */
export function besides(
  { id }: Team,
  period: BillingPeriod,
  { changed, advice }: AroundAlerts,
): Pick<Alert, "changes" | "advice"> {
  return { changes: changed.get(id), advice: teamAdvice(advice, id, period) };
}

function withdrawalMails(
  team: Team,
  budget: Budget,
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
