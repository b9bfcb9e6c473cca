import { afterEach, beforeEach, expect, it } from "vitest";
import { explainLine } from "@apportion/books/explain/explain";
import { readMonthToExplain } from "@apportion/books/explain/month-to-explain";
import { explainStatement } from "@apportion/books/explain/statement";
import { EVERYBODY } from "@apportion/books/viewer";
import type { Reading } from "@apportion/domain/facts";
import { chargePeriodOf, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { encodeEvent } from "@apportion/events/catalogue";
import {
  ACCOUNT,
  costReading,
  cpu,
  openTestPlatform,
  publish,
  READ_AT,
  runsReading,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const DAY = "2026-11-22";
const HIDDEN = "hidden (hipaa)";
const NAMES = /tumor|b-imaging|oncology/;

const BUCKETS: Reading<"bucket"> = {
  key: { dataset: "bucket", source: "s3", scope: ACCOUNT, chargePeriod: chargePeriodOf(parseDay(DAY)) },
  rows: [
    { bucket: "a-features", region: "eu-west-1", team_label: "a" },
    { bucket: "b-imaging", region: "eu-west-1", team_label: "b" },
  ],
  finality: "final",
};

const UTILISED = [
  ["team-a", "ranker"],
  ["team-b", "tumor-model"],
  ["sandbox", "tumor-trial"],
  ["batch", "tumor-ghost"], // without costs, so nobody knows its label
] as const;
const UTILISATION: Reading<"workload-utilisation"> = {
  key: {
    dataset: "workload-utilisation",
    source: "prometheus",
    scope: "one",
    chargePeriod: chargePeriodOf(parseDay(DAY)),
  },
  rows: [
    ...(["team-a", "team-b", "sandbox", "batch"] as const).map((namespace) => ({
      namespace,
      controller_kind: "resourcequota",
      controller: namespace === "team-a" ? "compute" : "tumor-quota",
      container: "",
      pods: "0",
      quota_cpu_cores: "40",
    })),
    ...UTILISED.map(([namespace, controller]) => ({
      namespace,
      controller_kind: "deployment",
      controller,
      container: controller,
      pods: "1",
      cpu_p95_cores: "0.5",
    })),
  ],
  finality: "final",
};

async function collect(): Promise<void> {
  const workloads = [
    cpu("3", { namespace: "team-a", controller: "ranker", team_label: "a" }),
    cpu("5", {
      namespace: "team-b",
      controller: "tumor-model",
      pod: "tumor-model-0",
      team_label: "b",
      cost_center: "b-imaging",
    }),
    cpu("7", { namespace: "team-b", controller: "tumor-labels", team_label: "b" }),
    cpu("11", { namespace: "sandbox", controller: "tumor-trial", team_label: "b" }), // by its label alone
    cpu("13", { namespace: "platform-shared", controller: "mlflow" }),
    cpu("17", { namespace: "batch", controller: "tumor-sweep", team_label: "oncology-7" }), // of b on other days, and nobody's on this
  ];
  await publish(test.log, costReading(DAY, workloads));
  await publish(test.log, runsReading(DAY, { a: 1, b: 2 }));
  await publish(test.log, BUCKETS);
  await publish(test.log, UTILISATION);
  const refused = { ...costReading(DAY, []).key, scope: "two" };
  await test.log.publish([
    encodeEvent(
      "readingRefused",
      { ...refused, readAt: READ_AT, reason: 'allocation "c1/team-b/tumor-model-0" has a negative cost' },
      { id: "refused", source: "/test", key: "kubecost/two", subject: "test", time: new Date(READ_AT) },
    ),
  ]);
}

/** @param without a team that is not in the registry any more */
async function allocate(without = "", now = "2026-11-24T00:00:00Z"): Promise<void> {
  const { registry } = test.platform;
  const levels = { a: "standard", b: "hipaa", c: "standard" } as const;
  const teams = registry.teams
    .map((team) => ({ ...team, complianceLevel: levels[team.id as "a"] }))
    .filter(({ id }) => id !== without);
  const earlier = {
    owner: { kind: "team" as const, id: "b" },
    match: { teamLabel: "oncology-*" },
    to: parseDay("2026-11-15"),
  };
  const rules = [...registry.rules, earlier].filter(({ owner }) => owner.id !== without);
  await test.settle({ registry: { ...registry, teams, rules }, now });
}

it("are hidden in what analysts read, while every dollar and unit is there", async () => {
  await collect();
  await allocate();
  const workloads = await test.rows(
    "SELECT namespace, controller, toString(sum(cost_at_list_price)) AS cost FROM workload_daily_costs GROUP BY 1, 2 ORDER BY ALL",
  );
  expect(workloads).toEqual([
    { namespace: "batch", controller: HIDDEN, cost: "17" },
    { namespace: "platform-shared", controller: "mlflow", cost: "13" },
    { namespace: "sandbox", controller: HIDDEN, cost: "11" },
    { namespace: "team-a", controller: "ranker", cost: "3" },
    { namespace: "team-b", controller: HIDDEN, cost: "12" },
  ]);
  expect(
    await test.rows("SELECT team_label, toString(quantity) AS runs FROM current_usage_facts ORDER BY ALL"),
  ).toEqual([
    { team_label: "a", runs: "1" },
    { team_label: HIDDEN, runs: "2" },
  ]);
  expect(await test.rows("SELECT bucket, team_label FROM current_buckets ORDER BY ALL")).toEqual([
    { bucket: "a-features", team_label: "a" },
    { bucket: HIDDEN, team_label: HIDDEN },
  ]);
  expect(
    await test.rows(
      "SELECT namespace, controller, container, toString(cpu_p95_cores) AS p95 FROM current_utilisation ORDER BY ALL",
    ),
  ).toEqual([
    { namespace: "batch", controller: HIDDEN, container: HIDDEN, p95: "0.5" },
    { namespace: "sandbox", controller: HIDDEN, container: HIDDEN, p95: "0.5" },
    { namespace: "team-a", controller: "ranker", container: "ranker", p95: "0.5" },
    { namespace: "team-b", controller: HIDDEN, container: HIDDEN, p95: "0.5" },
  ]);
  expect(
    await test.rows("SELECT namespace, quota, toString(cpu_cores) AS cores FROM current_quotas ORDER BY ALL"),
  ).toEqual([
    { namespace: "batch", quota: HIDDEN, cores: "40" },
    { namespace: "sandbox", quota: HIDDEN, cores: "40" },
    { namespace: "team-a", quota: "compute", cores: "40" },
    { namespace: "team-b", quota: HIDDEN, cores: "40" },
  ]);
  const everywhere = await test.rows(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND NOT startsWith(comment, 'Services only: ')",
  );
  expect(everywhere.length).toBeGreaterThan(40);
  const shown = await Promise.all(
    everywhere.map(async ({ name }) => ({ name, rows: await test.rows(`SELECT * FROM ${String(name)}`) })),
  );
  expect(shown.filter(({ rows }) => NAMES.test(JSON.stringify(rows)))).toEqual([]);
});

it("stay hidden when the team is gone, and are explained by no line of anybody", async () => {
  await collect();
  await allocate();
  const hidden = await test.rows("SELECT namespace, controller FROM workload_daily_costs ORDER BY ALL");
  await allocate("b", "2026-11-24T12:00:00Z");
  expect(await test.rows("SELECT namespace, controller FROM workload_daily_costs ORDER BY ALL")).toEqual(
    hidden,
  );
  const month = parseBillingPeriod("2026-11");
  const { lines } = await explainStatement(test.clickhouse, EVERYBODY, month, "unallocated");
  const read = await readMonthToExplain(test.clickhouse, month);
  const explained = await Promise.all(
    lines.map(({ line }) => explainLine(EVERYBODY, read, "unallocated", line)),
  );
  const facts = explained.flatMap((line) => line.facts);
  expect(facts.filter(({ controller }) => NAMES.test(controller)).length).toBeGreaterThan(0);
  for (const { controller, label, protectedLevel } of facts)
    expect(protectedLevel).toBe(NAMES.test(`${controller} ${label}`) ? "hipaa" : "");
});

it("are all hidden as long as it is not known whose they are", async () => {
  await collect();
  const intake = test.services().intake;
  await intake.start();
  await expect
    .poll(() => test.rows("SELECT dataset FROM current_snapshots"), { timeout: 20_000 })
    .toHaveLength(4);
  await intake.stop();
  await test.clickhouse.command({ query: "TRUNCATE TABLE configuration_versions" });
  expect(await test.rows("SELECT DISTINCT controller FROM workload_daily_costs")).toEqual([
    { controller: "hidden (unknown)" },
  ]);
  expect(await test.rows("SELECT DISTINCT bucket FROM current_buckets")).toEqual([
    { bucket: "hidden (unknown)" },
  ]);
});

it("are there, by team, for the roles to which the configuration shows them", async () => {
  await collect();
  await allocate();
  expect(
    await test.rows(
      "SELECT team_id, namespace, controller FROM named_workload_daily_costs ORDER BY namespace, controller",
    ),
  ).toEqual([
    { team_id: "", namespace: "batch", controller: "tumor-sweep" },
    { team_id: "", namespace: "platform-shared", controller: "mlflow" },
    { team_id: "b", namespace: "sandbox", controller: "tumor-trial" },
    { team_id: "a", namespace: "team-a", controller: "ranker" },
    { team_id: "b", namespace: "team-b", controller: "tumor-labels" },
    { team_id: "b", namespace: "team-b", controller: "tumor-model" },
  ]);
});

it("take patterns of ownership as they are meant", async () => {
  const { registry } = test.platform;
  const teams = registry.teams.map((team) => ({
    ...team,
    complianceLevel: team.id === "b" ? ("pci" as const) : team.complianceLevel,
  }));
  const rules = [{ owner: { kind: "team" as const, id: "b" }, match: { namespace: "vault_*" } }];
  await publish(
    test.log,
    costReading(DAY, [
      cpu("1", { namespace: "vault_eu", controller: "seen" }),
      cpu("2", { namespace: "vaultXeu", controller: "open" }), // _ is no wildcard
    ]),
  );
  await test.settle({ registry: { ...registry, teams, rules } });
  expect(await test.rows("SELECT namespace, controller FROM workload_daily_costs ORDER BY ALL")).toEqual([
    { namespace: "vaultXeu", controller: "open" },
    { namespace: "vault_eu", controller: "hidden (pci)" },
  ]);
});
