import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compareMethods, movedPools, simulate } from "@apportion/books/simulate/simulate";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import {
  costReading,
  cpu,
  MLFLOW_BY_RUNS,
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

const NOVEMBER = parseBillingPeriod("2026-11");

/** Days with 100 of MLflow and 40 of Prometheus; half of MLflow's runs are Prometheus's, and half of Prometheus is MLflow's. */
async function publishServices(days: readonly string[]): Promise<Registry> {
  const { registry } = test.platform;
  for (const day of days) {
    const costs = [
      cpu("100", { namespace: "platform-shared", controller: "mlflow" }),
      cpu("40", { namespace: "prometheus" }),
    ];
    await publish(test.log, costReading(day, costs));
  }
  const runs = runsReading("2026-11-01", { a: 1, b: 1 });
  const own = {
    meter: "mlflow.runs",
    unit: "runs",
    team_label: "",
    namespace: "prometheus",
    quantity: "2",
  };
  await publish(test.log, { ...runs, rows: [...runs.rows, own] });
  return {
    ...registry,
    sharedServices: [...registry.sharedServices, { id: "prometheus", name: "Prometheus" }],
    rules: [
      ...registry.rules,
      { owner: { kind: "shared-service" as const, id: "prometheus" }, match: { namespace: "prometheus" } },
    ],
  };
}

const HALF_TO_MLFLOW = {
  pool: "prometheus",
  methods: [{ kind: "fixed" as const, teams: { b: "50" }, services: { mlflow: "50" } }],
};

it("a simulation names what moves of pools that the policies do not name, since services use each other", async () => {
  const registry = await publishServices(["2026-11-01"]);
  await test.settle({
    registry,
    policies: [...MLFLOW_BY_RUNS, HALF_TO_MLFLOW],
    betweenServices: [{ method: "step-down", order: ["prometheus", "mlflow"] }],
  });
  const allToA = {
    pool: "mlflow",
    methods: [{ kind: "fixed" as const, teams: { a: "100" }, services: {} }],
    exempt: [],
    caps: {},
    minimums: {},
  };
  const { moved } = await simulate(test.clickhouse, NOVEMBER, {
    policies: { pools: [allToA], betweenServices: [] },
  });
  // MLflow itself by runs: 50 and 50. Of Prometheus 20 is b's, and 20 MLflow's, which came to 10 and 10, and comes to a alone.
  expect(movedPools(moved)).toEqual([
    { category: "shared", pool: "mlflow", more: 50_00n, less: 50_00n },
    { category: "shared", pool: "prometheus", more: 10_00n, less: 10_00n },
  ]);
  // Who sees team a alone sees what it pays more.
  expect(movedPools(moved.filter(({ teamId }) => teamId === "a")).map(({ less }) => less)).toEqual([0n, 0n]);
});

describe("the methods between services, side by side", () => {
  it("keep for each day the order that is in force on it", async () => {
    const registry = await publishServices(["2026-11-01", "2026-11-02"]);
    await test.settle({
      registry,
      policies: [...MLFLOW_BY_RUNS, HALF_TO_MLFLOW],
      betweenServices: [
        { to: "2026-11-02", method: "step-down", order: ["prometheus", "mlflow"] },
        { from: "2026-11-02", method: "direct" },
      ],
    });
    expect(await compareMethods(test.clickhouse, NOVEMBER)).toMatchObject({
      methods: ["direct", "step-down", "reciprocal"],
      teams: [
        // Step-down: on the first day Prometheus closes first, as in force (60 and 80); on the second the costlier MLflow (25 and 115).
        { team: "a", cents: [100_00n, 85_00n, 80_00n] },
        { team: "b", cents: [180_00n, 195_00n, 200_00n] },
      ],
    });
  });
});
