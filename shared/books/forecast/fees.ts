import {
  addDays,
  type BillingPeriod,
  billingPeriodOf,
  type Day,
  daysOf,
  previousBillingPeriod,
} from "@apportion/domain/period";
import type { DailyCost } from "./daily-series.js";

/** A line that is charged once a month, always on the same day. */
export interface Fee {
  /** As `DailyCost.line`. */
  readonly line: string;
  /** Its day of the forecast month. */
  readonly day: Day;
  /** What it came to last, in picos. */
  readonly picos: bigint;
}

/** Once could be anything; twice on the same day of the month is a calendar. */
export const FEE_MONTHS_MIN = 2;

/**
 * The fees of the calendar: lines that each earlier month has on one day alone, the same of the month (or the last), up to the month
 * before the forecast one. In a series of days they would be outliers that come true, so they are taken out of it and put back as known.
 */
export function feesOf(costs: readonly DailyCost[], period: BillingPeriod): Fee[] {
  const named = new Map<string, DailyCost[]>();
  for (const cost of costs)
    if (cost.line !== "" && cost.picos !== 0n) {
      const ofLine = named.get(cost.line);
      if (ofLine) ofLine.push(cost);
      else named.set(cost.line, [cost]);
    }
  return [...named]
    .flatMap(([line, ofLine]) => feeOf(line, ofLine, period) ?? [])
    .toSorted((a, b) => (a.day === b.day ? (a.line < b.line ? -1 : 1) : a.day < b.day ? -1 : 1));
}

function feeOf(line: string, costs: readonly DailyCost[], period: BillingPeriod): Fee | undefined {
  const days = [...new Set(costs.map(({ day }) => day))].toSorted();
  const months = days.map(billingPeriodOf);
  const earlier = days.filter((day) => billingPeriodOf(day) < period);
  const last = earlier.at(-1);
  const isOnceAMonth = new Set(months).size === days.length;
  if (!last || earlier.length < FEE_MONTHS_MIN || !isOnceAMonth || !areNeighbours(months, period))
    return undefined;
  const ofMonth = dayOfMonth(earlier);
  if (ofMonth === undefined) return undefined;
  const all = daysOf(period);
  const day = all[Math.min(ofMonth, all.length) - 1];
  const picos = costs.reduce((sum, cost) => sum + (cost.day === last ? cost.picos : 0n), 0n);
  return day && { line, day, picos };
}

/** No month is left out, up to the one before the period. */
function areNeighbours(months: readonly BillingPeriod[], period: BillingPeriod): boolean {
  let expected = period;
  for (const month of months.filter((each) => each < period).toReversed()) {
    expected = previousBillingPeriod(expected);
    if (month !== expected) return false;
  }
  return true;
}

/** `3` for the third of each month, `31` for the last day of each; undefined where they differ. */
function dayOfMonth(days: readonly Day[]): number | undefined {
  const numbers = days.map((day) => Number(day.slice(8)));
  const isLast = days.every((day) => billingPeriodOf(addDays(day, 1)) !== billingPeriodOf(day));
  if (isLast) return 31;
  return new Set(numbers).size === 1 ? numbers[0] : undefined;
}
