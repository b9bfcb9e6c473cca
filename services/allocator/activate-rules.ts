import { z } from "zod";
import type { Policies } from "@apportion/allocation/policy";
import type { AllocationRules } from "@apportion/books/runs/inputs";
import { budgetLines } from "@apportion/books/budgets/lines";
import { SEMANTICS } from "@apportion/books/runs/rules";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import type { Registry } from "@apportion/domain/tenancy";
import type { ExpectedReading } from "@apportion/registry/allocation";

const LATEST_VERSION = defineQuery({
  name: "latest allocation rules",
  sql: `SELECT hash, toString(activated_at) AS activated_at FROM configuration_versions
WHERE kind = 'allocation' ORDER BY activated_at DESC, hash DESC LIMIT 1`,
  params: z.object({}),
  row: z.object({ hash: z.string(), activated_at: z.string() }),
});

const LATEST_OF_KIND = defineQuery({
  name: "latest configuration of a kind",
  sql: `SELECT hash FROM configuration_versions WHERE kind = {kind:String} ORDER BY activated_at DESC, hash DESC LIMIT 1`,
  params: z.object({ kind: z.string() }),
  row: z.object({ hash: z.string() }),
});

/**
 * Records names, cost centers and budgets for analysts' views. They move no dollar, so they are no part of the rules.
 * @returns whether they changed
 */
export async function recordTeams(clickhouse: ClickHouse, registry: Registry, now: Date): Promise<boolean> {
  const teams = registry.teams.map(({ contacts: _contacts, ...team }) => team);
  const areNewTeams = await recordContent(clickhouse, "teams", teams, now);
  const areNewBudgets = await recordContent(clickhouse, "budgets", recordedLines(registry), now);
  return areNewTeams || areNewBudgets;
}

/** Budgets beside those of teams for whole months, each with the teams and categories that count: the view need not know the tree. */
function recordedLines(registry: Registry): readonly object[] {
  const firstMonth = registry.fiscalYearFirstMonth ?? 1;
  return budgetLines(registry).map(({ key, owner, span, categories, counts, members, budgets }) => ({
    key,
    owner: { kind: owner.kind, id: owner.id, name: owner.name },
    span,
    firstMonth,
    categories: categories.join("+"),
    counts: [...counts],
    members: members.map(({ team, from = "", to = "" }) => ({ team, from, to })),
    budgets: budgets.map(({ from, amount, increases = [] }) => ({ from, amount, increases })),
  }));
}

async function recordContent(
  clickhouse: ClickHouse,
  kind: "teams" | "budgets",
  value: readonly object[],
  now: Date,
): Promise<boolean> {
  const content = canonicalJson(value);
  const hash = sha256(content);
  const [latest] = await select(clickhouse, LATEST_OF_KIND, { kind });
  if (latest?.hash === hash || (!latest && kind === "budgets" && value.length === 0)) return false;
  const activatedAt = now.toISOString().replace("T", " ").replace("Z", "");
  await insertRows(
    clickhouse,
    "configuration_versions",
    [{ kind, hash, activated_at: activatedAt, content }],
    { token: `${kind}/${hash}/${activatedAt}` },
  );
  return true;
}

/**
 * Records the registry and the policies as the ones in force from now on, unless they are already. Their age takes part in
 * saying which run of a day is the current one, so going back to earlier rules makes the earlier run current again.
 */
export async function activateRules(
  clickhouse: ClickHouse,
  registry: Registry,
  policies: Policies,
  expectedReadings: readonly ExpectedReading[],
  now: Date,
): Promise<{ readonly rules: AllocationRules; readonly changed: boolean }> {
  const { teams, sharedServices, dedicatedClusters, nodePools, rules, accounts } = registry;
  const content = canonicalJson({
    // Without contacts and budgets, which move no dollar.
    teams: teams.map(({ contacts: _contacts, budgets: _budgets, ...team }) => team),
    sharedServices,
    dedicatedClusters,
    nodePools,
    rules,
    accounts,
    policies,
    expectedReadings,
    semantics: SEMANTICS,
  });
  const hash = sha256(content);
  const [latest] = await select(clickhouse, LATEST_VERSION, {});
  const inForce = { registry, policies, expectedReadings, semantics: SEMANTICS };
  if (latest?.hash === hash)
    return { rules: { ...inForce, activatedAt: latest.activated_at }, changed: false };
  // Later than what it replaces, whatever this machine's clock says: the latest rules win.
  const after = latest ? Date.parse(`${latest.activated_at.replace(" ", "T")}Z`) + 1 : 0;
  const activatedAt = new Date(Math.max(now.getTime(), after))
    .toISOString()
    .replace("T", " ")
    .replace("Z", "");
  await insertRows(
    clickhouse,
    "configuration_versions",
    [{ kind: "allocation", hash, activated_at: activatedAt, content }],
    { token: `allocation/${hash}/${activatedAt}` },
  );
  return { rules: { ...inForce, activatedAt }, changed: true };
}
