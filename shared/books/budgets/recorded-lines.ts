import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { BUDGET_CATEGORIES } from "@apportion/domain/budget-category";
import { BUDGET_SPANS } from "@apportion/domain/budget-span";
import { CATEGORIES } from "@apportion/domain/category";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { BudgetLine } from "./lines.js";

const LINES_OF_CLOSE = defineQuery({
  name: "books.budgetLinesOfClose",
  sql: `SELECT argMax(content, (activated_at <= closed_at, activated_at, hash)) AS recorded
FROM configuration_versions
CROSS JOIN (SELECT min(posted_at) AS closed_at FROM journals WHERE kind = 'statement' AND billing_period = {period:String}) AS closed
WHERE kind = 'budgets'`,
  params: z.object({ period: z.string() }),
  row: z.object({ recorded: z.string() }),
});

const month = z.string().transform((text) => text as BillingPeriod);
/** As the allocator records them (`services/allocator/activate-rules.ts`). */
const recordedLines = z.array(
  z.object({
    key: z.string(),
    owner: z.object({
      kind: z.enum(["team", "cost-center", "department"]),
      id: z.string(),
      name: z.string(),
    }),
    span: z.enum(BUDGET_SPANS),
    firstMonth: z.int(),
    categories: z
      .string()
      .transform((text) => (text === "" ? [] : text.split("+")))
      .pipe(z.array(z.enum(BUDGET_CATEGORIES))),
    counts: z.array(z.enum(CATEGORIES)),
    members: z.array(z.object({ team: z.string(), from: z.string(), to: z.string() })),
    budgets: z.array(
      z.object({
        from: month,
        amount: z.string(),
        increases: z.array(
          z.object({ period: month, amount: z.string(), by: z.string(), reason: z.string() }),
        ),
      }),
    ),
  }),
);

/** Budgets beside those of teams for whole months, as they were when a month was closed, as `budgets_in_force` has those; and with which month the year began. */
export async function budgetLinesOfClose(
  clickhouse: ClickHouse,
  period: BillingPeriod,
): Promise<{ readonly lines: readonly BudgetLine[]; readonly fiscalYearFirstMonth: number }> {
  const [row] = await select(clickhouse, LINES_OF_CLOSE, { period });
  const recorded =
    row === undefined || row.recorded === "" ? [] : recordedLines.parse(JSON.parse(row.recorded));
  return {
    fiscalYearFirstMonth: recorded[0]?.firstMonth ?? 1,
    lines: recorded.map(({ key, owner, span, categories, counts, members, budgets }): BudgetLine => ({
      key,
      span,
      categories,
      budgets,
      owner: { ...owner, contacts: [] },
      counts: new Set(counts),
      members: members.map(({ team, from, to }) => ({
        team,
        ...(from !== "" && { from: from as Day }),
        ...(to !== "" && { to: to as Day }),
      })),
    })),
  };
}
