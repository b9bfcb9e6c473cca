import { z } from "zod";
import { budgetVersion } from "@apportion/books/budgets/evaluate";
import { countedLines, linesByTeam, sumOf, type MonthCosts } from "@apportion/books/months/month";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { sha256 } from "@apportion/domain/hash";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { budgetFor, type Registry } from "@apportion/domain/tenancy";

/** A budget of a team, as it is in force for a month. */
interface TeamBudget {
  readonly teamId: string;
  readonly version: string;
  /** Spent of the month, in picos. */
  readonly spent: bigint;
}

/** Spending in picos when the notifier first looked at the budget that is now in force, by team. */
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
 */
export async function meetBudgets(
  clickhouse: ClickHouse,
  month: MonthCosts,
  registry: Registry,
  now: Date,
): Promise<SpentWhenSeen> {
  const budgets = budgetsInForce(month, registry);
  const before = await seenVersions(clickhouse, month.period);
  const unseen = budgets.filter((each) => !before.has(keyOf(each)));
  const rows = unseen.map(({ teamId, version, spent }) => ({
    billing_period: month.period,
    team_id: teamId,
    budget_version: version,
    spent: formatPicos(spent),
    seen_at: now.toISOString(),
  }));
  const token = sha256([month.period, ...unseen.map(keyOf)].join("\n"));
  await insertRows(clickhouse, "budget_versions", rows, { token });
  // Read again: of two that met a budget at once, the first counts for both.
  const seen = unseen.length === 0 ? before : await seenVersions(clickhouse, month.period);
  return new Map(budgets.map((each) => [each.teamId, seen.get(keyOf(each)) ?? each.spent]));
}

function budgetsInForce(month: MonthCosts, registry: Registry): TeamBudget[] {
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

function keyOf({ teamId, version }: Pick<TeamBudget, "teamId" | "version">): string {
  return `${teamId}/${version}`;
}
