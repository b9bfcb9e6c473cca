import { type CountedMonth, costsOfLine, type LineCosts } from "@apportion/books/budgets/counted-months";
import {
  alertsDue,
  budgetVersion,
  type DueAlert,
  type ToldAlert,
  withdrawalsDue,
} from "@apportion/books/budgets/evaluate";
import {
  type BudgetedSpan,
  budgetedSpans,
  type BudgetLine,
  type BudgetOwner,
} from "@apportion/books/budgets/lines";
import { sumOf } from "@apportion/books/months/month";
import { lastMonthOf } from "@apportion/domain/budget-span";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import {
  renderSpanAlert,
  type SpanSetting,
  type SpanStanding,
  spanWithdrawal,
} from "@apportion/reports/alerts/span-alert";
import { renderWithdrawal } from "@apportion/reports/alerts/withdrawal-mail";
import type { MetBudget } from "../budgets/versions.js";
import type { Mail } from "../delivery/deliver.js";
import { recipientsOf } from "../delivery/recipients.js";
import type { BudgetHistory } from "./due-mails.js";

/** The spans of which there can be something to say when some months change: those that run, or have ended with the month before. */
export function spansOf(
  lines: readonly BudgetLine[],
  periods: readonly BillingPeriod[],
  oldest: BillingPeriod,
  registry: Pick<Registry, "fiscalYearFirstMonth">,
): BudgetedSpan[] {
  return budgetedSpans(lines, periods, registry).filter(({ months }) => lastMonthOf(months) >= oldest);
}

/** As it is put on record when it is first looked at. */
export function metBudget({ line, budget }: BudgetedSpan, { counted }: LineCosts): MetBudget {
  return { teamId: teamIdOf(line.owner), version: budgetVersion(budget), spent: sumOf(counted) };
}

/** What a span cost by now. */
export function standingOf(of: BudgetedSpan, counted: readonly CountedMonth[]): SpanStanding {
  const months = counted.filter(({ period }) => of.months.includes(period));
  return {
    of,
    months,
    costs: costsOfLine(months, of.line.key),
    waits: {
      waitingDays: months.flatMap(({ waitingDays }) => waitingDays),
      daysBeforeTheBill: months.flatMap(({ daysBeforeTheBill }) => daysBeforeTheBill),
    },
  };
}

/** The alerts of one span that were not delivered yet, and withdrawals of those that were: as those of a month (`alertMails`). */
export function spanMails(
  standing: SpanStanding,
  { told, whenSeen }: BudgetHistory,
  { finance, ...setting }: SpanSetting & { readonly finance: readonly string[] },
): Mail[] {
  const { line, budget } = standing.of;
  const ofLine = told.get(line.key) ?? [];
  const spending = {
    counted: standing.costs.counted,
    all: standing.costs.all,
    unsettledDays: new Set(standing.months.flatMap(({ unsettledDays }) => unsettledDays)),
    whenSeen: whenSeen.get(line.key) ?? 0n,
  };
  const to = recipientsOf(line.owner, finance);
  return [
    ...withdrawalMails(standing, withdrawalsDue(budget, spending, ofLine), setting),
    ...newAlertMails(standing, alertsDue(budget, spending, setting.thresholdsPercent, ofLine), setting),
  ].map((mail): Mail => ({ ...mail, to }));
}

function newAlertMails(
  standing: SpanStanding,
  due: readonly DueAlert[],
  setting: SpanSetting,
): Omit<Mail, "to">[] {
  const highest = due.at(-1);
  if (!highest) return [];
  const version = { budgetVersion: budgetVersion(standing.of.budget) };
  const others = due.slice(0, -1);
  const about = { kind: "budget-alert", ...subjectOf(standing) } as const;
  const alsoTells = others.map((each) => ({ ...each, ...version }));
  const rendered = renderSpanAlert(standing, [...others, highest], setting);
  return [{ about: { ...about, ...highest, ...version, alsoTells }, rendered }];
}

function withdrawalMails(
  standing: SpanStanding,
  told: readonly ToldAlert[],
  setting: SpanSetting,
): Omit<Mail, "to">[] {
  const [lowest, ...alsoTells] = told.toSorted((a, b) => a.thresholdPercent - b.thresholdPercent);
  if (!lowest) return [];
  const rendered = renderWithdrawal(spanWithdrawal(standing, [lowest, ...alsoTells], setting));
  const subject = subjectOf(standing);
  const about = { kind: "budget-alert-withdrawal", ...subject } as const;
  return [{ about: { ...about, ...lowest, spent: subject.spent, alsoTells }, rendered }];
}

function subjectOf({ of, costs }: SpanStanding): {
  readonly period: BillingPeriod;
  readonly teamId: string;
  readonly spent: bigint;
} {
  return { period: of.months[0], teamId: teamIdOf(of.line.owner), spent: sumOf(costs.counted) };
}

function teamIdOf({ kind, id }: BudgetOwner): string {
  return kind === "team" ? id : "";
}
