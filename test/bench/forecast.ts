import type { DailyCost } from "@apportion/books/forecast/daily-series";
import { type ForecastInput, forecastOf } from "@apportion/books/forecast/forecast";
import {
  addDays,
  type BillingPeriod,
  type Day,
  daysBetween,
  daysOf,
  parseBillingPeriod,
} from "@apportion/domain/period";
import type { Finding } from "./finding.js";
import { type KnownCosts, simulatedTeams, syntheticSeries } from "./forecast-series.js";

const MONTHS = ["2026-10", "2026-11", "2026-12"].map(parseBillingPeriod);
/** How many days of the month are settled when it is forecast. */
const SETTLED = [3, 8, 15, 22, 27];
const HISTORY_DAYS = 92;
/** What a team has that began two months ago, at the end of the first days of a month. */
const SHORT_HISTORY_DAYS = 45;
const COVERAGE_PERCENT = { min: 75, max: 85 };
const COVERAGE_PERCENT_SHORT = { min: 70, max: 90 };
const TEAMS = 200;
const SECONDS_MAX = 10;
const Z_80 = 1.2816;
const NAMES = ["ours", "seasonal naive", "run rate"] as const;
type Name = (typeof NAMES)[number];

/** What one forecast was worth. */
interface Score {
  /** Mean absolute error of a day ÷ that of the seasonal naive method within the history (MASE; Forecasting: Principles and Practice, 5.8). */
  readonly mase: number;
  /** Of the month's end, as a part of the month. */
  readonly monthError: number;
  readonly isWithin: boolean;
}

/** Forecasts of months that are known, beside the two that need no thought: the last week again, and the month's mean so far. */
export async function benchForecast(): Promise<Finding[]> {
  return [
    ...findingsOf("the simulator's teams", simulatedTeams()),
    ...findingsOf("synthetic series with trends, weekdays, steps, fees, noise", syntheticSeries()),
    ...[simulatedTeams(), syntheticSeries()].map(shortHistory),
    speed(),
  ];
}

type Scores = Readonly<Record<Name, Score[]>>;

function allScores(
  series: readonly KnownCosts[],
  historyDays: number,
): { readonly scores: Scores; readonly none: number } {
  const scores: Scores = { ours: [], "seasonal naive": [], "run rate": [] };
  let none = 0;
  for (const { costs } of series)
    for (const period of MONTHS)
      for (const count of SETTLED) {
        const scored = scoresOf(costs, period, count, historyDays);
        if (!scored) none += 1;
        else for (const name of NAMES) scores[name].push(scored[name]);
      }
  return { scores, none };
}

function coverageOf(scores: readonly Score[]): number {
  return (100 * scores.filter(({ isWithin }) => isWithin).length) / scores.length;
}

function shortHistory(series: readonly KnownCosts[]): Finding {
  const { ours } = allScores(series, SHORT_HISTORY_DAYS).scores;
  const { min, max } = COVERAGE_PERCENT_SHORT;
  const covered = coverageOf(ours);
  return {
    what: `the same with ${SHORT_HISTORY_DAYS} days before the month, ${series.length} series`,
    measured: `${covered.toFixed(1)} % of months within the interval`,
    limit: `${min} to ${max} %`,
    ok: covered >= min && covered <= max,
  };
}

function findingsOf(what: string, series: readonly KnownCosts[]): Finding[] {
  const { scores, none } = allScores(series, HISTORY_DAYS);
  const mean = (name: Name, of: (score: Score) => number): number =>
    scores[name].reduce((sum, score) => sum + of(score), 0) / scores[name].length;
  const compared = (
    of: (score: Score) => number,
    show: (value: number) => string,
  ): Pick<Finding, "measured" | "limit" | "ok"> => {
    const [ours = 0, ...others] = NAMES.map((name) => mean(name, of));
    const measured = NAMES.map((name) => `${name} ${show(mean(name, of))}`).join(", ");
    return { measured, limit: "ours below both", ok: others.every((other) => ours < other) };
  };
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return [
    {
      what: `MASE of ${scores.ours.length} forecasts of ${what}`,
      ...compared(
        ({ mase }) => mase,
        (value) => value.toFixed(3),
      ),
    },
    {
      what: `error of the month's end, part of the month, ${what}`,
      ...compared(({ monthError }) => monthError, percent),
    },
    {
      what: `months that end within the 80 % interval, ${what}`,
      measured: NAMES.map((name) => `${name} ${coverageOf(scores[name]).toFixed(1)} %`).join(", "),
      limit: `ours ${COVERAGE_PERCENT.min} to ${COVERAGE_PERCENT.max} %; of the others, days' errors times the root of days`,
      ok: coverageOf(scores.ours) >= COVERAGE_PERCENT.min && coverageOf(scores.ours) <= COVERAGE_PERCENT.max,
    },
    {
      what: `no forecast, because it would be too wrong, ${what}`,
      measured: `${none} of ${none + scores.ours.length}`,
      limit: "under a tenth",
      ok: none * 10 < none + scores.ours.length,
    },
  ];
}

