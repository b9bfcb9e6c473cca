import { afterAll, beforeAll, expect, it } from "vitest";
import { migrate } from "@apportion/clickhouse/migrate";
import { startTestEngine, type TestEngine } from "@apportion/clickhouse/testing/engine";
import { silentLogger } from "@apportion/runtime/logger";
import { applyRoles, readRelations, roleStatements, type NamesShownTo } from "./roles.js";

const MIGRATIONS = new URL("../../migrations/", import.meta.url).pathname;
const TEAMS = [
  { id: "ads", complianceLevel: "standard" as const },
  { id: "fraud", complianceLevel: "pci" as const },
];

let test: TestEngine;
beforeAll(async () => {
  test = await startTestEngine();
  await migrate(test.engine, { directory: MIGRATIONS, logger: silentLogger });
});
afterAll(() => test.stop());

async function statements(namesShownTo: NamesShownTo = []): Promise<string[]> {
  return roleStatements(await readRelations(test.client), { teams: TEAMS, namesShownTo });
}

/** As the engine's parser prints it. @throws where it is no statement */
async function parsed(sql: string): Promise<string> {
  const answer = await test.client.query({
    query: "SELECT formatQuerySingleLine({sql:String}) AS sql",
    query_params: { sql },
    format: "JSONEachRow",
  });
  return ((await answer.json<{ sql: string }>())[0] ?? { sql: "" }).sql;
}

it("is SQL that ClickHouse's parser takes, every statement of it", async () => {
  for (const sql of await statements(["finance", "team"]))
    expect(await parsed(sql)).toContain(sql.split(" ", 1)[0]);
});

it("gives nobody what is the services' alone", async () => {
  const granted = (await statements()).filter((sql) => sql.startsWith("GRANT"));
  expect(granted.length).toBeGreaterThan(50);
  for (const table of ["cost_facts", "usage_facts", "bucket_facts", "configuration_versions"])
    expect(granted.filter((sql) => sql.includes(`\`${table}\``))).toEqual([]);
  expect(granted).toContain("GRANT SELECT ON `apportion`.`current_cost_facts` TO `apportion_analyst`");
  expect(granted).toContain("GRANT SELECT ON `apportion`.`posted_entries` TO `apportion_finance`");
});

it("gives a team its own rows of views that tell teams apart, and no other view or table", async () => {
  const all = await statements();
  const granted = all.filter((sql) => sql.startsWith("GRANT") && sql.endsWith("TO `apportion_team_ads`"));
  const views = granted.map((sql) => /`\.`(\w+)`/.exec(sql)?.[1] ?? "");
  expect(views).toEqual(
    expect.arrayContaining(["team_monthly_costs", "current_allocations", "budget_status"]),
  );
  for (const view of views) {
    expect(await test.rows(`SELECT count() AS n FROM ${view} WHERE team_id = 'ads'`)).toHaveLength(1); // as the policy asks
    expect(all).toContain(
      `CREATE ROW POLICY OR REPLACE \`apportion_team_ads\` ON \`apportion\`.\`${view}\` FOR SELECT USING team_id = 'ads' TO \`apportion_team_ads\``,
    );
    const everybody = `CREATE ROW POLICY OR REPLACE \`apportion_everybody\` ON \`apportion\`.\`${view}\` FOR SELECT USING 1 TO ALL EXCEPT \`apportion_team_ads\`, \`apportion_team_fraud\``;
    expect(all.indexOf(everybody)).toBeGreaterThan(-1);
    expect(all.indexOf(everybody)).toBeLessThan(all.indexOf(granted[0] ?? "")); // no moment without it
  }
  expect(views).not.toContain("service_daily_costs");
  expect(views).not.toContain("allocation_lines");
});

it("shows names of workloads where the configuration does, and takes them away where it no longer does", async () => {
  const named = async (shownTo: NamesShownTo): Promise<string[]> =>
    (await statements(shownTo))
      .filter((sql) => /^(GRANT|REVOKE).*named_workload_daily_costs/.test(sql))
      .map((sql) => sql.replace(/SELECT ON \S+ (TO|FROM) /, "").replaceAll("`", ""));
  expect(await named([])).toEqual([
    "REVOKE apportion_finance",
    "GRANT apportion_team_ads",
    "REVOKE apportion_team_fraud",
  ]);
  expect(await named(["finance", "team"])).toEqual([
    "GRANT apportion_finance",
    "GRANT apportion_team_ads",
    "GRANT apportion_team_fraud",
  ]);
});

it("says why roles were not made where the user may not, as in the embedded engine", async () => {
  expect(await applyRoles(test.client, await statements())).toMatch(/Not enough privileges.*CREATE ROLE/);
});

it("names no team in a way that SQL would take for more", async () => {
  const odd = { id: "a`b'c\\", complianceLevel: "standard" as const }; // no configuration lets it through
  const all = roleStatements(await readRelations(test.client), { teams: [odd], namesShownTo: [] });
  for (const sql of all.filter((each) => each.startsWith("CREATE ROW POLICY")))
    expect(await parsed(sql)).toMatch(/USING (1|team_id = 'a`b\\'c\\\\') TO /);
});
