import { addDays, type Day, daysBetween } from "@apportion/domain/period";
import { type DailySeries, hasCredits, picosOf } from "./daily-series.js";
import { halfWidth } from "./interval.js";
import { bestTrial, type Method } from "./rolling-origin.js";
import { atTodaysLevel } from "./steps.js";

/** What a series says of the days that are not settled. Amounts in picos. */
export interface Estimate {
  readonly method: Method | "same";
  /** Of each day that was asked for. */
  readonly byDay: ReadonlyMap<Day, bigint>;
  /** Half the width of the 80 % interval around the sum of the first so many of these days. */
  readonly width: (days: number) => bigint;
  /** How wrong the sum of all of them is as a rule: the mean absolute error of the rolling origin. */
  readonly error: bigint;
  /** Longest horizon that was tried often enough, in days, 0 for none, and the one that is asked for. */
  readonly tried: number;
  readonly asked: number;
  /** The last change of the level, as amounts a day. */
  readonly step: { readonly day: Day; readonly from: bigint; readonly to: bigint } | undefined;
}

/** @param open days that are not settled, in their order: gaps before the series' end, and days after it */
export function estimateOf(series: DailySeries, open: readonly Day[]): Estimate {
  const [first, ...others] = series.totals.values();
  if (first !== undefined && others.every((total) => total === first)) return sameEveryDay(first, open);
  const last = series.days.at(-1);
  const end = open.at(-1);
  if (!last || !end) throw new RangeError("An estimate needs days, and days to estimate");
  const ahead = daysBetween(addDays(last, 1), addDays(end, 1));
  // Days before the month that nothing is known of are in no sum, but are as far to look over.
  const lead = ahead.findIndex((day) => day === open[0]);
  const asked = open.length + Math.max(0, lead);
  const { values, step } = atTodaysLevel(series.values);
  const trial = bestTrial({ values, known: series.known }, asked);
  const ofDay = (units: number): bigint => picosOf(hasCredits(series) ? units : Math.max(0, units));
  const gaps = new Map(series.days.map((day, index) => [day, series.values[index] ?? 0]));
  const aheadOf = new Map(ahead.map((day, index) => [day, trial.ahead[index] ?? 0]));
  const widthAt = (days: number): number => halfWidth(trial, values, days + Math.max(0, lead));
  return {
    method: trial.method,
    byDay: new Map(open.map((day) => [day, ofDay(aheadOf.get(day) ?? gaps.get(day) ?? 0)])),
    width: (days) => picosOf(widthAt(days)),
    error: picosOf(
      trial.horizon === 0 ? widthAt(open.length) : trial.meanAbsoluteError * (asked / trial.horizon),
    ),
    tried: trial.horizon,
    asked,
    step: step && { day: series.days[step.at] ?? last, from: picosOf(step.from), to: picosOf(step.to) },
  };
}

/** To the last place, however many an amount has: there is nothing to estimate. */
function sameEveryDay(total: bigint, open: readonly Day[]): Estimate {
  return {
    method: "same",
    byDay: new Map(open.map((day) => [day, total])),
    width: () => 0n,
    error: 0n,
    tried: open.length,
    asked: open.length,
    step: undefined,
  };
}
