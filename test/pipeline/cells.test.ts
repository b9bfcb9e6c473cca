import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { expandForCluster } from "@apportion/clickhouse/cluster-sql";
import { splitStatements } from "@apportion/clickhouse/sql-text";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { ReceivedMessage } from "@apportion/event-log/log";
import { createIntakeHandler } from "@apportion/intake/intake";
import { decide } from "@apportion/intake/quarantine/decide";
import { mendCells } from "@apportion/intake/mend-cells";
import { replayReadings } from "@apportion/intake/replay-readings";
import { NO_DOLLAR_OWNERS } from "@apportion/platform/dollar-owners";
import { allocationConfig } from "@apportion/registry/allocation";
import { silentLogger } from "@apportion/runtime/logger";
import { owed as owedOf, pending as pendingOf } from "./november.js";
import {
  beforeCall,
  costReading,
  cpu,
  messagesOf,
  openTestPlatform,
  publish,
  type TestPlatform,
} from "./platform.js";

const NOVEMBER = parseBillingPeriod("2026-11");
const DAY = "2026-11-22";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

/** One workload in four pods, and another; two with what they asked for. */
const reading = costReading(DAY, [
  ...["api-3", "api-4"].map((pod) => cpu("0", { namespace: "team-a", controller: "api", pod })),
  cpu("3.000000000001", {
    namespace: "team-a",
    controller: "api",
    pod: "api-1",
    cpu_request_core_hours: "12",
  }),
  cpu("5", { namespace: "team-a", controller: "api", pod: "api-2", cpu_request_core_hours: "24" }),
  cpu("7", { namespace: "team-b", controller: "web", pod: "web-1" }),
]);

/** As the operator asks. */
const findings = async (): Promise<string[]> =>
  (await verifyMonth(test, NOVEMBER)).findings.map(({ where, what }) => `${where}: ${what}`);
const command = (query: string): Promise<unknown> => test.clickhouse.command({ query });
const tamper = (statement: string): Promise<unknown> => command(`${statement} SETTINGS mutations_sync = 2`);

/** Messages through intake's handler, as the log delivers them. */
async function deliver(overrides: Partial<Parameters<typeof createIntakeHandler>[0]> = {}): Promise<void> {
  const messages = (await messagesOf(reading)).map((message, offset): ReceivedMessage => ({
    ...message,
    position: { topic: message.topic, partition: 0, offset: String(offset) },
  }));
  const handle = createIntakeHandler({ ...test, ...INTAKE, ...overrides });
  await handle(messages, new AbortController().signal);
}
const INTAKE = {
  logger: silentLogger,
  currency: "USD",
  dollarOwners: NO_DOLLAR_OWNERS,
  sanity: allocationConfig.parse({}).sanity,
};

