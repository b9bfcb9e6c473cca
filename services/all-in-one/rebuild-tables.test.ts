import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { quarantinedReadings } from "@apportion/books/readings/quarantined";
import { prepare } from "@apportion/explorer/decisions/prepare";
import type { EventLog } from "@apportion/event-log/log";
import { encodeEvent, TOPICS } from "@apportion/events/catalogue";
import { decide } from "@apportion/intake/quarantine/decide";
import { messagesOfBefore } from "@apportion/pipeline/before";
import {
  beforeCall,
  costReading,
  cpu,
  MLFLOW_BY_RUNS,
  openBrought,
  openTestPlatform,
  publish,
  runsReading,
  type TestPlatform,
} from "@apportion/pipeline/platform";
import { GROUP_TOPICS, INTAKE_GROUP } from "@apportion/recovery/groups";
import { tellRows } from "@apportion/recovery/records";
import { createRecovery, type Recovery } from "@apportion/recovery/recovery";
import { allocationConfig } from "@apportion/registry/allocation";
import { silentLogger } from "@apportion/runtime/logger";
import { rebuildTables } from "./rebuild-tables.js";

const OUTCOME = {
  snapshots: "SELECT * FROM current_snapshots ORDER BY dataset, source, scope, charge_period_start",
  facts: "SELECT * EXCEPT (chunk) FROM cost_facts ORDER BY ALL",
  cells: "SELECT * FROM current_cells ORDER BY ALL",
  // Whoever computes a run again does so in an attempt of its own.
  runs: "SELECT * EXCEPT attempt FROM current_runs ORDER BY charge_day",
  lines: "SELECT * FROM current_allocations ORDER BY charge_day, line",
  quarantined: "SELECT id, reason, snapshot_id FROM quarantined_readings ORDER BY id",
  decisions: "SELECT * FROM quarantine_decisions ORDER BY id",
  prepared: "SELECT * FROM prepared_decisions ORDER BY ALL",
  rules: "SELECT * FROM configuration_versions ORDER BY ALL",
};
const CONFIG = allocationConfig.parse({
  policies: MLFLOW_BY_RUNS,
  expectedReadings: [{ dataset: "usage", source: "mlflow", scope: "mlflow", meter: "mlflow.runs" }],
});

/** Costs of three days, of which the last is ten times dearer, was released by two people, and made the next one plausible. */
async function bring(test: TestPlatform): Promise<void> {
  await test.log.publish(await messagesOfBefore(day("2026-11-18", "1000")));
  for (const date of ["2026-11-19", "2026-11-20", "2026-11-21"]) await publish(test.log, day(date, "1000"));
  await publish(test.log, runsReading("2026-11-21", { a: 3, b: 1 }));
  await test.settle();
  await publish(test.log, day("2026-11-22", "90000"));
  await test.settle();
  const [waiting] = await quarantinedReadings(test.clickhouse);
  await decide(
    { ...test.platform, clickhouse: test.clickhouse },
    {
      id: waiting?.id ?? "",
      decision: "release",
      preparedBy: "alice",
      approvedBy: "bob",
      reason: "a new product",
    },
  );
  await test.settle();
  await prepare(
    { clickhouse: test.clickhouse, clock: () => new Date("2026-11-24T00:00:00Z") },
    { act: "close", about: "2026-11", reason: "" },
    { name: "Alice", subject: "a1" },
  );
  await (await test.platform.recovery()).requireWhole();
}

const day = (date: string, amount: string) =>
  costReading(date, [
    cpu(amount, { namespace: "team-a" }),
    cpu("2", { namespace: "platform-shared", controller: "mlflow" }),
  ]);

