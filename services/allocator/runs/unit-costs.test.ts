import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  billReading,
  costReading,
  cpu,
  openTestPlatform,
  publish,
  runsReading,
  type TestPlatform,
} from "../test-platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

describe("the view unit_costs", () => {
  it("has a GPU-hour and a run at the price that is charged, and at list price beside it", async () => {
    const day = "2026-11-01";
    const gpu = { gpu_cost: "40", gpu_hours: "20", effective_cost: "50", billed_cost: "50" };
    const rows = [
      cpu("10", { namespace: "team-a", ...gpu }),
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
});
