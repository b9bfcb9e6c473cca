import { type BillingPeriod, type Day, daysOf, firstDayOf } from "@apportion/domain/period";
import { type DailyCost, dailySeries } from "./daily-series.js";
import { estimateOf } from "./estimate.js";
import { feesOf } from "./fees.js";
import { SEASON_DAYS } from "./methods.js";
import { type ForecastNote, notesOf } from "./notes.js";
import { type DayAhead, pathOf } from "./path.js";
import type { Method } from "./rolling-origin.js";

/** With less than a week no weekday is known twice, and none of some. */
const SETTLED_DAYS_MIN = SEASON_DAYS;
/** A forecast that is wrong by more than this part of the month, as a rule, is worse than none. */
const ERROR_PERCENT_MAX = 25;

export interface ForecastInput {
  readonly period: BillingPeriod;
  /** Days that are settled, of the month and before it; see `settledDays`. In any order. */
  readonly settled: readonly Day[];
  /** The team's, of settled days, in any order. */
  readonly costs: readonly DailyCost[];
  /** What counts of the month so far, settled or not, in picos. */
  readonly spent: bigint;
  /** Settled days whose costs were others when they first were whole. */
  readonly restated: readonly Day[];
}

/** What a month is expected to come to. Amounts in picos. */
export interface Forecast {
  readonly kind: "forecast";
  /** Of the whole month; `low` ≤ `picos` ≤ `high`. */
  readonly picos: bigint;
  /** 80 % of months end between the two. */
  readonly low: bigint;
  readonly high: bigint;
  /** `same`: each day cost the same, so that there is nothing to choose. */
  readonly method: Method | "same";
  /** How wrong such forecasts were as a rule, in whole percent of the month, rounded up. */
  readonly errorPercent: number;
  /** The last settled day. */
  readonly asOf: Day;
  /** How many settled days it was made of. */
  readonly days: number;
  /** The days after `asOf`, in their order. */
  readonly ahead: readonly DayAhead[];
  readonly notes: readonly ForecastNote[];
}

/** Why there is none. */
export interface NoForecast {
  readonly kind: "none";
  readonly reason:
    | { readonly kind: "too-few-days"; readonly days: number; readonly daysMin: number }
    | { readonly kind: "too-wrong"; readonly errorPercent: number; readonly errorPercentMax: number };
  readonly notes: readonly ForecastNote[];
}

/**
 * Forecasts a team's month: what its settled days cost, the fees of the calendar that are still due, and for every other day what the
 * method says that was least wrong of late. Undefined without a settled day, and for a month that is whole: there is nothing to say.
 */
export function forecastOf(input: ForecastInput): Forecast | NoForecast | undefined {
  const ofMonth = daysOf(input.period);
  const settled = [...new Set(input.settled)].filter((day) => day.slice(0, 7) <= input.period).toSorted();
  const isSettled = new Set(settled);
  const asOf = settled.at(-1);
  const open = ofMonth.filter((day) => !isSettled.has(day));
  if (!asOf || open.length === 0) return undefined;
  const costs = input.costs.filter(({ day }) => isSettled.has(day));
  const fees = feesOf(costs, input.period);
  const names = new Set(fees.map(({ line }) => line));
  const series = dailySeries(
    settled,
    costs.filter(({ line }) => !names.has(line)),
  );
  const paid = new Set(costs.filter(({ day }) => day >= firstDayOf(input.period)).map(({ line }) => line));
  const due = fees.filter(({ line, day }) => !paid.has(line) && !isSettled.has(day));
  const estimate = estimateOf(series, open);
  const path = pathOf(input.spent, { ofMonth, costs, due, series, estimate });
  const month = path.at(-1);
  if (!month) return undefined;
  const notes = notesOf(input.restated, { series, due, estimate });
  const days = series.totals.size;
  const errorPercent = percentOf(estimate.error, month.picos);
  const reason = reasonAgainst(days, errorPercent);
  // What an interval would be made of says nothing where there is none.
  if (reason) return { kind: "none", reason, notes: notes.filter(({ kind }) => kind !== "few-errors") };
  const { picos, low, high } = month;
  const ahead = path.filter(({ day }) => day > asOf);
  const { method } = estimate;
  return { kind: "forecast", picos, low, high, method, errorPercent, asOf, days, ahead, notes };
}

function reasonAgainst(days: number, errorPercent: number): NoForecast["reason"] | undefined {
  if (days < SETTLED_DAYS_MIN) return { kind: "too-few-days", days, daysMin: SETTLED_DAYS_MIN };
  return errorPercent > ERROR_PERCENT_MAX
    ? { kind: "too-wrong", errorPercent, errorPercentMax: ERROR_PERCENT_MAX }
    : undefined;
}

/** Whole percent, rounded up; of nothing none, so that a team without cost has a forecast. */
function percentOf(error: bigint, of: bigint): number {
  const [part, whole] = [error, of < 0n ? -of : of];
  if (part === 0n) return 0;
  return whole === 0n ? Infinity : Number((part * 100n + whole - 1n) / whole);
}
