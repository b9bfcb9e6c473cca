import type { BudgetStanding } from "@apportion/books/budgets/standing";
import { parsePicos } from "@apportion/domain/money";
import { budgetPercentText } from "@apportion/domain/percent";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { budgetText, increaseTexts, ownerText } from "../alerts/budget-words.js";
import { quiet, section } from "../document/blocks.js";
import type { Block, Table } from "../document/document.js";
import { monthText } from "../format.js";
import type { ReportHead } from "./compose.js";

type Head = Pick<ReportHead, "registry" | "thresholdsPercent" | "currency" | "period">;

/** Budgets beside those of teams for the whole month; none where there are no others. */
export function otherBudgets(budgets: readonly BudgetStanding[], head: Head): Block[] {
  if (budgets.length === 0) return [];
  const increases = budgets.flatMap((each) =>
    increaseTexts(each.budget, head.currency).map((text) => quiet(`${nameOf(each, head)}: ${text}`)),
  );
  const title = `Other budgets, as they stand with ${monthText(head.period)}`;
  return [section(title, otherBudgetTable(budgets, head), ...increases)];
}

/** Without a sum: a quarter of a department and a month of one of its teams have costs in common. */
export function otherBudgetTable(budgets: readonly BudgetStanding[], head: Head): Table {
  const isAllSettled = budgets.every(({ notSettled }) => notSettled === 0n);
  return {
    kind: "table",
    columns: [
      { head: "Whose", of: "text" },
      { head: "budget", of: "text", under: true },
      { head: "Spent", of: "amount" },
      ...(isAllSettled ? [] : [{ head: "not settled", of: "amount", under: true } as const]),
      { head: "Budget", of: "amount" },
      { head: "used", of: "percent", under: true },
      { head: "Against budget", of: "amount" },
    ],
    rows: budgets.map((each) => {
      const cents = roundedDivision(parsePicos(each.budget.amount), PICOS_PER_CENT);
      const used = each.spentCents;
      return {
        cells: [
          ownerText(each.line.owner),
          budgetText(each, head.registry.fiscalYearFirstMonth),
          { cents: used },
          ...(isAllSettled ? [] : [{ cents: roundedDivision(each.notSettled, PICOS_PER_CENT) }]),
          { cents },
          cents === 0n ? "" : budgetPercentText(used, cents, head.thresholdsPercent),
          { cents: used - cents, signed: true },
        ],
        ...(isOverspent(each) && { tone: "danger" as const }),
      };
    }),
    totals: [],
  };
}

/** `Q4 2026 compute budget of Search` */
export function nameOf(each: BudgetStanding, { registry }: Pick<Head, "registry">): string {
  return `${budgetText(each, registry.fiscalYearFirstMonth)} of ${ownerText(each.line.owner)}`;
}

export function isOverspent({ spent, budget }: BudgetStanding): boolean {
  return spent > parsePicos(budget.amount);
}
