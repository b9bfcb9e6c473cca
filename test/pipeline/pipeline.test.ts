import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConservationError } from "@apportion/allocation/certificate";
import { activateRules } from "@apportion/allocator/activate-rules";
import { createRequestHandler } from "@apportion/allocator/request-handler";
import { explainLine } from "@apportion/books/explain/explain";
import { explainStatement } from "@apportion/books/explain/statement";
import {
  isPending,
  type QuarantinedReading,
  quarantinedReadings,
} from "@apportion/books/readings/quarantined";
import { readDayFacts } from "@apportion/books/runs/day-facts";
import { pinInputs, visibleSnapshots } from "@apportion/books/runs/inputs";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { addDays, dayOf, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import type { LogMessage } from "@apportion/event-log/log";
import { allocationRequest } from "@apportion/events/allocation-requests";
import { encodeEvent, TOPICS } from "@apportion/events/catalogue";
import { decide, type Effect } from "@apportion/intake/quarantine/decide";
import { INTAKE_GROUP } from "@apportion/recovery/groups";
import { allocationConfig, policiesOf } from "@apportion/registry/allocation";
import {
  billReading,
  caughtUp,
  confirmationOf,
  costReading,
  cpu,
  messagesOf,
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

const NO_POLICIES = { pools: [], betweenServices: [] };

const day = (namespaceA: string, mlflow = "1"): Reading =>
  costReading("2026-11-22", [
    cpu(namespaceA, { namespace: "team-a", controller: "api" }),
    cpu("2.5", { namespace: "team-b", controller: "web" }),
    cpu(mlflow, { namespace: "platform-shared", controller: "mlflow" }),
  ]);

/** What each team owes, and what nobody does, over all days. */
async function owed(): Promise<Record<string, string>> {
  const rows = await test.rows(
    `SELECT if(owner_kind = 'team', team_id, owner_kind) AS who, sum(toDecimal256(current_allocations.amount, 12)) AS owes
     FROM current_allocations GROUP BY who ORDER BY who`,
  );
  return Object.fromEntries(rows.map(({ who, owes }) => [who as string, owes as string]));
}

async function deadLetters(): Promise<string[]> {
  const reasons: string[] = [];
  for await (const { headers } of test.log.replay(TOPICS.deadLetters.name))
    reasons.push(headers["apportion-dead-letter-reason"] ?? "");
  return reasons;
}

const pending = async (): Promise<QuarantinedReading[]> =>
  (await quarantinedReadings(test.clickhouse)).filter(isPending);
const decideOn = (
  id: string,
  decision: "release" | "drop",
  approvedBy = "bob",
  reason = "checked with the provider",
): Promise<Effect> =>
  decide(
    { ...test.platform, clickhouse: test.clickhouse },
    { id, decision, preparedBy: "alice", approvedBy, reason },
  );

describe("from readings to sealed runs", () => {
  it("charges what was read, and splits MLflow by the month's runs", async () => {
    await publish(test.log, day("10.123456789012"));
    await publish(test.log, runsReading("2026-11-21", { a: 3, "": 1 }));
    await test.settle();
    expect(await owed()).toEqual({ a: "10.873456789012", b: "2.5", unallocated: "0.25" });
    expect(await test.rows("SELECT collected, allocated, missing FROM current_runs")).toEqual([
      { collected: "13.623456789012", allocated: "13.623456789012", missing: ["usage/mlflow/mlflow"] },
    ]);
  });

  it("tells idle by pool of nodes and resource, and explains each line down to its nodes", async () => {
    const idle = (
      node: string,
      [cpuCost, gpuCost, ramCost]: [string, string, string],
      sum: string,
    ): CostFactRow => ({
      ...cpu(cpuCost, { kind: "idle", node, gpu_cost: gpuCost, ram_cost: ramCost }),
      effective_cost: sum,
      billed_cost: sum,
    });
    await publish(
      test.log,
      costReading("2026-11-22", [
        cpu("10", { namespace: "team-a", controller: "api" }),
        idle("cpu-1", ["4", "0", "1"], "5"),
        idle("gpu-1", ["0.5", "8", "0"], "8.5"),
        idle("gpu-2", ["0.5", "-3", "0"], "-2.5"),
        idle("b-1", ["0", "6", "0"], "6"),
        idle("b-2", ["0", "1", "0"], "1"),
      ]),
    );
    const registry = {
      ...test.platform.registry,
      nodePools: [
        { cluster: "one", id: "gpu", nodes: ["gpu-*"] },
        { cluster: "one", id: "hipaa", nodes: ["b-*"], team: "b" },
      ],
    };
    const policies = [{ pool: "idle", methods: [{ kind: "proportional" as const }] }];
    await test.settle({ registry, policies });
    expect(
      await test.rows(
        `SELECT team_id, node_pool, resource, toString(amount) AS amount FROM idle_daily_costs
         ORDER BY team_id, node_pool, resource`,
      ),
    ).toEqual(
      [
        ["a", "", "cpu", "4"],
        ["a", "", "memory", "1"],
        ["a", "gpu", "cpu", "1"],
        ["a", "gpu", "gpu", "8"],
        ["a", "gpu", "variance", "-3"],
        ["b", "hipaa", "gpu", "7"],
      ].map(([team_id, node_pool, resource, amount]) => ({ team_id, node_pool, resource, amount })),
    );
    const month = parseBillingPeriod("2026-11");
    const behind = async (team: string): Promise<string[]> => {
      const { lines } = await explainStatement(test.clickhouse, month, team);
      const explained = await Promise.all(
        lines
          .filter(({ category }) => category.startsWith("idle"))
          .map(({ line }) => explainLine(test.clickhouse, month, team, line)),
      );
      return explained.map(({ line, days, facts }) =>
        [
          line.pool,
          line.category,
          days[0]?.poolCost,
          ...facts.map(({ node, amount }) => `${node}=${amount}`),
        ].join(" "),
      );
    };
    expect(await behind("a")).toEqual([
      "idle/one idle-cpu 4 cpu-1=4",
      "idle/one/gpu idle-cpu 1 gpu-1=0.5 gpu-2=0.5",
      "idle/one/gpu idle-gpu 8 gpu-1=8",
      "idle/one idle-memory 1 cpu-1=1",
      "idle/one/gpu idle-variance -3 gpu-2=-3",
    ]);
    expect(await behind("b")).toEqual([" idle-gpu 7 b-1=6 b-2=1"]);
  });

  it("replaces a restated day whole: what vanished is gone, what is new is there", async () => {
    await publish(test.log, day("10"));
    await test.settle();
    const restated = costReading("2026-11-22", [cpu("4", { namespace: "team-c", controller: "new" })]);
    await publish(test.log, restated, "2026-11-23T18:00:00Z");
    await test.settle();
    expect(await owed()).toEqual({ c: "4" });
  });

  it("lets the later reading win, whichever arrives last", async () => {
    await publish(test.log, day("10"), "2026-11-23T18:00:00Z");
    await publish(test.log, day("99"), "2026-11-23T06:00:00Z");
    await test.settle();
    expect((await owed())["a"]).toMatch(/^10\./);
  });

  it("counts an input that was read earlier and arrives later", async () => {
    await publish(test.log, day("10", "8"), "2026-11-23T18:00:00Z");
    await test.settle();
    await publish(test.log, runsReading("2026-11-22", { b: 1 }), "2026-11-23T06:00:00Z");
    await test.settle();
    expect(await owed()).toEqual({ a: "10", b: "10.5" });
  });

  it("ends in the same rows when the whole log is delivered again", async () => {
    await publish(test.log, day("10"));
    await publish(test.log, runsReading("2026-11-22", { a: 1, b: 1 }));
    await test.settle();
    const before = await test.rows("SELECT * FROM current_allocations ORDER BY line");
    const facts = await test.rows("SELECT count() AS n FROM cost_facts");
    const everything: LogMessage[] = [];
    for await (const message of test.log.replay(TOPICS.readings.name)) everything.push(message);
    await test.log.publish([...everything, ...everything.toReversed()]);
    await test.settle();
    expect(await test.rows("SELECT * FROM current_allocations ORDER BY line")).toEqual(before);
    expect(await test.rows("SELECT count() AS n FROM cost_facts")).toEqual(facts);
  });

  it("makes the earlier run current again when the policies go back", async () => {
    await publish(test.log, day("10", "8"));
    await publish(test.log, runsReading("2026-11-22", { a: 1 }));
    await test.settle();
    const byRuns = await owed();
    const [first] = await test.rows("SELECT run_id FROM current_runs");
    await test.settle({
      now: "2026-11-25T00:00:00Z",
      policies: [{ pool: "mlflow", methods: [{ kind: "even" }] }],
    });
    expect(await owed()).not.toEqual(byRuns);
    await test.settle({ now: "2026-11-26T00:00:00Z" });
    expect(await owed()).toEqual(byRuns);
    expect(await test.rows("SELECT run_id FROM current_runs")).toEqual([first]);
  });
});

describe("what could lose or double a dollar", () => {
  it("re-allocates under new rules also when the process died between recording them and asking for it", async () => {
    await publish(test.log, day("10", "8"));
    await publish(test.log, runsReading("2026-11-22", { a: 1 }));
    await test.settle();
    const evenly = {
      now: "2026-11-25T00:00:00Z",
      policies: [{ pool: "mlflow", methods: [{ kind: "even" as const }] }],
    };
    const { registry } = test.platform;
    const expected = [{ dataset: "usage" as const, source: "mlflow", scope: "mlflow", meter: "mlflow.runs" }];
    const policies = policiesOf(allocationConfig.parse({ policies: evenly.policies }));
    await activateRules(test.clickhouse, registry, policies, expected, new Date(evenly.now));
    await test.settle(evenly);
    expect((await owed())["c"]).toMatch(/^2\.66/);
  });

  it("publishes one run when two allocators work on the same day at once", async () => {
    await publish(test.log, day("10", "8"));
    await publish(test.log, runsReading("2026-11-22", { a: 1, b: 3 }));
    const intake = test.services().intake;
    await intake.start();
    await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
    await intake.stop();
    const month = parseBillingPeriod("2026-11");
    const rules = {
      registry: test.platform.registry,
      policies: NO_POLICIES,
      expectedReadings: [],
      activatedAt: "2026-11-24 00:00:00.000",
    };
    const handle = createRequestHandler(
      { ...test.platform, clickhouse: test.clickhouse, clock: () => new Date() },
      () => rules,
    );
    const { topic, key, headers, value } = allocationRequest(
      month,
      [parseDay("2026-11-22")],
      "test",
      new Date(0),
    );
    const request = { topic, key, headers, value, position: { topic, partition: 0, offset: "0" } };
    const never = new AbortController().signal;
    await Promise.all([handle([request], never), handle([request], never), handle([request], never)]);
    expect(await test.rows("SELECT uniqExact(run_id) AS runs, count() AS days FROM current_runs")).toEqual([
      { runs: "1", days: "1" },
    ]);
    const [proof] = await test.rows(
      `SELECT count() = uniqExact(line) AS once, sum(toDecimal256(amount, 12)) = 20.5 AS whole FROM current_allocations`,
    );
    expect(proof).toEqual({ once: 1, whole: 1 });
  });

  it("calls a day incomplete that was read while it was running", async () => {
    await publish(test.log, runsReading("2026-11-22", { a: 1 }), "2026-11-22T18:00:00Z");
    await publish(test.log, day("10"), "2026-11-22T18:00:00Z");
    await test.settle();
    expect(await test.rows("SELECT missing FROM current_runs")).toEqual([
      { missing: ["usage/mlflow/mlflow"] },
    ]);
    await publish(test.log, runsReading("2026-11-22", { a: 2 }), "2026-11-23T01:00:00Z");
    await test.settle();
    expect(await test.rows("SELECT missing FROM current_runs")).toEqual([{ missing: [] }]);
  });

  it("mends a snapshot twice: rows that are read again have tokens of their own", async () => {
    const messages = await messagesOf(day("10"));
    await test.log.publish(messages);
    await test.settle();
    for (let damage = 0; damage < 2; damage += 1) {
      const { intake } = test.services();
      await intake.start(); // before the damage, or it would wait for a rebuild
      await test.clickhouse.command({ query: "TRUNCATE TABLE snapshots" });
      await test.clickhouse.command({ query: "DELETE FROM cost_facts WHERE namespace = 'team-a'" });
      const seal = messages.at(-1);
      if (seal) await test.log.publish([seal]);
      await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
      await intake.stop();
      await test.settle();
      expect((await owed())["a"]).toMatch(/^10\./);
    }
  });

  it("seals no run when facts were lost after their snapshot was sealed", async () => {
    await publish(test.log, day("10"));
    const allocator = test.services();
    await allocator.intake.start();
    await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
    await allocator.intake.stop();
    await test.clickhouse.command({ query: "DELETE FROM cost_facts WHERE namespace = 'team-a'" });
    const [snapshot] = await visibleSnapshots(test.clickhouse, parseBillingPeriod("2026-11"));
    const rules = {
      registry: test.platform.registry,
      policies: NO_POLICIES,
      expectedReadings: [],
      activatedAt: "2026-11-24 00:00:00.000",
    };
    const inputs = pinInputs(
      parseDay("2026-11-22"),
      parseBillingPeriod("2026-11"),
      snapshot ? [snapshot] : [],
      rules,
    );
    if (!inputs) throw new Error("nothing to allocate");
    await expect(readDayFacts(test.clickhouse, [inputs], rules.registry)).rejects.toThrow(ConservationError);
    expect(await test.rows("SELECT run_id FROM allocation_runs")).toEqual([]);
  });

  it("raises no objection to a visible snapshot that is delivered again", async () => {
    const first = await messagesOf(costReading("2026-11-21", [cpu("200", { namespace: "team-a" })]));
    const jump = await messagesOf(costReading("2026-11-22", [cpu("1500", { namespace: "team-a" })]));
    await test.log.publish(first);
    await test.settle();
    await test.log.publish(jump);
    await test.settle();
    await publish(
      test.log,
      costReading("2026-11-21", [cpu("20", { namespace: "team-a" })]),
      "2026-11-23T18:00:00Z",
    );
    await test.log.publish(jump);
    await test.settle();
    expect(await pending()).toEqual([]);
    expect(await owed()).toEqual({ a: "1520" });
  });

  it("counts one of two rivals that became visible side by side, and names the other as missing", () => {
    const snapshot = {
      dataset: "cost" as const,
      source: "kubecost",
      day: parseDay("2026-11-22"),
      readAt: "2026-11-23 06:00:00.000",
      finality: "final" as const,
      claims: ["kubernetes/one"],
      pricesKubernetes: false,
    };
    const rules = {
      registry: test.platform.registry,
      policies: NO_POLICIES,
      expectedReadings: [],
      activatedAt: "",
    };
    const inputs = pinInputs(
      snapshot.day,
      parseBillingPeriod("2026-11"),
      ["one", "other"].map((scope) => ({ ...snapshot, scope, snapshotId: `snapshot-of-${scope}` })),
      rules,
    );
    expect(inputs?.costSnapshotIds).toEqual(["snapshot-of-one"]);
    expect(inputs?.missing).toEqual(["cost/kubecost/other (claims kubernetes/one, as kubecost/one does)"]);
  });

  it("charges the system namespaces of a cluster that the configuration does not list", async () => {
    const rows = [
      cpu("10", { cluster: "new", namespace: "team-a" }),
      cpu("5", { cluster: "new", namespace: "kube-system" }),
    ];
    await publish(test.log, costReading("2026-11-22", rows, "new"));
    await test.settle();
    expect(await owed()).toEqual({ a: "15" });
  });
});

describe("readings that are made again without a change", () => {
  const HOUR_MS = 3_600_000;
  const hoursAgo = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();
  const completeness = async (): Promise<unknown[]> =>
    test.rows("SELECT status, age_hours FROM reading_completeness ORDER BY day");

  it("make a day younger and final, and neither move a number nor allocate anything, however often they are delivered", async () => {
    const fourDaysAgo = addDays(dayOf(new Date()), -4);
    const reading = runsReading(fourDaysAgo, { a: 1 });
    const firstAt = hoursAgo(72.5);
    await publish(test.log, costReading(fourDaysAgo, [cpu("8", { namespace: "team-a" })]), firstAt);
    await publish(test.log, reading, firstAt);
    await test.settle();
    expect((await completeness())[0]).toEqual({ status: "stale", age_hours: "72" });
    const runs = await test.rows("SELECT * FROM allocation_runs ORDER BY run_id");
    const requests = async (): Promise<number> => {
      let count = 0;
      for await (const _ of test.log.replay(TOPICS.allocationRequests.name)) count += 1;
      return count;
    };
    const { intake } = test.services();
    const deliver = async (...messages: LogMessage[]): Promise<void> => {
      const before = await requests();
      await test.log.publish(messages);
      await intake.start();
      await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
      await intake.stop();
      expect(await requests()).toBe(before);
    };

    await deliver(confirmationOf(runsReading(fourDaysAgo, { a: 2 }), firstAt, hoursAgo(1)));
    expect((await completeness())[0]).toEqual({ status: "stale", age_hours: "72" }); // that was another snapshot
    const young = confirmationOf(reading, firstAt, hoursAgo(30.5), "provisional");
    const final = confirmationOf(reading, firstAt, hoursAgo(6.5));
    await deliver(young);
    expect((await completeness())[0]).toEqual({ status: "provisional", age_hours: "30" });
    await deliver(final, young, final);
    await deliver(young, final);
    expect((await completeness())[0]).toEqual({ status: "final", age_hours: "6" });
    expect(await test.rows("SELECT count() AS n FROM reading_confirmations FINAL")).toEqual([{ n: "3" }]);
    expect(await test.rows("SELECT * FROM allocation_runs ORDER BY run_id")).toEqual(runs);
  });
});

describe("what must not become visible", () => {
  it("a snapshot whose chunk is missing waits for it, then goes into quarantine", async () => {
    const [, seal] = await messagesOf(day("10"));
    await test.log.publish(seal ? [seal] : []);
    await test.settle();
    expect(await owed()).toEqual({});
    expect(await test.rows("SELECT source, scope, reason FROM quarantined_readings")).toEqual([
      { source: "kubecost", scope: "one", reason: expect.stringContaining("rows 0 instead of 3") },
    ]);
    expect(await deadLetters()).toEqual([
      expect.stringContaining("cost/kubecost/one/2026-11-22T00:00:00Z is in quarantine"),
    ]);
  });

  it("a chunk that was stored twice is found by the seal, deleted and read again from the log", async () => {
    const [chunk, seal] = await messagesOf(day("10"));
    if (!chunk || !seal) throw new Error("A reading has a chunk and a seal");
    await test.log.publish([chunk]);
    const intake = test.services().intake;
    await intake.start();
    await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
    await intake.stop();
    // As if the deduplication window had forgotten the chunk before it came again.
    await test.clickhouse.command({ query: "INSERT INTO cost_facts SELECT * FROM cost_facts" });
    await test.log.publish([seal]);
    await test.settle();
    expect(await test.rows("SELECT count() AS n FROM cost_facts")).toEqual([{ n: "3" }]);
    expect((await owed())["a"]).toMatch(/^10\./);
    expect(await test.rows("SELECT count() AS n FROM quarantined_readings")).toEqual([{ n: "0" }]);
  });

  it("an empty reading does not replace one that had costs", async () => {
    await publish(test.log, day("10"));
    await test.settle();
    const before = await owed();
    await publish(test.log, costReading("2026-11-22", []), "2026-11-23T18:00:00Z");
    await test.settle();
    expect(await owed()).toEqual(before);
    expect(await test.rows("SELECT reason FROM quarantined_readings")).toEqual([
      { reason: expect.stringContaining("an empty answer never replaces costs silently") },
    ]);
  });

  it("a reading in another currency is not charged", async () => {
    await test.log.publish(await messagesOf(day("10"), READ_AT, "EUR"));
    await test.settle();
    expect(await owed()).toEqual({});
    expect(await deadLetters()).toEqual([expect.stringContaining("in EUR, this deployment charges in USD")]);
  });

  it("rows whose parts do not add up to what is charged", async () => {
    const crooked = costReading("2026-11-22", [
      { ...cpu("1", { namespace: "team-a" }), effective_cost: "2" },
    ]);
    await publish(test.log, crooked);
    await test.settle();
    expect(await owed()).toEqual({});
    expect(await deadLetters()).toEqual([expect.stringContaining("1 rows contradict themselves")]);
  });

  it("pods that cost less than nothing, and a day that does", async () => {
    await publish(
      test.log,
      costReading("2026-11-21", [cpu("-500", { namespace: "team-a" }), cpu("700", { namespace: "team-b" })]),
    );
    await publish(
      test.log,
      costReading("2026-11-22", [{ ...cpu("-1000000", { namespace: "" }), kind: "idle" }]),
    );
    await test.settle();
    expect(await owed()).toEqual({});
    expect((await pending()).map(({ reason }) => reason).toSorted()).toEqual([
      expect.stringContaining("1 rows contradict themselves"),
      "the day costs -1000000, less than nothing; release it if that is right",
    ]);
  });

  it("damaged, foreign and refused messages become dead letters, and the flow goes on", async () => {
    const [chunk] = await messagesOf(day("10"));
    if (!chunk) throw new Error("A reading has a chunk");
    const { gzipSync } = await import("node:zlib");
    await test.log.publish([
      { ...chunk, value: chunk.value.subarray(0, 40) },
      { ...chunk, value: gzipSync('{"snapshot_id":"x","no_such_column":1}\n') },
      { ...chunk, headers: { hello: "world" } },
      { ...chunk, headers: { ...chunk.headers, ce_chunk: "-1" } },
    ]);
    await publish(test.log, day("7"), "2026-11-23T18:00:00Z");
    await test.settle();
    expect(await deadLetters()).toEqual([
      expect.stringContaining("cannot be inflated"),
      expect.stringContaining("ClickHouse refused chunk 0"),
      expect.stringContaining("not an event that intake knows"),
      expect.stringContaining("ce_chunk"),
    ]);
    expect((await owed())["a"]).toMatch(/^7\./);
  });
});

describe("quarantine", () => {
  it("holds back a final day without costs where the days before had some", async () => {
    await publish(test.log, costReading("2026-11-21", [cpu("200", { namespace: "team-a" })]));
    await test.settle();
    await publish(test.log, { ...costReading("2026-11-22", []), finality: "final" });
    await test.settle();
    expect((await pending()).map(({ reason }) => reason)).toEqual([
      "the reading is empty, though the days before it had costs; release it if nothing ran",
    ]);
  });

  it("finishes a release that died after it was recorded", async () => {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await publish(test.log, costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]));
    await test.settle();
    const [reading] = await pending();
    await test.clickhouse.insert({
      table: "quarantine_decisions",
      values: [
        {
          id: reading?.id,
          decision: "release",
          prepared_by: "alice",
          approved_by: "bob",
          reason: "",
          effect: "5000",
          decided_at: "2026-11-24 00:00:00",
        },
      ],
      format: "JSONEachRow",
    });
    expect(await decideOn(reading?.id ?? "", "release")).toEqual({
      dataset: "cost",
      change: "5000",
      unit: "USD",
    });
    await test.settle();
    expect(await owed()).toEqual({ a: "5200" });
    await expect(decideOn(reading?.id ?? "", "release")).rejects.toThrow("decided on already");
  });

  it("keeps a second claimant of a dollar out, and names both claims", async () => {
    await publish(test.log, day("10"));
    await publish(test.log, costReading("2026-11-22", [cpu("99", { namespace: "team-a" })], "other"));
    await test.settle();
    expect((await owed())["a"]).toMatch(/^10\./);
    const [reading, ...more] = await pending();
    expect(more).toEqual([]);
    expect(reading?.reason).toContain(
      "kubernetes/one is claimed by kubecost/one for this day already, and now by kubecost/other",
    );
    await expect(decideOn(reading?.id ?? "", "release")).rejects.toThrow(
      "cannot be released: kubernetes/one",
    );
    await decideOn(reading?.id ?? "", "drop");
    expect(await pending()).toEqual([]);
    await expect(decideOn(reading?.id ?? "", "drop")).rejects.toThrow(
      "decided on already: drop, approved by bob",
    );
  });

  it("holds a day back that suddenly costs more than ten times as much, until somebody else approves it", async () => {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await test.settle();
    await publish(test.log, costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]));
    await test.settle();
    expect(await owed()).toEqual({ a: "200" });
    const [reading] = await pending();
    expect(reading?.reason).toContain(
      "the day costs 5000, more than 10 times the most of the 7 days before it",
    );
    await expect(decideOn(reading?.id ?? "", "release", "alice")).rejects.toThrow("must be two people");
    await expect(decideOn(reading?.id ?? "", "release", "bob", " ")).rejects.toThrow("must say why");
    expect(await decideOn(reading?.id ?? "", "release")).toMatchObject({ change: "5000", unit: "USD" });
    await test.settle();
    expect(await owed()).toEqual({ a: "5200" });
    expect(
      await test.rows("SELECT decision, prepared_by, approved_by, effect FROM quarantine_decisions"),
    ).toEqual([{ decision: "release", prepared_by: "alice", approved_by: "bob", effect: "5000" }]);
  });

  it("is decided on once: of a release and a drop at the same time one counts, and what was dropped never comes back", async () => {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await test.settle();
    const jump = await messagesOf(costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]));
    await test.log.publish(jump);
    await test.settle();
    const id = (await pending())[0]?.id ?? "";
    const both = await Promise.allSettled([decideOn(id, "release"), decideOn(id, "drop")]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const [decided] = await test.rows("SELECT decision FROM quarantine_decisions");
    await test.settle();
    expect(await owed()).toEqual({ a: decided?.["decision"] === "release" ? "5200" : "200" });
  });

  it("never shows a reading that was dropped, though the log delivers it again when nothing speaks against it any more", async () => {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await test.settle();
    const jump = await messagesOf(costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]));
    await test.log.publish(jump);
    await test.settle();
    await decideOn((await pending())[0]?.id ?? "", "drop");
    await publish(
      test.log,
      costReading("2026-11-20", [cpu("900", { namespace: "team-a" })]),
      "2026-11-23T18:00:00Z",
    );
    await test.log.publish(jump);
    await test.settle();
    expect(await owed()).toEqual({ a: "900" });
    expect(await pending()).toEqual([]);
  });

  it("needs no decision once a later good reading of the period is there", async () => {
    await publish(test.log, costReading("2026-11-20", [cpu("200", { namespace: "team-a" })]));
    await publish(
      test.log,
      costReading("2026-11-21", [cpu("5000", { namespace: "team-a" })]),
      "2026-11-23T06:00:00Z",
    );
    await test.settle();
    expect(await pending()).toHaveLength(1);
    await publish(
      test.log,
      costReading("2026-11-21", [cpu("210", { namespace: "team-a" })]),
      "2026-11-23T07:00:00Z",
    );
    await test.settle();
    expect(await pending()).toEqual([]);
    expect(await owed()).toEqual({ a: "410" });
  });

  it("holds a reading back whose rows all cost nothing, where the one before it cost something", async () => {
    await publish(test.log, costReading("2026-11-22", [cpu("5000", { namespace: "team-a" })]));
    await test.settle();
    const zero = costReading("2026-11-22", [cpu("0", { namespace: "team-a" })]);
    await publish(test.log, zero, "2026-11-23T18:00:00Z");
    await test.settle();
    expect(await owed()).toEqual({ a: "5000" });
    expect((await pending()).map(({ reason }) => reason)).toEqual([
      "the reading comes to nothing, the one before it came to 5000; release it if that is right",
    ]);
  });

  it("holds a bill back beyond its ceiling, and usage that is a thousand times the usual", async () => {
    const own = (on: string, amount: string): Reading<"cost"> => ({
      key: { ...costReading(on, []).key, source: "aws-bill", scope: "111122223333" },
      rows: [
        {
          kind: "bill",
          account: "111122223333",
          service: "Tax",
          record_type: "Tax",
          effective_cost: amount,
          billed_cost: amount,
        },
      ],
      finality: "provisional",
    });
    for (const reading of [
      own("2026-11-20", "10"),
      runsReading("2026-11-20", { a: 1 }),
      own("2026-11-21", "90000000"),
      billReading("2026-11-21", "90000000"),
      runsReading("2026-11-21", { a: 1_000_000 }),
      own("2026-11-22", "900000"), // a yearly fee
      runsReading("2026-11-22", { a: 900 }),
    ])
      await publish(test.log, reading);
    await test.settle();
    expect((await pending()).map(({ reason }) => reason.replace(/;.*/, "")).toSorted()).toEqual([
      "the day costs 90000000, beyond allocation.sanity.costPerDayMax 10000000.00",
      "the day costs 90000000, beyond allocation.sanity.costPerDayMax 10000000.00",
      "the day measures 1000000, more than 1000 times the most of the 7 days before it",
    ]);
    expect(
      await test.rows(
        "SELECT toString(sum(amount)) AS visible FROM current_snapshots WHERE dataset = 'cost'",
      ),
    ).toEqual([{ visible: "900010" }]);
    // Released: the bill changes what is compared with, the meter what it counts; only the bill's dollars are on record.
    const idOf = async (kind: string): Promise<string> =>
      (await pending()).find(({ dataset }) => dataset === kind)?.id ?? "";
    const effects = [
      await decideOn(await idOf("bill"), "release"),
      await decideOn(await idOf("usage"), "release"),
      await decideOn(await idOf("cost"), "drop"),
    ];
    expect(effects).toEqual([
      { dataset: "bill", change: "90000000", unit: "USD" },
      { dataset: "usage", change: "1000000", unit: "runs" },
      { dataset: "cost", change: "0", unit: "USD" },
    ]);
    expect(await test.rows("SELECT effect FROM quarantine_decisions ORDER BY effect")).toEqual([
      { effect: "0" },
      { effect: "0" },
      { effect: "90000000" },
    ]);
  });

  it("holds a network reading back in which the bytes of a cluster are gone", async () => {
    const network = (shares: Record<string, string>): Reading<"cost"> => ({
      key: { ...costReading("2026-11-22", []).key, source: "network", scope: "111122223333" },
      rows: Object.entries(shares).map(([namespace, amount]) => ({
        kind: "network",
        account: "111122223333",
        service: "EC2 - Other",
        usage_type: "EU-NatGateway-Bytes",
        record_type: "Usage",
        network_class: "nat",
        cluster: namespace === "" ? "" : "one",
        namespace,
        effective_cost: amount,
        billed_cost: amount,
      })),
      finality: "provisional",
    });
    await publish(test.log, network({ "team-a": "63", "": "7" }));
    await test.settle();
    await publish(test.log, network({ "": "70" }), "2026-12-20T06:00:00Z");
    await test.settle();
    expect(await owed()).toEqual({ a: "63", unallocated: "7" });
    const [reading] = await pending();
    expect(reading?.reason).toContain("no bytes of one explain anything of the day any more");
    expect(await decideOn(reading?.id ?? "", "release")).toMatchObject({ change: "0" });
    await test.settle();
    expect(await owed()).toEqual({ unallocated: "70" });
    // The other way round there is nothing to ask.
    await publish(test.log, network({ "team-a": "60", "": "10" }), "2026-12-21T06:00:00Z");
    await test.settle();
    expect(await owed()).toEqual({ a: "60", unallocated: "10" });
  });

  it("has nothing to release of a reading that its collector refused", async () => {
    await test.log.publish([
      encodeEvent(
        "readingRefused",
        {
          dataset: "cost",
          source: "kubecost",
          scope: "one",
          chargePeriod: { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" },
          readAt: READ_AT,
          reason: "a negative cost",
        },
        { id: "1", source: "/test", key: "kubecost/one", subject: "test", time: new Date(READ_AT) },
      ),
    ]);
    await test.settle();
    const [reading] = await pending();
    await expect(decideOn(reading?.id ?? "", "release")).rejects.toThrow("has no rows to release");
  });
});
