import type { Day } from "@apportion/domain/period";
import { type DailyCost, type DailySeries, hasCredits } from "./daily-series.js";
import type { Estimate } from "./estimate.js";
import type { Fee } from "./fees.js";

/** What the month has come to by the end of a day. */
export interface DayAhead {
  readonly day: Day;
  readonly picos: bigint;
  readonly low: bigint;
  readonly high: bigint;
}

/**
 * What the month comes to by the end of each of its days: settled ones as they were, others as estimated, with the fees that are due.
 * It is nowhere below what is spent already, unless there are days below zero: credits can take away what is spent.
 */
export function pathOf(
  spent: bigint,
  {
    ofMonth,
    costs,
    due,
    series,
    estimate,
  }: {
    readonly ofMonth: readonly Day[];
    /** Of settled days. */
    readonly costs: readonly DailyCost[];
    readonly due: readonly Fee[];
    readonly series: DailySeries;
    readonly estimate: Estimate;
  },
): DayAhead[] {
  const known = new Map<Day, bigint>();
  for (const { day, picos } of [...costs, ...due]) known.set(day, (known.get(day) ?? 0n) + picos);
  const atLeast = (picos: bigint): bigint => (picos > spent || hasCredits(series) ? picos : spent);
  let sum = 0n;
  let estimated = 0;
  return ofMonth.map((day) => {
    const ofDay = estimate.byDay.get(day);
    if (ofDay !== undefined) estimated += 1;
    sum += (known.get(day) ?? 0n) + (ofDay ?? 0n);
    const width = estimated === 0 ? 0n : estimate.width(estimated);
    return { day, picos: atLeast(sum), low: atLeast(sum - width), high: atLeast(sum + width) };
  });
}
