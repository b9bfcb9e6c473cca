import { type BillingPeriod, type Day, daysOf } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import type { CostLine } from "./month.js";

/** Spending at the end of the month if its other days cost as much as the whole days so far did on average. */
export interface Forecast {
  /** In picos. */
  readonly picos: bigint;
  /** How many days the average is made of. */
  readonly days: number;
}

/**
 * A simple run rate over the days that are settled; see `settledDays`. Undefined before the first, and when the month is whole.
 */
export function forecastOf(
  period: BillingPeriod,
  settled: readonly Day[],
  lines: readonly CostLine[],
): Forecast | undefined {
  const whole = new Set(settled);
  const dayCount = daysOf(period).length;
  if (whole.size === 0 || whole.size === dayCount) return undefined;
  const spentPicos = lines.reduce((sum, line) => sum + line.picos, 0n);
  const onWholeDays = lines.reduce((sum, line) => sum + (whole.has(line.day) ? line.picos : 0n), 0n);
  const picos = roundedDivision(onWholeDays * BigInt(dayCount), BigInt(whole.size));
  return { picos: picos > spentPicos ? picos : spentPicos, days: whole.size };
}
