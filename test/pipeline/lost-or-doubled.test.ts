import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConservationError } from "@apportion/allocation/certificate";
import { activateRules } from "@apportion/allocator/activate-rules";
import { createRequestHandler } from "@apportion/allocator/request-handler";
import type { QuarantinedReading } from "@apportion/books/readings/quarantined";
import { evaluateGates } from "@apportion/books/ledger/gates";
import { gatherEvidence } from "@apportion/books/ledger/verify";
import { readDayCells } from "@apportion/books/runs/day-cells";
import { InvariantError } from "@apportion/books/runs/invariant-error";
import { pinInputs, visibleSnapshots } from "@apportion/books/runs/inputs";
import { recordedRules } from "@apportion/books/runs/rules";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { allocationRequest } from "@apportion/events/allocation-requests";
import { TOPICS } from "@apportion/events/catalogue";
import { INTAKE_GROUP } from "@apportion/recovery/groups";
import { allocationConfig, policiesOf } from "@apportion/registry/allocation";
import { silentLogger } from "@apportion/runtime/logger";
import { day, owed as owedOf, pending as pendingOf } from "./november.js";
import {
  beforeCall,
  caughtUp,
  costReading,
  cpu,
  messagesOf,
  openTestPlatform,
  publish,
  runsReading,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const NO_POLICIES = { pools: [], betweenServices: [] };
const owed = (): Promise<Record<string, string>> => owedOf(test);
const pending = (): Promise<QuarantinedReading[]> => pendingOf(test);

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

  it("seals no run when cells were lost after their snapshot was sealed", async () => {
    await publish(test.log, day("10"));
    const allocator = test.services();
    await allocator.intake.start();
    await caughtUp(test.log, INTAKE_GROUP, TOPICS.readings.name);
    await allocator.intake.stop();
    await test.clickhouse.command({ query: "DELETE FROM cells WHERE namespace = 'team-a'" });
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
    await expect(readDayCells(test.clickhouse, [inputs], rules.registry)).rejects.toThrow(ConservationError);
    expect(await test.rows("SELECT run_id FROM allocation_runs")).toEqual([]);
  });

  it("allocates the other months when one was damaged, says which, and lets nobody close that", async () => {
    const [damaged, healthy] = [parseBillingPeriod("2026-10"), parseBillingPeriod("2026-11")];
    const days = new Map([
      [damaged, parseDay("2026-10-22")],
      [healthy, parseDay("2026-11-22")],
    ]);
    for (const date of days.values())
      await publish(test.log, costReading(date, [cpu("10", { namespace: "team-a" })]));
    await test.settle();
    await test.clickhouse.command({ query: `DELETE FROM cells WHERE charge_day = '${days.get(damaged)}'` });
    const { registry } = test.platform;
    const policies = policiesOf(
      allocationConfig.parse({ policies: [{ pool: "mlflow", methods: [{ kind: "even" }] }] }),
    );
    const now = new Date("2026-11-25T00:00:00Z");
    const { rules } = await activateRules(test.clickhouse, registry, policies, [], now);
    const errors: [object, string][] = [];
    const logger = { ...silentLogger, error: (...said: [object, string]) => void errors.push(said) };
    const deps = { ...test.platform, logger, clickhouse: test.clickhouse, clock: () => now };
    const batch = [...days].map(([period, date], offset) => {
      const request = allocationRequest(period, [date], "test", now);
      return { ...request, position: { topic: request.topic, partition: 0, offset: String(offset) } };
    });

    const handle = createRequestHandler(deps, () => rules);
    expect(await handle(batch, new AbortController().signal)).toEqual([]);
    expect(errors).toEqual([
      [
        { billingPeriod: damaged, err: expect.any(ConservationError) },
        expect.stringContaining("`apportion verify --month 2026-10`"),
      ],
    ]);
    const sealed = `SELECT billing_period AS month FROM allocation_runs WHERE rules_activated_at = '${rules.activatedAt}'`;
    expect(await test.rows(sealed)).toEqual([{ month: healthy }]);
    const evidence = await gatherEvidence({ clickhouse: test.clickhouse, log: test.log }, damaged);
    expect(evidence.verification.findings).not.toEqual([]);
    const gates = await evaluateGates(deps, damaged, evidence, allocationConfig.parse({}).close);
    expect(gates.find(({ name }) => name === "allocated")).toMatchObject({
      passed: false,
      says: expect.stringContaining(String(days.get(damaged))),
    });

    const gone = recordedRules(test.clickhouse, "2026-10-01 00:00:00.000");
    await expect(gone).rejects.toThrow(InvariantError);

    // Anything else than damage has the batch delivered again.
    const away = beforeCall(
      test.clickhouse,
      "query",
      ({ query }) => query.includes("latest_runs"),
      () => Promise.reject(new Error("the database is away")),
    );
    const again = createRequestHandler({ ...deps, clickhouse: away }, () => rules);
    await expect(again(batch, new AbortController().signal)).rejects.toThrow("away");
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