describe("cells", () => {
  it("are the facts of a sealed reading without their pods, and all that a run reads", async () => {
    await publish(test.log, reading);
    await test.settle();
    expect(
      await test.rows(`SELECT namespace, controller, toString(effective_cost) AS cost, toString(cpu_request_core_hours) AS asked, fact_count
FROM current_cells ORDER BY namespace`),
    ).toEqual([
      { namespace: "team-a", controller: "api", cost: "8.000000000001", asked: "36", fact_count: "4" },
      { namespace: "team-b", controller: "web", cost: "7", asked: "0", fact_count: "1" },
    ]);
    await tamper("ALTER TABLE cost_facts UPDATE effective_cost = 0, cpu_cost = 0 WHERE 1");
    await test.settle({ policies: [{ pool: "mlflow", methods: [{ kind: "even" }] }] });
    expect(await owedOf(test)).toEqual({ a: "8.000000000001", b: "7" });
  });

  it("of an attempt that died before its seal count for nobody", async () => {
    await publish(test.log, reading);
    await test.settle();
    await command("INSERT INTO cells SELECT * REPLACE ('died' AS attempt) FROM cells");
    await test.settle({ policies: [{ pool: "mlflow", methods: [{ kind: "even" }] }] });
    expect(await owedOf(test)).toEqual({ a: "8.000000000001", b: "7" });
    expect(await findings()).toEqual([]);
  });

  it.each(["cells", "snapshots"])(
    "are there once when intake dies before it writes %s, and begins again",
    async (table) => {
      const died = new Error("killed");
      const isIt = (args: object): boolean =>
        JSON.stringify(args).includes(table === "cells" ? "INSERT INTO cells" : `"${table}"`);
      const dying = async (): Promise<never> => Promise.reject(died);
      const clickhouse = beforeCall(test.clickhouse, table === "cells" ? "command" : "insert", isIt, dying);
      await expect(deliver({ clickhouse })).rejects.toThrow("killed");
      expect(await test.rows("SELECT * FROM current_cells")).toEqual([]);
      await deliver();
      await deliver(); // after the seal
      expect(
        await test.rows(
          "SELECT sum(fact_count) AS facts, toString(sum(effective_cost)) AS cost FROM current_cells",
        ),
      ).toEqual([{ facts: "5", cost: "15.000000000001" }]);
      await test.settle();
      expect(await owedOf(test)).toEqual({ a: "8.000000000001", b: "7" });
      expect(await findings()).toEqual([]);
    },
  );

  it("that are not their facts keep a reading from being seen, with the difference, until they are", async () => {
    const id = (await messagesOf(reading))[0]?.headers["ce_snapshotid"];
    await command(`INSERT INTO cells (snapshot_id, attempt, charge_day, source, scope, kind, cluster, namespace, cpu_cost)
SELECT '${id}', 'again/${id}', '${DAY}', 'kubecost', 'one', 'workload', 'one', 'team-a', 0.5`);
    await deliver({ attempt: "again" });
    const [held] = await pendingOf(test);
    expect(held?.reason).toBe(
      "its cells are not the sums of its facts: they differ at one/team-a by 0.5 cpu_cost",
    );
    expect(await test.rows("SELECT * FROM snapshots")).toEqual([]);
    const people = { preparedBy: "lead", approvedBy: "controller", reason: "the disk was full" };
    const effect = await decide(
      { ...test, clock: () => new Date("2026-11-24T00:00:00Z"), currency: "USD" },
      { id: held?.id ?? "", decision: "release", ...people },
    );
    expect(effect.change).toBe("15.000000000001");
    await test.settle();
    expect(await owedOf(test)).toEqual({ a: "8.000000000001", b: "7" });
    expect(await findings()).toEqual([]);
  });

  it("are written when a reading of before has none", async () => {
    await publish(test.log, reading);
    await test.settle();
    await command("DROP TABLE cells");
    await command("ALTER TABLE snapshots DROP COLUMN cells_attempt");
    const file = readFileSync(new URL("../../migrations/tables/0007_cells.sql", import.meta.url), "utf8");
    for (const _time of ["interrupted", "again"])
      for (const statement of splitStatements(file)) await command(expandForCluster(statement, undefined));
    expect(await findings()).toEqual([]);
  });

  it("that are gone are written again from their facts", async () => {
    await publish(test.log, reading);
    await test.settle();
    await tamper("ALTER TABLE cells DELETE WHERE namespace = 'team-b'");
    const deps = {
      ...test,
      ...INTAKE,
      attempt: "rebuilt-1",
      servicesWait: false,
    };
    expect((await replayReadings(deps, () => undefined)).snapshots).toBe(1);
    expect(await findings()).toEqual([]);
    expect((await replayReadings(deps, () => undefined)).snapshots).toBe(0);
  });
});

describe("cells that cannot be made", () => {
  const ids = async (): Promise<unknown[]> =>
    test.rows("SELECT scope FROM current_cells GROUP BY scope ORDER BY scope");

  it("hold back their reading, and no other", async () => {
    const huge = "90000000000000000000000000";
    const pods = ["a-1", "a-2", "a-3", "a-4"].map((pod) =>
      cpu("1", { namespace: "team-a", controller: "api", pod, network_cost_info: huge }),
    );
    await test.log.publish(await messagesOf(costReading(DAY, pods, "two")));
    await publish(test.log, reading);
    await test.settle();
    expect((await pendingOf(test)).map(({ scope, reason }) => ({ scope, reason }))).toEqual([
      { scope: "two", reason: expect.stringContaining("its cells cannot be written") },
    ]);
    expect(await ids()).toEqual([{ scope: "one" }]);
  });

  it("because their facts are gone are left as they are", async () => {
    await publish(test.log, reading);
    await test.settle();
    await command("TRUNCATE TABLE cost_facts");
    expect(await mendCells(test.clickhouse, "rebuilt-1")).toEqual([]);
    expect(await ids()).toEqual([{ scope: "one" }]);
  });
});

