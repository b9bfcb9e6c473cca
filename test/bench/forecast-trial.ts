import type { DailyCost } from "@apportion/books/forecast/daily-series";
import { type ForecastInput, forecastOf } from "@apportion/books/forecast/forecast";
import { addDays, type BillingPeriod, type Day, daysBetween, daysOf } from "@apportion/domain/period";
import type { KnownCosts } from "./forecast-series.js";

/** How many days of the month are settled when it is forecast. */
const SETTLED = [3, 8, 15, 22, 27];
const Z_80 = 1.2816;

/** What one forecast was worth. */
export interface Score {
  /** Mean absolute error of a day ÷ that of the seasonal naive method within the history (MASE; Forecasting: Principles and Practice, 5.8). */
  readonly mase: number;
  /** Of the month's end, as a part of the month. */
  readonly monthError: number;
  readonly isWithin: boolean;
}

/** A month that is known, forecast when some of its days were settled. */
export interface Trial {
  /** Days that are settled, and those that a forecast has to say. */
  readonly past: readonly number[];
  readonly actual: readonly number[];
  /** The month's days so far. */
  readonly soFar: readonly number[];
  /** By our forecast; undefined where it gives none. */
  readonly ours: Score | undefined;
}

/** Each month of each series, forecast several times. */
export function trialsOf(
  series: readonly KnownCosts[],
  months: readonly BillingPeriod[],
  historyDays: number,
): Trial[] {
  return series.flatMap((each) =>
    (each.months ?? months).flatMap((period) =>
      SETTLED.flatMap((count) => trialOf(each.costs, period, count, historyDays) ?? []),
    ),
  );
}

function trialOf(
  costs: readonly DailyCost[],
  period: BillingPeriod,
  settledCount: number,
  historyDays: number,
): Trial | undefined {
  const month = daysOf(period);
  const [first, firstAhead] = [month[0], month[settledCount]];
  if (!first || !firstAhead) return undefined;
  const byDay = totalsOf(costs);
  const valueOf = (day: Day): number => byDay.get(day) ?? 0;
  const actual = month.slice(settledCount).map(valueOf);
  const past = daysBetween(addDays(firstAhead, -historyDays), firstAhead).map(valueOf);
  const soFar = month.slice(0, settledCount).map(valueOf);
  const input = inputOf(costs, period, daysBetween(addDays(first, -historyDays), firstAhead));
  const found = forecastOf(input);
  const trial = { past, actual, soFar };
  if (found?.kind !== "forecast") return { ...trial, ours: undefined };
  const spent = Number(input.spent) / 1e12;
  const days = found.ahead.map(
    ({ picos }, index) => Number(picos - (found.ahead[index - 1]?.picos ?? input.spent)) / 1e12,
  );
  const [low = 0, high = 0] = [found.low, found.high].map((end) => Number(end) / 1e12 - spent);
  return { ...trial, ours: scoreOf(trial, days, low - 1e-6, high + 1e-6) };
}

function scoreOf(
  { past, actual, soFar }: Omit<Trial, "ours">,
  days: readonly number[],
  low: number,
  high: number,
): Score {
  const scale = meanOf(seasonalErrors(past).map(Math.abs));
  const [end, rest] = [sumOf(actual), sumOf(days)];
  return {
    mase: meanOf(days.map((day, index) => Math.abs(day - (actual[index] ?? 0)))) / scale,
    monthError: Math.abs(rest - end) / (sumOf(soFar) + end),
    isWithin: end >= low && end <= high,
  };
}

/** Of a forecast that says each day, with half the width of each day's interval: that of the sum is theirs as if days were independent. */
export function scoreOfDays(trial: Trial, days: readonly number[], widths: readonly number[]): Score {
  const width = Math.sqrt(sumOf(widths.map((each) => each ** 2)));
  return scoreOf(trial, days, sumOf(days) - width, sumOf(days) + width);
}

/** The last week again. */
export function seasonalNaiveScore(trial: Trial): Score {
  const { past, actual } = trial;
  const width = Z_80 * deviationOf(seasonalErrors(past));
  const days = actual.map((_, index) => past[past.length - 7 + (index % 7)] ?? 0);
  return scoreOfDays(
    trial,
    days,
    days.map(() => width),
  );
}

/** The month's mean so far. */
export function runRateScore(trial: Trial): Score {
  const rate = meanOf(trial.soFar);
  const width = Z_80 * deviationOf(trial.soFar.map((value) => value - rate));
  return scoreOfDays(
    trial,
    trial.actual.map(() => rate),
    trial.actual.map(() => width),
  );
}

function seasonalErrors(past: readonly number[]): number[] {
  return past.slice(7).map((value, index) => value - (past[index] ?? 0));
}

export function inputOf(
  costs: readonly DailyCost[],
  period: BillingPeriod,
  settled: readonly Day[],
): ForecastInput {
  const isSettled = new Set(settled);
  const known = costs.filter(({ day }) => isSettled.has(day));
  const spent = known.reduce((sum, { day, picos }) => sum + (day.startsWith(period) ? picos : 0n), 0n);
  return { period, settled, costs: known, spent, restated: [] };
}

function totalsOf(costs: readonly DailyCost[]): Map<Day, number> {
  const totals = new Map<Day, number>();
  for (const { day, picos } of costs) totals.set(day, (totals.get(day) ?? 0) + Number(picos) / 1e12);
  return totals;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(sumOf(values.map((value) => (value - mean) ** 2)) / Math.max(1, values.length - 1));
}
