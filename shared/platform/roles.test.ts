import { afterAll, beforeAll, expect, it } from "vitest";
import { migrate } from "@apportion/clickhouse/migrate";
import { startTestEngine, type TestEngine } from "@apportion/clickhouse/testing/engine";
import { silentLogger } from "@apportion/runtime/logger";
import { applyRoles, readRelations, roleStatements, type NamesShownTo } from "./roles.js";

const MIGRATIONS = new URL("../../migrations/", import.meta.url).pathname;
const TEAMS: { id: string; complianceLevel: "standard" | "hipaa" | "pci" }[] = [
  { id: "ads", complianceLevel: "standard" },
  { id: "fraud", complianceLevel: "pci" },
];

let test: TestEngine;
beforeAll(async () => {
  test = await startTestEngine();
  await migrate(test.engine, { directory: MIGRATIONS, logger: silentLogger });
});
afterAll(() => test.stop());

async function statements(namesShownTo: NamesShownTo = [], teams = TEAMS): Promise<string[]> {
  return roleStatements(await readRelations(test.client), { teams, namesShownTo, servicesUser: "apportion" });
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

it("is said on all servers of a cluster", async () => {
  const options = {
    teams: TEAMS,
    namesShownTo: ["team"],
    servicesUser: "apportion",
    cluster: "eu-1",
  } as const;
  for (const sql of roleStatements(await readRelations(test.client), options))
    expect(await parsed(sql)).toContain(" ON CLUSTER `eu-1`");
});

it("gives nobody what is the services' alone, and takes it from who had it", async () => {
  const all = await statements();
  const granted = all.filter((sql) => sql.startsWith("GRANT"));
  expect(granted.length).toBeGreaterThan(25);
  for (const table of [
    "cost_facts",
    "usage_facts",
    "bucket_facts",
    "configuration_versions",
    "allocation_lines",
    "quarantined_readings",
  ]) {
    expect(granted.filter((sql) => sql.includes(`\`${table}\``))).toEqual([]);
    const everybody =
      "`apportion_analyst`, `apportion_finance`, `apportion_team_ads`, `apportion_team_fraud`";
    expect(all).toContain(`REVOKE SELECT ON \`apportion\`.\`${table}\` FROM ${everybody}`);
  }
  expect(granted).toContain(
    "GRANT SELECT ON `apportion`.`current_cost_facts` TO `apportion_analyst`, `apportion_finance`",
  );
  const kinds = all.map((sql) => sql.split(" ", 1)[0]);
  expect(kinds.lastIndexOf("REVOKE")).toBeLessThan(kinds.indexOf("GRANT")); // no moment with too much
  expect(kinds.lastIndexOf("CREATE")).toBeLessThan(kinds.indexOf("GRANT"));
});

it("gives a team its own rows of views that tell teams apart, and no other view or table", async () => {
  const all = await statements();
  const toAds = /^GRANT SELECT ON `apportion`.`(\w+)` TO .*`apportion_team_ads`/;
  const views = all.flatMap((sql) => toAds.exec(sql)?.[1] ?? []);
  expect(views).toEqual(
    expect.arrayContaining(["team_monthly_costs", "current_allocations", "budget_status"]),
  );
  for (const view of views) {
    expect(await test.rows(`SELECT count() AS n FROM ${view} WHERE team_id = 'ads'`)).toHaveLength(1); // as the policy asks
    const on = `ON \`apportion\`.\`${view}\``;
    expect(all).toContain(
      `CREATE ROW POLICY OR REPLACE \`apportion_team_ads\` ${on} FOR SELECT USING team_id = 'ads' TO \`apportion_team_ads\``,
    );
    expect(all).toContain(
      `CREATE ROW POLICY OR REPLACE \`apportion_everybody\` ${on} FOR SELECT USING 1 TO \`apportion_analyst\`, \`apportion_finance\`, \`apportion\``,
    );
    expect(all).toContain(
      `ALTER TABLE \`apportion\`.\`${view}\` MODIFY SQL SECURITY DEFINER DEFINER = \`apportion\``,
    );
  }
  expect(views).not.toContain("service_daily_costs");
  expect(views).not.toContain("journal_entries");
});

it("leaves the role of a team that is gone with the rows that it had", async () => {
  const [, ...others] = TEAMS;
  const all = await statements([], others);
  // Its policies stay as they are, and nothing that is said of others may be true of it.
  expect(all.filter((sql) => sql.includes("apportion_team_ads") || /ALL EXCEPT/.test(sql))).toEqual([]);
});

it("shows names of workloads where the configuration does, and takes them away where it no longer does", async () => {
  const named = async (shownTo: NamesShownTo): Promise<string[]> =>
    (await statements(shownTo))
      .filter((sql) => /^(GRANT|REVOKE).*named_workload_daily_costs/.test(sql))
      .map((sql) => sql.replace(/SELECT ON \S+ (TO|FROM) /, "").replaceAll("`", ""));
  expect(await named([])).toEqual([
    "REVOKE apportion_analyst, apportion_finance, apportion_team_fraud",
    "GRANT apportion_team_ads",
  ]);
  expect(await named(["finance", "team"])).toEqual([
    "REVOKE apportion_analyst",
    "GRANT apportion_finance, apportion_team_ads, apportion_team_fraud",
  ]);
});

it("says why roles were not made where the user may not, as in the embedded engine", async () => {
  expect(await applyRoles(test.client, await statements())).toMatch(/Not enough privileges.*CREATE ROLE/);
});

it("names no team in a way that SQL would take for more", async () => {
  const odd = { id: "a`b'c\\", complianceLevel: "standard" as const }; // no configuration lets it through
  for (const sql of (await statements([], [odd])).filter((each) => each.startsWith("CREATE ROW POLICY")))
    expect(await parsed(sql)).toMatch(/USING (1|team_id = 'a`b\\'c\\\\') TO /);
});
