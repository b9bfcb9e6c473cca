import { forecastOf } from "@apportion/books/forecast/forecast";
import { addDays, type Day, daysBetween, daysOf, parseBillingPeriod } from "@apportion/domain/period";
import type { Finding } from "./finding.js";
import { type Beside, openBeside } from "./forecast-beside.js";
import { type KnownCosts, simulatedTeams, syntheticSeries } from "./forecast-series.js";
import {
  inputOf,
  runRateScore,
  type Score,
  scoreOfDays,
  seasonalNaiveScore,
  type Trial,
  trialsOf,
} from "./forecast-trial.js";

const MONTHS = ["2026-10", "2026-11", "2026-12"].map(parseBillingPeriod);
const HISTORY_DAYS = 92;
/** What a team has that began two months ago, at the end of the first days of a month. */
const SHORT_HISTORY_DAYS = 45;
const COVERAGE_PERCENT = { min: 75, max: 85 };
const COVERAGE_PERCENT_SHORT = { min: 70, max: 90 };
const TEAMS = 200;
const SECONDS_MAX = 10;
/** AutoARIMA takes a second for one: of each set every so many-th, which no pattern of months and days follows, up to this. */
const BESIDE_MAX = 60;
const OURS = "ours";
/** By who made the forecast, ours first. */
type Scores = Readonly<Record<string, readonly Score[]>>;

/** Forecasts of months that are known, beside the two that need no thought: the last week again, and the month's mean so far. */
export async function benchForecast(): Promise<Finding[]> {
  const beside = openBeside();
  const sets: { readonly what: string; readonly series: readonly KnownCosts[] }[] = [
    { what: "the simulator's teams", series: simulatedTeams() },
    { what: "synthetic series with trends, weekdays, steps, fees, noise", series: syntheticSeries() },
  ];
  const short = sets.map(({ series }) => shortHistory(series));
  if (typeof beside !== "string") sets.push({ what: "public daily series", series: beside.series });
  const findings = sets.flatMap(({ what, series }) => findingsOf(what, series, beside));
  return [...findings, ...short, ...(typeof beside === "string" ? [leftOut(beside)] : []), speed()];
}

function leftOut(why: string): Finding {
  return {
    what: "public daily series, and statsforecast beside ours",
    measured: `left out: ${why.trim().split("\n").at(-1)}`,
    limit: "for comparison, where Python and packages are there",
    ok: true,
  };
}

function findingsOf(what: string, series: readonly KnownCosts[], beside: Beside | string): Finding[] {
  const trials = trialsOf(series, MONTHS, HISTORY_DAYS);
  const given = trials.filter(({ ours }) => ours !== undefined);
  const scores = scoresOf(given);
  const none = trials.length - given.length;
  return [
    ...compared(`${given.length} forecasts of ${what}`, scores, true),
    {
      what: `no forecast, because it would be too wrong, ${what}`,
      measured: `${none} of ${trials.length}`,
      limit: "under a tenth",
      ok: none * 10 < trials.length,
    },
    ...(typeof beside === "string" ? [] : besideFindings(what, given, beside)),
  ];
}

function scoresOf(trials: readonly Trial[]): Scores {
  return {
    [OURS]: trials.flatMap(({ ours }) => ours ?? []),
    "seasonal naive": trials.map(seasonalNaiveScore),
    "run rate": trials.map(runRateScore),
  };
}

function besideFindings(what: string, given: readonly Trial[], beside: Beside): Finding[] {
  const every = Math.ceil(given.length / BESIDE_MAX);
  // 5 forecasts a month: a stride that 5 divides would take the same of each.
  const stride = every % 5 === 0 ? every + 1 : every;
  const some = given.filter((_, index) => index % stride === 0);
  const answered = beside.forecast(some);
  if (typeof answered === "string") return [leftOut(answered)];
  const models = Object.entries(answered).map(([model, answers]) => [
    model,
    some.map((trial, index) => scoreOfDays(trial, answers[index]?.days ?? [], answers[index]?.widths ?? [])),
  ]);
  const scores: Scores = { ...scoresOf(some), ...(Object.fromEntries(models) as Scores) };
  return compared(`  ${some.length} of these, statsforecast beside ours`, scores, false);
}

/** @param isPromised whether ours has to be better than the others, and to cover what it says */
function compared(what: string, scores: Scores, isPromised: boolean): Finding[] {
  const lineOf = (name: string, of: (score: Score) => number, show: (value: number) => string): Finding => {
    const means = Object.entries(scores).map(([who, own]) => ({ who, mean: meanOf(own.map(of)) }));
    const ours = means.find(({ who }) => who === OURS)?.mean ?? Infinity;
    const isBelow = means.every(({ who, mean }) => who === OURS || ours < mean);
    return {
      what: `${name}, ${what}`,
      measured: means.map(({ who, mean }) => `${who} ${show(mean)}`).join(", "),
      limit: isPromised ? "ours below both" : "for comparison",
      ok: !isPromised || isBelow,
    };
  };
  const covered = Object.entries(scores).map(([who, own]) => ({ who, percent: coverageOf(own) }));
  const ours = covered.find(({ who }) => who === OURS)?.percent ?? 0;
  const { min, max } = COVERAGE_PERCENT;
  return [
    lineOf(
      "MASE",
      ({ mase }) => mase,
      (value) => value.toFixed(3),
    ),
    lineOf(
      "error of the month's end",
      ({ monthError }) => monthError,
      (value) => `${(100 * value).toFixed(1)} %`,
    ),
    {
      what: `months that end within the 80 % interval, ${what}`,
      measured: covered.map(({ who, percent }) => `${who} ${percent.toFixed(1)} %`).join(", "),
      limit: `${isPromised ? `ours ${min} to ${max} %` : "for comparison"}; of the others, of days as if these were independent`,
      ok: !isPromised || (ours >= min && ours <= max),
    },
  ];
}

function shortHistory(series: readonly KnownCosts[]): Finding {
  const trials = trialsOf(series, MONTHS, SHORT_HISTORY_DAYS);
  const { min, max } = COVERAGE_PERCENT_SHORT;
  const covered = coverageOf(trials.flatMap(({ ours }) => ours ?? []));
  return {
    what: `the same with ${SHORT_HISTORY_DAYS} days before the month, ${series.length} series`,
    measured: `${covered.toFixed(1)} % of months within the interval`,
    limit: `${min} to ${max} %`,
    ok: covered >= min && covered <= max,
  };
}

function coverageOf(scores: readonly Score[]): number {
  return (100 * scores.filter(({ isWithin }) => isWithin).length) / scores.length;
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

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
