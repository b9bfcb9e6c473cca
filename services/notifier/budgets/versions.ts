import { z } from "zod";
import { budgetVersion, lineOf } from "@apportion/books/budgets/evaluate";
import { countedLines, linesByTeam, sumOf, type MonthCosts } from "@apportion/books/months/month";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { sha256 } from "@apportion/domain/hash";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { budgetFor } from "@apportion/domain/budget";
import { type Registry } from "@apportion/domain/tenancy";

/** A budget as it is in force for a month, or for the span that begins with it. */
export interface MetBudget {
  /** Whose it is; empty where it is no team's. */
  readonly teamId: string;
  readonly version: string;
  /** Spent of it, in picos. */
  readonly spent: bigint;
}

/** Spending in picos when the notifier first looked at the budget that is now in force, by team, or else by line. */
export type SpentWhenSeen = ReadonlyMap<string, bigint>;

const VERSIONS_OF_MONTH = defineQuery({
  name: "notifier.budgetVersions",
  sql: `
SELECT team_id, budget_version, toString(argMin(budget_versions.spent, (seen_at, budget_versions.spent))) AS spent_amount
FROM budget_versions
WHERE billing_period = {period:String}
GROUP BY team_id, budget_version
ORDER BY team_id, budget_version`,
  params: z.object({ period: z.string() }),
  row: z.object({
    team_id: z.string(),
    budget_version: z.string(),
    spent_amount: z.string().transform(parsePicos),
  }),
});

/**
 * Which thresholds a new budget re-arms depends on what was spent when it came, and a restatement moves that: so it is written down
 * the first time that a version is looked at, and only then.
 * @param period the month, or the first one of the span
 */
export async function meetBudgets(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  budgets: readonly MetBudget[],
  now: Date,
): Promise<SpentWhenSeen> {
  const before = await seenVersions(clickhouse, period);
  const unseen = budgets.filter((each) => !before.has(keyOf(each)));
  const rows = unseen.map(({ teamId, version, spent }) => ({
    billing_period: period,
    team_id: teamId,
    budget_version: version,
    spent: formatPicos(spent),
    seen_at: now.toISOString(),
  }));
  const token = sha256([period, ...unseen.map(keyOf)].join("\n"));
  await insertRows(clickhouse, "budget_versions", rows, { token });
  // Read again: of two that met a budget at once, the first counts for both.
  const seen = unseen.length === 0 ? before : await seenVersions(clickhouse, period);
  return new Map(
    budgets.map((each) => [lineOf(each.version) ?? each.teamId, seen.get(keyOf(each)) ?? each.spent]),
  );
}

/** Those of teams for a whole month. */
export function budgetsOfTeams(month: MonthCosts, registry: Registry): MetBudget[] {
  const counted = linesByTeam(countedLines(month, registry));
  return registry.teams.flatMap((team) => {
    const budget = budgetFor(team, month.period);
    if (!budget) return [];
    const spent = sumOf(counted.get(team.id) ?? []);
    return [{ teamId: team.id, version: budgetVersion(budget), spent }];
  });
}

async function seenVersions(clickhouse: ClickHouse, period: BillingPeriod): Promise<Map<string, bigint>> {
  const rows = await select(clickhouse, VERSIONS_OF_MONTH, { period });
  return new Map(
    rows.map((row) => [keyOf({ teamId: row.team_id, version: row.budget_version }), row.spent_amount]),
  );
}

function keyOf({ teamId, version }: Pick<MetBudget, "teamId" | "version">): string {
  return `${teamId}/${version}`;
}