/** Undefined where ours gives none. */
function scoresOf(
  costs: readonly DailyCost[],
  period: BillingPeriod,
  settledCount: number,
  historyDays: number,
): Record<Name, Score> | undefined {
  const month = daysOf(period);
  const [first, firstAhead] = [month[0], month[settledCount]];
  if (!first || !firstAhead) return undefined;
  const history = daysBetween(addDays(firstAhead, -historyDays), firstAhead);
  const byDay = totalsOf(costs);
  const valueOf = (day: Day): number => byDay.get(day) ?? 0;
  const input = inputOf(costs, period, daysBetween(addDays(first, -historyDays), firstAhead));
  const found = forecastOf(input);
  if (found?.kind !== "forecast") return undefined;

  const spent = Number(input.spent) / 1e12;
  const actual = month.slice(settledCount).map(valueOf);
  const past = history.map(valueOf);
  const seasonal = past.slice(7).map((value, index) => value - (past[index] ?? 0));
  const scale = meanOf(seasonal.map(Math.abs));
  const score = (days: readonly number[], low: number, high: number): Score => {
    const [end, rest] = [sumOf(actual), sumOf(days)];
    return {
      mase: meanOf(days.map((day, index) => Math.abs(day - (actual[index] ?? 0)))) / scale,
      monthError: Math.abs(rest - end) / (spent + end),
      isWithin: end >= low && end <= high,
    };
  };
  const plain = (days: readonly number[], errors: readonly number[]): Score => {
    const width = Z_80 * deviationOf(errors) * Math.sqrt(days.length);
    return score(days, sumOf(days) - width, sumOf(days) + width);
  };
  const soFar = month.slice(0, settledCount).map(valueOf);
  const rate = meanOf(soFar);
  const [low, high] = [found.low, found.high].map((end) => Number(end) / 1e12 - spent);
  return {
    ours: score(
      found.ahead.map(
        ({ picos }, index) => Number(picos - (found.ahead[index - 1]?.picos ?? input.spent)) / 1e12,
      ),
      (low ?? 0) - 1e-6,
      (high ?? 0) + 1e-6,
    ),
    "seasonal naive": plain(
      actual.map((_, index) => past[past.length - 7 + (index % 7)] ?? 0),
      seasonal,
    ),
    "run rate": plain(
      actual.map(() => rate),
      soFar.map((value) => value - rate),
    ),
  };
}

function inputOf(costs: readonly DailyCost[], period: BillingPeriod, settled: readonly Day[]): ForecastInput {
  const isSettled = new Set(settled);
  const known = costs.filter(({ day }) => isSettled.has(day));
  const spent = known.reduce((sum, { day, picos }) => sum + (day.startsWith(period) ? picos : 0n), 0n);
  return { period, settled, costs: known, spent, restated: [] };
}

/** All teams of a large company at the worst moment: a short month so far, all of the history. */
function speed(): Finding {
  const series = syntheticSeries();
  const november = parseBillingPeriod("2026-11");
  const settled = daysBetween(
    addDays(daysOf(november)[0] as Day, 3 - HISTORY_DAYS),
    addDays(daysOf(november)[0] as Day, 3),
  );
  const inputs = Array.from({ length: TEAMS }, (_, index) =>
    inputOf(series[index % series.length]?.costs ?? [], november, settled),
  );
  const began = performance.now();
  for (const input of inputs) forecastOf(input);
  const seconds = (performance.now() - began) / 1000;
  return {
    what: `${TEAMS} teams forecast from ${HISTORY_DAYS} days`,
    measured: `${seconds.toFixed(2)} s`,
    limit: `under ${SECONDS_MAX} s`,
    ok: seconds < SECONDS_MAX,
  };
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
