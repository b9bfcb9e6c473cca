import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";

/** What one of something costs in a month, as statements charge it. In picos, and in units of 10⁻¹². */
export interface UnitCost {
  readonly period: BillingPeriod;
  /** `gpu-hour`, `core-hour`, `gib-hour`, or a meter such as `mlflow.runs`. */
  readonly unit: string;
  readonly cost: bigint;
  readonly quantity: bigint;
}

const UNIT_COSTS = defineQuery({
  name: "books.unitCosts",
  sql: `
SELECT billing_period, unit, toString(cost) AS amount, toString(quantity) AS counted
FROM unit_costs
WHERE billing_period IN {periods:Array(String)}
ORDER BY unit, billing_period`,
  params: z.object({ periods: z.array(z.string()) }),
  row: z.object({
    billing_period: z.string().transform((text) => text as BillingPeriod),
    unit: z.string(),
    amount: z.string().transform(parsePicos),
    counted: z.string().transform(parsePicos),
  }),
});

/** Of all of the deployment: a price is the same for every team. */
export async function readUnitCosts(
  clickhouse: ClickHouse,
  periods: readonly BillingPeriod[],
): Promise<UnitCost[]> {
  const rows = await select(clickhouse, UNIT_COSTS, { periods: [...periods] });
  return rows.map(({ billing_period, unit, amount, counted }) => ({
    period: billing_period,
    unit,
    cost: amount,
    quantity: counted,
  }));
}
