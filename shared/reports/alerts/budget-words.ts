import type { BudgetedSpan, BudgetLine, BudgetOwner } from "@apportion/books/budgets/lines";
import { budgetCategoryName } from "@apportion/domain/budget-category";
import { type BudgetSpan, lastMonthOf, type SpanMonths } from "@apportion/domain/budget-span";
import { parsePicos } from "@apportion/domain/money";
import type { AgreedBudget } from "@apportion/domain/budget";
import { amountText, monthName, monthText } from "../format.js";

/** `Search`, `Department ML`, `Cost center RND-100` */
export function ownerText({ kind, name }: Pick<BudgetOwner, "kind" | "name">): string {
  if (kind === "team") return name;
  return `${kind === "department" ? "Department" : "Cost center"} ${name}`;
}

/** `November 2026`, `Q4 2026`, `2026`; of another fiscal year than the calendar's the months, for its quarters are counted otherwise: `April 2026 – March 2027`. */
export function spanText(span: BudgetSpan, months: SpanMonths, fiscalYearFirstMonth = 1): string {
  const [first] = months;
  const last = lastMonthOf(months);
  const year = first.slice(0, 4);
  if (span === "month") return monthText(first);
  if (fiscalYearFirstMonth === 1)
    return span === "year" ? year : `Q${Math.ceil(Number(last.slice(5)) / 3)} ${year}`;
  return last.startsWith(year)
    ? `${monthName(first)} – ${monthText(last)}`
    : `${monthText(first)} – ${monthText(last)}`;
}

/** `compute`, `GPU and Memory`; empty where it is of all costs. */
function categoriesText({ categories }: Pick<BudgetLine, "categories">): string {
  return categories.map(budgetCategoryName).join(" and ");
}

/** `Q4 2026 compute budget` */
export function budgetText({ line, months }: BudgetedSpan, fiscalYearFirstMonth?: number): string {
  const of = categoriesText(line);
  return `${spanText(line.span, months, fiscalYearFirstMonth)} ${of === "" ? "" : `${of} `}budget`;
}

/** Where a part of a budget came from, a sentence for each increase. */
export function increaseTexts({ increases = [] }: Pick<AgreedBudget, "increases">, currency: string): string[] {
  return increases.map(
    ({ amount, by, reason }) =>
      `The budget includes an increase of ${amountText(parsePicos(amount), currency)} that ${by} agreed to: ${reason.replace(/[.\s]+$/, "")}.`,
  );
}
