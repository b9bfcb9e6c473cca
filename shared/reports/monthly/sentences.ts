import { invoiceNumberOf } from "@apportion/books/exports/invoice-number";
import { type Category, categoryName } from "@apportion/domain/category";
import { budgetPercentText } from "@apportion/domain/percent";
import type { BillingPeriod } from "@apportion/domain/period";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { forecastSentence as sayForecast } from "../forecast-words.js";
import { changePercent } from "../compare/words.js";
import {
  amountText,
  centsText,
  changeText,
  countText,
  dayText,
  longDayText,
  monthText,
} from "../format.js";
import { type ComparedSides, lengthsOf } from "./comparison.js";
import type { ReportHead, TeamReport } from "./compose.js";
import type { MonthStatus } from "./status.js";
import { usedCents } from "./used.js";

/** What a team's report says, in sentences that the HTML and the text share. */

/** Digits of a journal's hash that people compare. */
const HASH_DIGITS = 12;

export function statusSentence(head: ReportHead): string {
  return [...(head.atListPrice ? [LIST_PRICE] : []), standingSentence(head), ...invoiceSentence(head)].join(
    " ",
  );
}

/** `Invoice INV-2026-11-nlp-1; with it INV-2026-10-nlp-2.` of a team's statement and of what is charged beside it, once that is posted. */
function invoiceSentence({
  status,
  period,
  team,
  corrections = [],
}: ReportHead & Partial<Pick<TeamReport, "team" | "corrections">>): string[] {
  if (status.kind !== "final" || team === undefined) return [];
  const numberOf = (month: BillingPeriod, edition: number): string =>
    invoiceNumberOf({ month, ownerKind: "team", teamId: team.id, edition });
  const beside = corrections
    .flatMap(({ correctsPeriod: month, editions }) => editions.map((edition) => ({ month, edition })))
    .toSorted((a, b) => (a.month === b.month ? a.edition - b.edition : a.month < b.month ? -1 : 1))
    .map(({ month, edition }) => numberOf(month, edition));
  const others = beside.length === 0 ? "" : `; with it ${[...new Set(beside)].join(", ")}`;
  return [`Invoice ${numberOf(period, 1)}${others}.`];
}

const LIST_PRICE = "At list price: there is no bill of these costs.";

function standingSentence({ status, asOf, period }: ReportHead): string {
  if (status.kind === "final")
    return `Final: ${monthText(period)} is closed, and this is what was posted: journal ${status.posted.seq}, ${status.posted.hash.slice(0, HASH_DIGITS)}.`;
  return `Provisional: costs up to ${dayText(asOf)}. ${status.reasons.join(" ")}`;
}

/** `Object until 7 December 2026: write to finops@example.com.` Undefined once a month is closed: then it is too late for its statement. */
export function objectionSentence({ status, questionsTo }: ReportHead): string | undefined {
  return status.kind === "final" ? undefined : `Object ${objectionEnd(status)}: write to ${questionsTo}.`;
}

export function objectionEnd({ objectUntil }: Extract<MonthStatus, { kind: "provisional" }>): string {
  return objectUntil === undefined
    ? "until the month is closed, which can be any day"
    : `until ${longDayText(objectUntil)}`;
}

/** Who is asked, and what a corrected owner still changes: of a closed month nothing by itself. */
export function questionsSentence({ status, period, questionsTo }: ReportHead): string {
  const ask = `Write to ${questionsTo}. If a cost is not yours, say so:`;
  return status.kind === "final"
    ? `${ask} a corrected owner holds for open months. ${monthText(period)} is closed and stays as it was posted, unless finance decides it again; the difference is then charged with an open month.`
    : `${ask} until the month is closed, a corrected owner re-allocates the days it concerns.`;
}

/** How an open month ends, in the words of alerts. */
export function forecastSentence(report: TeamReport): string | undefined {
  const { forecast, budgetCents, currency } = report;
  const budget = budgetCents === undefined ? undefined : budgetCents * PICOS_PER_CENT;
  return sayForecast({ forecast, budget, spent: usedCents(report) * PICOS_PER_CENT, currency });
}