describe("tables that lost what they had", () => {
  let test: TestPlatform;
  let recovery: Recovery;
  let before: Record<string, unknown>;
  const outcome = async (): Promise<Record<string, unknown>> =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(OUTCOME).map(async ([name, sql]) => [name, await test.rows(sql)] as const),
      ),
    );
  beforeEach(async () => {
    test = await openBrought("read-released-and-allocated", bring);
    recovery = await test.platform.recovery();
    await recovery.requireWhole();
    before = await outcome();
  });
  afterEach(() => test.close());

  const rebuild = (clickhouse = test.clickhouse, config = CONFIG) =>
    rebuildTables(
      { ...test.platform, clickhouse, recovery, clock: () => new Date("2026-11-24T00:00:00Z") },
      config,
      () => undefined,
    );

  it("leaves to intake, which works on, what it has not sealed yet", async () => {
    await publish(test.log, day("2026-11-23", "1000"));
    const stored = (): Promise<Record<string, unknown>[]> =>
      test.rows("SELECT count() AS facts FROM cost_facts WHERE toDate(charge_period_start) = '2026-11-23'");
    await rebuild();
    expect(await stored()).toEqual([{ facts: "0" }]);
    await test.settle();
    expect(await stored()).toEqual([{ facts: "2" }]);
  });

  it("does not wait for ever for readings that the log has no more", async () => {
    const time = new Date("2026-11-22T06:00:00Z");
    const decisions = ["0", "1", "2"].map((digit) => ({ snapshotId: digit.repeat(32), reason: "" }));
    const about = { id: "1", source: "/test", key: "snapshots", subject: "snapshots", time };
    await test.log.publish([encodeEvent("snapshotsDecided", { decisions }, about)]);
    await recovery.requireWhole();
    await expect(recovery.requireWhole()).rejects.toThrow(/snapshots has \d+ rows of \d+/);
    const { failed } = await rebuild();
    expect(failed).toEqual([
      expect.stringContaining("3 readings are neither in the tables nor in the event log"),
    ]);
    await recovery.requireWhole();
    expect(await outcome()).toEqual(before);
  });

  it.each([
    "cost_facts",
    "cells",
    "snapshots",
    "quarantined_readings",
    "quarantine_decisions",
    "prepared_decisions",
    "configuration_versions",
    "allocation_lines",
  ])("are noticed when %s was emptied, and rebuilt", async (table) => {
    await test.clickhouse.command({ query: `TRUNCATE TABLE ${table}` });
    expect(await recovery.lost()).not.toEqual([]);
    await expect(recovery.requireWhole()).rejects.toThrow("apportion rebuild");
    await expect(test.services().start()).rejects.toThrow("are behind the event log");
    expect((await rebuild()).failed).toEqual([]);
    await recovery.requireWhole();
    expect(await outcome()).toEqual(before);
  });

  it("are rebuilt when all of them were emptied, and once more without a change", async () => {
    for (const { name } of await test.rows(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name != 'schema_migrations'",
    ))
      await test.clickhouse.command({ query: `TRUNCATE TABLE ${String(name)}` });
    await expect(recovery.requireWhole()).rejects.toThrow(INTAKE_GROUP);
    await rebuild();
    await recovery.requireWhole();
    expect(await outcome()).toEqual(before);
    expect(await rebuild()).toMatchObject({ snapshots: 0, runs: 0, records: new Map() });
    expect(await outcome()).toEqual(before);
  });

  it("are not said to be whole when a month could not be allocated", async () => {
    const damaging = beforeCall(
      test.clickhouse,
      "query",
      ({ query }) => query.includes("latest_runs"),
      () => test.clickhouse.command({ query: "DELETE FROM cells WHERE namespace = 'team-a'" }),
    );
    const underOtherRules = { ...CONFIG, policies: [] };
    const { months, failed } = await rebuild(damaging, underOtherRules);
    expect(months).toEqual([]);
    expect(failed).toEqual([expect.stringContaining("2026-11 is not allocated: The cells of 2026-11")]);
  });

  it("handle nothing while they are behind, and go on afterwards", async () => {
    const running = test.services();
    await running.start();
    await test.clickhouse.command({ query: "TRUNCATE TABLE log_progress" });
    await expect(recovery.requireWhole()).rejects.toThrow("are behind"); // as the look of each minute
    await publish(test.log, day("2026-11-23", "1000"), "2026-11-24T00:00:00Z");
    const lag = () => test.log.lag(INTAKE_GROUP, GROUP_TOPICS[INTAKE_GROUP] ?? []);
    expect(await lag()).toBeGreaterThan(0);
    await rebuild();
    await recovery.requireWhole();
    const deadline = Date.now() + 30_000;
    while ((await lag()) > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await lag()).toBe(0);
    await running.stop();
    expect(await test.rows("SELECT count() AS days FROM current_runs")).toEqual([{ days: "6" }]);
  });

  it("raise no alarm when two processes told the log of the same rows", async () => {
    const rows = await test.rows("SELECT * FROM quarantine_decisions");
    expect(rows).toHaveLength(1);
    for (const token of ["one", "other"])
      await tellRows(test.log, [{ table: "quarantine_decisions", token, rows }]);
    await recovery.requireWhole();
    expect(await recovery.lost()).toEqual([]);
    expect(await test.rows("SELECT * FROM quarantine_decisions")).toEqual(rows);
  });

  it("keep rows without a seal while services run, and lose them once these wait", async () => {
    await test.clickhouse.command({
      query:
        "INSERT INTO cost_facts SELECT * REPLACE ('being-sealed' AS snapshot_id) FROM cost_facts LIMIT 1",
    });
    const beingSealed = () =>
      test.rows("SELECT snapshot_id FROM cost_facts WHERE snapshot_id = 'being-sealed'");
    await rebuild();
    expect(await beingSealed()).toHaveLength(1);
    await test.clickhouse.command({ query: "TRUNCATE TABLE log_progress" });
    await rebuild();
    expect(await beingSealed()).toEqual([]);
  });

  it("are known to be behind although marks of a readings topic before this one go further", async () => {
    const { clickhouse } = test;
    const [topic = ""] = GROUP_TOPICS[INTAKE_GROUP] ?? [];
    const marks = "SELECT log_id, topic_partition FROM log_progress WHERE topic = 'apportion.readings.v1'";
    await clickhouse.command({
      query: `INSERT INTO log_progress (log_id, consumer_group, topic, topic_partition, from_offset, next_offset)
SELECT DISTINCT log_id, '${INTAKE_GROUP}', '${topic}', topic_partition, 0, 10000 FROM (${marks})`,
    });
    expect(await recovery.lost()).toEqual([]); // the old marks cover everything
    await expect(recovery.requireWhole()).rejects.toThrow(INTAKE_GROUP);
    await rebuild();
    await recovery.requireWhole();
    expect(await outcome()).toEqual(before);
  });

  it("are whole beside a log that ends before what was handled, until it is longer again", async () => {
    // As after brokers lost what they had acknowledged: groups have committed, and tables have marked, more than there is.
    let lostByBrokers = 3n;
    const shorter: EventLog = {
      ...test.log,
      committed: async (group, topics) =>
        (await test.log.committed(group, topics)).map((position) => ({
          ...position,
          offset: String(BigInt(position.offset) + (position.offset === "0" ? 0n : lostByBrokers)),
        })),
    };
    const [mark] = await test.rows("SELECT any(log_id) AS id FROM log_records");
    const logId = String(mark?.["id"]);
    const { clickhouse } = test;
    recovery = createRecovery({ clickhouse, log: shorter, logId, logger: silentLogger, alone: true });
    await clickhouse.command({
      query: `INSERT INTO log_progress (log_id, consumer_group, topic, topic_partition, from_offset, next_offset)
SELECT log_id, consumer_group, topic, topic_partition, max(next_offset), max(next_offset) + ${lostByBrokers} FROM log_progress GROUP BY ALL`,
    });
    await recovery.requireWhole(); // what it knew of the longer log is forgotten
    await rebuild();
    await recovery.requireWhole();
    expect(await outcome()).toEqual(before);

    lostByBrokers = 0n; // others have written since, before Kafka could send the groups back
    await expect(recovery.requireWhole()).rejects.toThrow(INTAKE_GROUP);
    await rebuild();
    await recovery.requireWhole();
    expect(await outcome()).toEqual(before);
  });

  it("tell all records again to a topic of records that was made again", async () => {
    const other = await openTestPlatform();
    try {
      const { clickhouse } = test;
      const { log } = other;
      const [mark] = await test.rows("SELECT any(log_id) AS id FROM log_records");
      const logId = String(mark?.["id"]);
      const remade = createRecovery({ clickhouse, log, logId, logger: silentLogger, alone: true });
      const told = async (): Promise<Set<string>> => {
        const keys = new Set<string>();
        for await (const { key } of log.replay(TOPICS.records.name)) keys.add(key);
        return keys;
      };
      await remade.requireWhole();
      expect(await told()).toContain("quarantine_decisions");
      expect(await told()).toContain("configuration_versions");
      await clickhouse.command({ query: "TRUNCATE TABLE quarantine_decisions" });
      await remade.putBack("again");
      expect(await test.rows(OUTCOME.decisions)).toEqual(before["decisions"]);
    } finally {
      await other.close();
    }
  });

  it("raise no alarm under a log that is new to them, and tell it the records", async () => {
    const other = await openTestPlatform();
    try {
      const { clickhouse } = test;
      const { log } = other;
      const moved = createRecovery({ clickhouse, log, logId: "new", logger: silentLogger, alone: true });
      await moved.requireWhole();
      const types = new Set<string>();
      for await (const { headers, key } of other.log.replay(TOPICS.records.name))
        types.add(`${headers["ce_type"]} ${key}`);
      expect([...types]).toContain("apportion.rows.recorded.v1 quarantine_decisions");
      expect(await recovery.lost()).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
