import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { sumOf } from "../months/month.js";
import { costsOfLine, spentCents } from "./counted-months.js";
import { type BudgetedSpan, type BudgetLine, budgetedSpans } from "./lines.js";
import type { CountedReader } from "./read-counted.js";

/** A budget with what counts of it by the end of a month, as alerts measure it. */
export interface BudgetStanding extends BudgetedSpan {
  /** Exact, in picos. */
  readonly spent: bigint;
  /** The same as reports have it. */
  readonly spentCents: bigint;
  /** What does not count yet, in picos. */
  readonly notSettled: bigint;
}

/**
 * The budgets in whose span a month lies, as they stand with it: later months do not count.
 * @param read of these lines; whoever asks often keeps it, since it reads again what changed alone
 */
export async function readBudgetStandings(
  read: CountedReader,
  registry: Pick<Registry, "fiscalYearFirstMonth">,
  lines: readonly BudgetLine[],
  period: BillingPeriod,
): Promise<BudgetStanding[]> {
  const spans = budgetedSpans(lines, [period], registry);
  if (spans.length === 0) return [];
  const asked = spans.flatMap(({ months }) => months).filter((month) => month <= period);
  const counted = await read(asked);
  return spans.map((of): BudgetStanding => {
    const months = counted.filter((each) => of.months.includes(each.period));
    const costs = costsOfLine(months, of.line.key);
    const spent = sumOf(costs.counted);
    return { ...of, spent, spentCents: spentCents(months, of.line), notSettled: sumOf(costs.all) - spent };
  });
}