describe("verify", () => {
  beforeEach(async () => {
    await publish(test.log, reading);
    await test.settle();
  });

  const HOLDS = "its cells are not the sums of its facts: they differ at";

  it("finds a cell that was changed, whatever it still adds up to", async () => {
    await tamper(
      "ALTER TABLE cells UPDATE effective_cost = effective_cost + if(namespace = 'team-a', -1, 1), cpu_cost = cpu_cost + if(namespace = 'team-a', -1, 1) WHERE 1",
    );
    expect((await findings())[0]).toBe(
      `kubecost/one of ${DAY}: ${HOLDS} one/team-a by -1 cpu_cost, -1 effective_cost; one/team-b by 1 cpu_cost, 1 effective_cost`,
    );
  });

  it("finds a name that was changed", async () => {
    await tamper("ALTER TABLE cells UPDATE team_label = 'b' WHERE namespace = 'team-a'");
    expect((await findings())[0]).toContain(`${HOLDS} one/team-a by -4 facts`);
  });

  it("finds a quantity that no dollar depends on", async () => {
    await tamper(
      "ALTER TABLE cells UPDATE cpu_request_core_hours = cpu_request_core_hours + 0.000000000001 WHERE namespace = 'team-a'",
    );
    expect(await findings()).toEqual([
      `kubecost/one of ${DAY}: ${HOLDS} one/team-a by 0.000000000001 cpu_request_core_hours`,
    ]);
  });

  it("finds a fact that was changed", async () => {
    await tamper("ALTER TABLE cost_facts UPDATE cpu_cost = 2, effective_cost = 2 WHERE pod = 'api-1'");
    expect(await findings()).toEqual([
      `kubecost/one of ${DAY}: it was sealed with 5 facts that come to 15.000000000001, and now has 5 with 14`,
      `kubecost/one of ${DAY}: ${HOLDS} one/team-a by 1.000000000001 cpu_cost, 1.000000000001 effective_cost`,
    ]);
  });

  it("need not see a cell of no snapshot, which no run reads either", async () => {
    await command(`INSERT INTO cells (snapshot_id, attempt, charge_day, source, scope, kind, cluster, namespace, cpu_cost, effective_cost)
SELECT 'none', cells_attempt, '${DAY}', source, scope, 'workload', 'one', 'team-a', 5, 5 FROM snapshots`);
    await test.settle({ policies: [{ pool: "mlflow", methods: [{ kind: "even" }] }] });
    expect(await owedOf(test)).toEqual({ a: "8.000000000001", b: "7" });
    expect(await findings()).toEqual([]);
  });

  it("finds a cell without a fact, and a fact without a cell", async () => {
    await command(`INSERT INTO cells (snapshot_id, attempt, charge_day, source, scope, kind, cluster, namespace)
SELECT snapshot_id, cells_attempt, '${DAY}', source, scope, 'workload', 'one', 'team-c' FROM snapshots`);
    await tamper(
      "ALTER TABLE cells UPDATE fact_count = 1, cpu_cost = 4, ram_cost = -4 WHERE namespace = 'team-c'",
    );
    expect((await findings())[0]).toBe(
      `kubecost/one of ${DAY}: ${HOLDS} one/team-c by 1 facts, 4 cpu_cost, -4 ram_cost`,
    );
    await tamper("ALTER TABLE cells DELETE WHERE namespace IN ('team-b', 'team-c')");
    expect((await findings())[0]).toBe(
      `kubecost/one of ${DAY}: ${HOLDS} one/team-b by -1 facts, -7 cpu_cost, -7 effective_cost, -7 billed_cost`,
    );
  });
});
