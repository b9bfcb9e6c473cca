import { meanOf, SEASON_DAYS } from "./methods.js";

/** A day from which on each day costs clearly more or less. */
export interface Step {
  /** Index of the first day of the new level. */
  readonly at: number;
  /** Mean of the week before and of all whole weeks since, in units of the currency. */
  readonly from: number;
  readonly to: number;
}

interface Difference {
  readonly at: number;
  readonly before: number;
  readonly size: number;
  readonly alike: number;
}

/** A change below this share of the level before is weather. */
const SHARE_MIN = 0.2;
/** So many times the usual difference between two weeks. */
const TIMES_USUAL_MIN = 4;
/** So much of the change has to be there still: a peak that went away is none. */
const LASTING_MIN = 0.7;
/** Weekdays that have to have changed alike: one day that is out of line is no level. */
const WEEKDAYS_MIN = 6;
/** In a quarter; who changes more often has no level. */
const STEPS_MAX = 3;

/**
 * Where the level changed for good: the mean of seven days less that of the seven before, in which weekdays cancel out, is more than a
 * fifth of the level and four times the median of such differences, nearly each weekday takes part, and most of it lasts. What was before a step is scaled to the level
 * after it, so that its weekdays and its noise still count. A step in the last seven days is not seen: one week is no level.
 */
export function atTodaysLevel(values: readonly number[]): {
  readonly values: readonly number[];
  /** The latest: nothing is scaled after it; undefined where the level did not change. */
  readonly step: Step | undefined;
} {
  let scaled = values;
  const steps: Step[] = [];
  while (steps.length < STEPS_MAX) {
    const step = largestStep(scaled);
    if (!step) break;
    steps.push(step);
    const factor = step.to / step.from;
    scaled = scaled.map((value, index) => (index < step.at ? value * factor : value));
  }
  return { values: scaled, step: steps.toSorted((a, b) => a.at - b.at).at(-1) };
}

function largestStep(values: readonly number[]): Step | undefined {
  const differences = differencesOf(values);
  const sizes = differences.map(({ size }) => Math.abs(size)).toSorted((a, b) => a - b);
  const usual = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const found = differences
    .filter(({ alike }) => alike >= WEEKDAYS_MIN)
    .filter(({ size, before }) => Math.abs(size) > Math.max(TIMES_USUAL_MIN * usual, SHARE_MIN * before))
    .toSorted((a, b) => Math.abs(b.size) - Math.abs(a.size) || a.at - b.at);
  for (const { at, size, before } of found) {
    const since = values.slice(at);
    const to = meanOf(since.slice(0, Math.floor(since.length / SEASON_DAYS) * SEASON_DAYS));
    const lasts = (to - before) / size >= LASTING_MIN;
    if (lasts && before > 0 && to > 0) return { at, from: before, to };
  }
  return undefined;
}

/** Of each seven days with the seven before: how the mean changed, and how many weekdays changed that way. */
function differencesOf(values: readonly number[]): Difference[] {
  const found: Difference[] = [];
  for (let at = SEASON_DAYS; at + SEASON_DAYS <= values.length; at += 1) {
    const earlier = values.slice(at - SEASON_DAYS, at);
    const changes = earlier.map((value, index) => (values[at + index] ?? 0) - value);
    const size = meanOf(changes);
    found.push({
      at,
      before: meanOf(earlier),
      size,
      alike: changes.filter((change) => change * size > 0).length,
    });
  }
  return found;
}
