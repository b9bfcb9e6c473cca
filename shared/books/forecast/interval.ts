import { meanOf } from "./methods.js";
import { errorsAt, type Trial } from "./rolling-origin.js";

/** How often the month is to end within the interval. */
export const COVERAGE_PERCENT = 80;
/** Of a normal distribution: so many standard deviations to each side hold 80 %. */
const Z_80 = 1.2816;

/**
 * Half the width of the 80 % interval around the sum of the next `step` days, in units of the currency, of the errors that the method
 * itself made with sums of as many days:
 *   w(k) = q₀.₈(|actual − forecast|) × √(1 + 1 ÷ m),  m = origins ÷ k + 1
 * Windows of k days from neighbouring origins overlap, so only m of them are worth counting apart; the root is by what an interval of m
 * errors is wider than one of all there could be. Beyond the longest horizon K that was tried often enough it grows with the days:
 * w(k) = w(K) × k ÷ K. Where none was, the days alone are left: w(k) = 1.2816 σ √(k + k² ÷ n), σ of n days.
 * Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.5, prediction intervals, and 5.10.
 */
export function halfWidth({ errors, horizon }: Trial, days: readonly number[], step: number): number {
  if (horizon === 0) return Z_80 * deviationOf(days) * Math.sqrt(step + step ** 2 / days.length);
  const tried = Math.min(step, horizon);
  const sizes = errorsAt(errors, tried)
    .map(Math.abs)
    .toSorted((a, b) => a - b);
  const windows = sizes.length / tried + 1;
  return quantile(sizes, COVERAGE_PERCENT / 100) * Math.sqrt(1 + 1 / windows) * (step / tried);
}

function deviationOf(days: readonly number[]): number {
  const mean = meanOf(days);
  const squares = days.reduce((sum, day) => sum + (day - mean) ** 2, 0);
  return days.length < 2 ? Math.abs(mean) : Math.sqrt(squares / (days.length - 1));
}

export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return below + (above - below) * (at - Math.floor(at));
}
