import type { CostLine } from "@apportion/books/months/month";
import type { UnitCost } from "@apportion/books/months/read-unit-costs";
import { categoryName, type Category } from "@apportion/domain/category";
import { type BillingPeriod, previousBillingPeriod } from "@apportion/domain/period";

/** What one of something costs, this month and the last. In picos; undefined where there was none. */
export interface UnitPrice {
  readonly name: string;
  readonly now: bigint | undefined;
  readonly before: bigint | undefined;
}

/** Units of the cells, the category of cost that they are of, and what they are called. */
const OF_CATEGORY: Readonly<Record<string, { readonly category: Category; readonly name: string }>> = {
  "gpu-hour": { category: "gpu", name: "GPU-hour" },
  "core-hour": { category: "cpu", name: "Core-hour" },
  "gib-hour": { category: "memory", name: `${categoryName("memory")}, GiB-hour` },
};

const ONE = 10n ** 12n;

/** Prices of what a team used: those of resources that it pays for, and of meters by which pools are split of which it has a share. */
export function unitPrices(
  costs: readonly UnitCost[],
  lines: readonly Pick<CostLine, "category" | "meter">[],
  period: BillingPeriod,
  units: ReadonlyMap<string, string>,
): UnitPrice[] {
  const categories = new Set(lines.map(({ category }) => category));
  const meters = new Set(lines.map(({ meter }) => meter));
  const isUsed = (unit: string): boolean => {
    const of = OF_CATEGORY[unit];
    return of ? categories.has(of.category) : meters.has(unit);
  };
  const before = previousBillingPeriod(period);
  const priceOf = (unit: string, of: BillingPeriod): bigint | undefined => {
    const found = costs.find((each) => each.unit === unit && each.period === of);
    return found && found.quantity > 0n ? (found.cost * ONE) / found.quantity : undefined;
  };
  return [...new Set(costs.map(({ unit }) => unit))]
    .filter(isUsed)
    .map((unit) => ({
      name: OF_CATEGORY[unit]?.name ?? `${unit}${units.has(unit) ? ` (${units.get(unit)})` : ""}, each`,
      now: priceOf(unit, period),
      before: priceOf(unit, before),
    }))
    .filter(({ now, before: was }) => now !== undefined || was !== undefined);
}
