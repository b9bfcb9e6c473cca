import { isOfWholeMonths } from "./budget-span.js";
import { formatPicos, parsePicos } from "./money.js";
import type { BillingPeriod } from "./period.js";
import type { Budget, BudgetIncrease, Team } from "./tenancy.js";

/** Which of the configured budgets holds, and what it comes to. */

/** What is agreed for one span. */
export interface AgreedBudget {
  readonly from: BillingPeriod;
  /** With its increases; a decimal amount in the deployment's currency. */
  readonly amount: string;
  /** Which of an owner's budgets it is; absent for the one of a team that is for whole months and all costs. */
  readonly line?: string;
  /** Those of this span, where there are any. */
  readonly increases?: readonly BudgetIncrease[];
}

/** The team's budget of a month for all its costs, if any. */
export function budgetFor(team: Pick<Team, "budgets">, period: BillingPeriod): AgreedBudget | undefined {
  return agreedFor(team.budgets.filter(isOfWholeMonths), [period]);
}

/** What holds for a span, of budgets for the same: the one with the latest start that is not after its first month, with the increases of its months. */
export function agreedFor(
  budgets: readonly Budget[],
  months: readonly [BillingPeriod, ...BillingPeriod[]],
): AgreedBudget | undefined {
  const [first] = months;
  const budget = budgets
    .filter(({ from }) => from <= first)
    .toSorted((a, b) => (a.from < b.from ? 1 : -1))[0];
  if (!budget) return undefined;
  const { from, amount } = budget;
  const increases = (budget.increases ?? []).filter(({ period }) => months.includes(period));
  if (increases.length === 0) return { from, amount };
  const total = increases.reduce((sum, each) => sum + parsePicos(each.amount), parsePicos(amount));
  return { from, amount: formatPicos(total), increases };
}
