import { addDays, type BillingPeriod, type Day, firstDayOf, nextBillingPeriod } from "./period.js";

/** For how long an amount is agreed. */
export const BUDGET_SPANS = ["month", "quarter", "year"] as const;
export type BudgetSpan = (typeof BUDGET_SPANS)[number];

const MONTHS: Readonly<Record<BudgetSpan, number>> = { month: 1, quarter: 3, year: 12 };

/** Months of one span, in their order: `2026-10`, `2026-11`, `2026-12`. */
export type SpanMonths = readonly [BillingPeriod, ...BillingPeriod[]];

/**
 * The span in which a month lies. Quarters and years are those of the fiscal year, which begins with the same month every year.
 *
 * Example: the fiscal year begins in April (4): the quarter of 2026-05 is April to June, its year goes from 2026-04 to 2027-03.
 */
export function spanOf(span: BudgetSpan, period: BillingPeriod, fiscalYearFirstMonth = 1): SpanMonths {
  const index = Number(period.slice(0, 4)) * 12 + Number(period.slice(5)) - 1;
  const length = MONTHS[span];
  const start = index - ((index - (fiscalYearFirstMonth - 1)) % length);
  const [first, ...others] = Array.from({ length }, (_, month) => monthAt(start + month));
  return [first ?? period, ...others];
}

function monthAt(index: number): BillingPeriod {
  const year = String(Math.floor(index / 12)).padStart(4, "0");
  return `${year}-${String((index % 12) + 1).padStart(2, "0")}` as BillingPeriod;
}

export function lastMonthOf(months: SpanMonths): BillingPeriod {
  return months.at(-1) ?? months[0];
}

/** Its last day, UTC. */
export function lastDayOf(months: SpanMonths): Day {
  return addDays(firstDayOf(nextBillingPeriod(lastMonthOf(months))), -1);
}

/** Whether it is what a team may spend in a month on everything: the budget of reports and forecasts. */
export function isOfWholeMonths({
  span = "month",
  categories = [],
}: {
  readonly span?: BudgetSpan;
  readonly categories?: readonly unknown[];
}): boolean {
  return span === "month" && categories.length === 0;
}