export function budgetSentence(report: TeamReport): string {
  return [usedSentence(report), ...unsettledSentence(report)].join(" ");
}

/** What is beside the figure by which the budget is measured, and what it would make of it. */
function unsettledSentence({
  statement,
  unsettledCents,
  budgetCents,
  currency,
  thresholdsPercent,
}: TeamReport): string[] {
  if (unsettledCents === 0n) return [];
  const withIt =
    budgetCents === undefined || budgetCents === 0n
      ? ""
      : `, and not counted yet; with it ${budgetPercentText(statement.cents, budgetCents, thresholdsPercent)}`;
  return [
    `${centsText(unsettledCents, currency)} of ${centsText(statement.cents, currency)} is not settled${withIt}.`,
  ];
}

function usedSentence({
  statement,
  unsettledCents,
  budgetCents,
  currency,
  period,
  thresholdsPercent,
}: TeamReport): string {
  const spent = usedCents({ statement, unsettledCents });
  if (budgetCents === undefined) return `No budget is set for ${monthText(period)}.`;
  const used =
    budgetCents === 0n
      ? ""
      : `${budgetPercentText(spent, budgetCents, thresholdsPercent)} of the ${centsText(budgetCents, currency)} budget: `;
  if (spent > budgetCents)
    return `${used}${centsText(spent - budgetCents, currency)} over ${budgetCents === 0n ? `a budget of ${centsText(0n, currency)}` : "budget"}.`;
  return `${used}${centsText(budgetCents - spent, currency)} left.`;
}

/** The statement beside the month before: a whole month with a whole one, else the days that both have. */
export function changeSentence({
  comparison,
  currency,
}: Pick<TeamReport, "comparison" | "currency">): string {
  if (comparison.kind === "none")
    return `There is no data of ${monthText(comparison.period)} to compare with.`;
  const { period, cents, before, isWhole } = comparison;
  const change = cents - before;
  const rate = before > 0n && change !== 0n ? ` (${changePercent(change, before)})` : "";
  const direction = change === 0n ? "The same as" : `${changeText(change, currency)}${rate} against`;
  const lengths = lengthsOf(comparison);
  const unequal = lengths ? `; ${countText(lengths[0], "day")} against ${lengths[1]}` : "";
  if (isWhole) return `${direction} ${monthText(period)}: ${centsText(before, currency)}${unequal}.`;
  return `${direction} ${sameDaysText(comparison)}: ${centsText(cents, currency)} against ${centsText(before, currency)}.`;
}

/** `1–23 October 2026, the same days`, or `the 20 days that October 2026 has too` */
export function sameDaysText({ period, throughDay, days }: ComparedSides): string {
  return throughDay === undefined
    ? `${monthText(period)} on the ${countText(days.now, "day")} that both months have`
    : `1–${throughDay} ${monthText(period)}, the same ${countText(days.now, "day")}`;
}

/** The most expensive day and the average, in words: the bars alone tell neither. */
export function dailySentence({ daily, currency }: TeamReport): string {
  const withData = daily.flatMap(({ day, picos }) => (picos === undefined ? [] : [{ day, picos }]));
  const [first] = withData;
  if (!first) return "No day has data.";
  const top = withData.reduce((most, bar) => (bar.picos > most.picos ? bar : most), first);
  const average = withData.reduce((sum, bar) => sum + bar.picos, 0n) / BigInt(withData.length);
  return `${amountText(average, currency)} a day on average; the most on ${dayText(top.day)} with ${amountText(top.picos, currency)}.`;
}

export interface CategoryRow {
  readonly name: string;
  readonly cents: bigint;
  readonly costs: { readonly category: Category };
}

/** The statement by category, the largest first. */
export function categoryRows({ statement }: TeamReport): CategoryRow[] {
  const byCategory = new Map<Category, bigint>();
  for (const { category, cents } of statement.lines)
    byCategory.set(category, (byCategory.get(category) ?? 0n) + cents);
  return [...byCategory]
    .map(([category, cents]) => ({ name: categoryName(category), cents, costs: { category } }))
    .toSorted((a, b) => (a.cents === b.cents ? 0 : a.cents > b.cents ? -1 : 1));
}
