import { expect, it } from "vitest";
import { budgetedSpans, budgetLines } from "@apportion/books/budgets/lines";
import type { BudgetStanding } from "@apportion/books/budgets/standing";
import { parsePicos } from "@apportion/domain/money";
import { OCTOBER, registryOf, teamOf } from "../testing/months.js";
import { otherBudgets } from "./budget-table.js";

const registry = registryOf([
  teamOf("search", {
    name: "Search",
    budgets: [{ from: OCTOBER, span: "quarter", categories: ["compute"], amount: "100", increases: [] }],
  }),
]);
const head = { registry, thresholdsPercent: [80, 90, 100], currency: "USD", period: OCTOBER };

function standing(spent: string, notSettled: string): BudgetStanding[] {
  const picos = parsePicos(spent);
  return budgetedSpans(budgetLines(registry), [OCTOBER], registry).map((of) => ({
    ...of,
    spent: picos,
    spentCents: picos / 10n ** 10n,
    notSettled: parsePicos(notSettled),
  }));
}

it("says what is spent of quarters and years, what does not count yet, and which is over", () => {
  const [section] = otherBudgets(standing("120.5", "3"), head);
  expect(section).toMatchObject({ title: "Other budgets, as they stand with October 2026" });
  const [table] = section?.kind === "section" ? section.blocks : [];
  expect(table).toMatchObject({
    rows: [
      {
        cells: [
          "Search",
          "Q4 2026 compute budget",
          { cents: 12_050n },
          { cents: 300n },
          { cents: 10_000n },
          "120.5 %",
          { cents: 2_050n, signed: true },
        ],
        tone: "danger",
      },
    ],
  });
  expect(otherBudgets([], head)).toEqual([]);
});

it("has no column for what is not settled where all is", () => {
  const [section] = otherBudgets(standing("12.5", "0"), head);
  const [table] = section?.kind === "section" ? section.blocks : [];
  expect(table?.kind === "table" && table.columns.map(({ head: name }) => name)).not.toContain("not settled");
});
