import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  billReading,
  costReading,
  cpu,
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

describe("the view unit_costs", () => {
  it("has a GPU-hour, a core-hour and a run at the price that is charged, and at list price beside it", async () => {
    const day = "2026-11-01";
    const gpu = { gpu_cost: "40", gpu_hours: "20", effective_cost: "50", billed_cost: "50" };
    const rows = [
      cpu("10", { namespace: "team-a", cpu_core_hours: "240", ...gpu }),
      cpu("30", { namespace: "team-b" }),
      cpu("20", { namespace: "platform-shared", controller: "mlflow" }),
    ];
    await publish(test.log, { ...costReading(day, rows), finality: "final" });
    await publish(test.log, billReading(day, "75")); // three quarters of the list prices
    await publish(test.log, runsReading(day, { a: 3, b: 1 }));
    await test.settle();
    expect(await test.rows("SELECT * FROM unit_costs ORDER BY unit")).toEqual([
      {
        billing_period: "2026-11",
        unit: "core-hour",
        cost: "45", // with what ran elsewhere in as many core-hours as were read
        quantity: "240",
        cost_per_unit: "0.1875",
        cost_at_list_price: "60",
        cost_per_unit_at_list_price: "0.25",
      },
      {
        billing_period: "2026-11",
        unit: "gpu-hour",
        cost: "30",
        quantity: "20",
        cost_per_unit: "1.5",
        cost_at_list_price: "40",
        cost_per_unit_at_list_price: "2",
      },
      {
        billing_period: "2026-11",
        unit: "mlflow.runs",
        cost: "15",
        quantity: "4",
        cost_per_unit: "3.75",
        cost_at_list_price: "20",
        cost_per_unit_at_list_price: "5",
      },
    ]);
  });

  it("has of a pool that follows several meters the part of each", async () => {
    const day = "2026-11-01";
    await publish(
      test.log,
      costReading(day, [cpu("20", { namespace: "platform-shared", controller: "mlflow" })]),
    );
    await publish(test.log, runsReading(day, { a: 3, b: 1 }));
    const rows = Object.entries({ a: "30", c: "20" }).map(([team_label, quantity]) => ({
      meter: "feast.rows",
      unit: "rows",
      namespace: "",
      team_label,
      quantity,
    }));
    const { key } = runsReading(day, {});
    await publish(test.log, {
      key: { ...key, source: "feast", scope: "feast" },
      rows,
      finality: "provisional",
    });
    const meters = [
      { meter: "mlflow.runs", percent: "70" },
      { meter: "feast.rows", percent: "30" },
    ];
    await test.settle({ policies: [{ pool: "mlflow", methods: [{ kind: "usage", meters }] }] });
    expect(
      await test.rows(
        "SELECT unit, cost, quantity, cost_per_unit FROM unit_costs WHERE unit NOT LIKE '%-hour' ORDER BY unit",
      ),
    ).toEqual([
      { unit: "feast.rows", cost: "6", quantity: "50", cost_per_unit: "0.12" },
      { unit: "mlflow.runs", cost: "14", quantity: "4", cost_per_unit: "3.5" },
    ]);
  });
});
