import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compareMethods } from "@apportion/books/simulate/simulate";
import { parseBillingPeriod } from "@apportion/domain/period";
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

describe("the methods between services, side by side", () => {
  it("keep for each day the order that is in force on it", async () => {
    const { registry } = test.platform;
    const services = {
      ...registry,
      sharedServices: [...registry.sharedServices, { id: "prometheus", name: "Prometheus" }],
      rules: [
        ...registry.rules,
        { owner: { kind: "shared-service" as const, id: "prometheus" }, match: { namespace: "prometheus" } },
      ],
    };
    for (const day of ["2026-11-01", "2026-11-02"]) {
      const costs = [
        cpu("100", { namespace: "platform-shared", controller: "mlflow" }),
        cpu("40", { namespace: "prometheus" }),
      ];
      await publish(test.log, costReading(day, costs));
    }
    // Half of MLflow's runs are Prometheus's, and half of Prometheus is MLflow's.
    const runs = runsReading("2026-11-01", { a: 1, b: 1 });
    const own = {
      meter: "mlflow.runs",
      unit: "runs",
      team_label: "",
      namespace: "prometheus",
      quantity: "2",
    };
    await publish(test.log, { ...runs, rows: [...runs.rows, own] });
    const split = { kind: "fixed" as const, teams: { b: "50" }, services: { mlflow: "50" } };
    await test.settle({
      registry: services,
      policies: [...MLFLOW_BY_RUNS, { pool: "prometheus", methods: [split] }],
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
