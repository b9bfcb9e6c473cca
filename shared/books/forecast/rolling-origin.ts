import { holtWinters, HOLT_WINTERS_DAYS_MIN } from "./holt-winters.js";
import { type Continue, meanOf, runRate, seasonalNaive, SEASON_DAYS } from "./methods.js";

/** `mean`: of the others, day by day. */
export type Method = "run-rate" | "seasonal-naive" | "holt-winters" | "mean";

interface Candidate {
  readonly method: Method;
  readonly continueDays: Continue;
  /** Days that it has to have seen. */
  readonly daysMin: number;
}

/** The simplest first: of two that are equally good it is taken. */
const CANDIDATES: readonly Candidate[] = [
  { method: "run-rate", continueDays: runRate, daysMin: 1 },
  { method: "seasonal-naive", continueDays: seasonalNaive, daysMin: SEASON_DAYS },
  { method: "holt-winters", continueDays: holtWinters, daysMin: HOLT_WINTERS_DAYS_MIN },
];

/** A method alone goes on only where its error was below so much of that of the mean of all: what won by less won by chance. */
const ALONE_BELOW = 0.8;

/** What a series is known for before its first forecast is tried. */
const TRAINING_DAYS_MIN = 2 * SEASON_DAYS;
/** Fewer forecasts tried say nothing of a horizon. */
const ORIGINS_MIN = 8;

/** Days of a series, the oldest first; `known` is false where a gap was filled. */
export interface FilledDays {
  readonly values: readonly number[];
  readonly known: readonly boolean[];
}

/** How wrong a method was: of each day from which it was tried, actual less forecast, summed over the first day ahead, the first two, … */
export type CumulatedErrors = readonly (readonly number[])[];

export interface Trial {
  readonly method: Method;
  readonly ahead: readonly number[];
  readonly errors: CumulatedErrors;
  /** Horizon, in days, by which it was chosen: that of the month's rest, or the longest that was tried often enough. 0: none was. */
  readonly horizon: number;
  /** Of the sum of that horizon, in units of the currency; 0 where none was tried. */
  readonly meanAbsoluteError: number;
  /** Mean absolute error a day, averaged over all horizons up to that one: by it methods are compared. */
  readonly errorPerDay: number;
}

/**
 * Chooses by rolling origin: each method forecasts from each earlier day what came after it, knowing only what was before, and the one
 * whose sums of the next one, two, … days up to the horizon were least wrong a day is the best: the horizon alone has few windows to judge by. It goes on where it was clearly
 * better than the mean of all, else that mean does. Of a day that is a gap neither side counts.
 * Source: Forecasting: Principles and Practice, 3rd ed., 5.10, evaluation on a rolling forecasting origin, and 13.4, forecast combinations.
 */
export function bestTrial(days: FilledDays, ahead: number): Trial {
  const { length } = days.values;
  const horizon = Math.max(0, Math.min(ahead, length - TRAINING_DAYS_MIN - ORIGINS_MIN + 1));
  const trials = CANDIDATES.filter(({ daysMin }) => daysMin <= length).map((candidate): Trial => {
    const errors = horizon === 0 ? [] : errorsOf(days, ahead, candidate);
    return trialOf(candidate.method, candidate.continueDays(days.values, ahead), errors, horizon);
  });
  const [first, ...others] = trials;
  if (!first) throw new RangeError("A forecast needs a day to start from");
  // Nothing was tried: the plainest.
  if (horizon === 0) return first;
  const best = others.reduce((least, each) => (each.errorPerDay < least.errorPerDay ? each : least), first);
  const mean = meanTrial(trials, horizon);
  return best.errorPerDay <= ALONE_BELOW * mean.errorPerDay ? best : mean;
}

function trialOf(method: Method, ahead: readonly number[], errors: CumulatedErrors, horizon: number): Trial {
  const meanAbsoluteError = meanAbsoluteErrorAt(errors, horizon);
  const errorPerDay = meanOf(
    Array.from({ length: horizon }, (_, step) => meanAbsoluteErrorAt(errors, step + 1) / (step + 1)),
  );
  return { method, ahead, errors, horizon, meanAbsoluteError, errorPerDay };
}

/** The error of a mean is the mean of the errors: nothing is forecast again. */
function meanTrial(trials: readonly Trial[], horizon: number): Trial {
  const meanOfAll = (of: (trial: Trial) => number | undefined): number =>
    meanOf(trials.map((trial) => of(trial) ?? 0));
  const [{ ahead, errors } = { ahead: [], errors: [] }] = trials;
  return trialOf(
    "mean",
    ahead.map((_, step) => meanOfAll((trial) => trial.ahead[step])),
    errors.map((ofOrigin, origin) =>
      ofOrigin.map((_, step) => meanOfAll((trial) => trial.errors[origin]?.[step])),
    ),
    horizon,
  );
}

function errorsOf(
  { values, known }: FilledDays,
  ahead: number,
  { continueDays }: Candidate,
): CumulatedErrors {
  const errors: number[][] = [];
  for (let origin = TRAINING_DAYS_MIN; origin < values.length; origin += 1) {
    const tried = Math.min(ahead, values.length - origin);
    const forecast = continueDays(values.slice(0, origin), tried);
    let sum = 0;
    errors.push(
      forecast.map((value, step) => {
        if (known[origin + step]) sum += (values[origin + step] ?? 0) - value;
        return sum;
      }),
    );
  }
  return errors;
}

function meanAbsoluteErrorAt(errors: CumulatedErrors, horizon: number): number {
  return meanOf(errorsAt(errors, horizon).map(Math.abs));
}

/** Errors of the sum of the first `horizon` days, of all origins with so many after them. */
export function errorsAt(errors: CumulatedErrors, horizon: number): number[] {
  return errors.flatMap((ofOrigin) => ofOrigin[horizon - 1] ?? []);
}
