import { quantile } from "../forecast/interval.js";
import { meanOf, runRate, RUN_RATE_DAYS, SEASON_DAYS } from "../forecast/methods.js";
import type { FilledDays } from "../forecast/rolling-origin.js";

/** What is beyond the largest but a twentieth of earlier errors, twice over, is beyond what days do by themselves. */
const ERRORS_SHARE = 0.95;
const TIMES_ERROR = 2;
/** Errors that have to be known before a day is judged: with the first week, from which nothing is expected yet, three weeks. */
const ERRORS_MIN = 2 * SEASON_DAYS;
/** What is out on most of a week, day after day up to the last, stays. Working days have five, so it holds of a level that weekends do not have. */
const LEVEL_DAYS = 4;
/** A day later the same weekday comes again. */
const QUIET_DAYS = SEASON_DAYS - 1;

/** What was known of a day before it came. In units of the currency. */
export interface Expectation {
  readonly expected: number;
  /** Half the width of the interval around it; undefined where too little was known to judge the day. */
  readonly width: number | undefined;
  /** The day is outside, and beyond the floor. */
  readonly isOutlying: boolean;
  /** The same, and nothing of the week before explains it: it is said. */
  readonly isSaid: boolean;
}

/** What began with a surprise: whether it is a peak or a new level shows a week later at the earliest. */
interface Episode {
  readonly at: number;
  /** The largest deviation so far, and the largest in proportion to what was expected. */
  readonly size: number;
  readonly ratio: number;
  readonly isUp: boolean;
  /** Known days up to the last that were out in its direction one after the other, and that were not. */
  readonly outInRow: number;
  readonly quietInRow: number;
}

export interface SurpriseRules {
  /** How far a day has to be from what was expected of it at least, in units of the currency. */
  readonly floor: (at: number, expected: number) => number;
  /** Less than expected is no surprise. */
  readonly onlyUp?: boolean;
}

/**
 * Judges each day by the days before it alone:
 *   |y(t) − ŷ(t)| > max(floor, w(t)),  w(t) = 2 × q₀.₉₅(|y(i) − ŷ(i)|, i < t)
 * ŷ is the mean of the weekday over the last four weeks, w comes of its own one-day errors, those of surprises too: what happens once does not
 * widen it, what happens again and again does. A surprise is said once. Until six days passed that were not out in its direction, nothing is that is as far
 * out in the same, nor what is like an outlying day a week before. Where the last four days are out a week after it began, or later, that is the new level,
 * from which days are expected from then on; else it was a peak, and counts for what was expected instead.
 * @param days the first counts as it is given, known or not
 */
export function surprisesIn({ values, known }: FilledDays, rules: SurpriseRules): Expectation[] {
  const level = new Level(rules);
  return values.map((value, at) => level.see(value, known[at] === true));
}

/** What is known of a series up to a day. */
class Level {
  readonly #rules: SurpriseRules;
  readonly #values: number[] = [];
  readonly #known: boolean[] = [];
  readonly #judged: Expectation[] = [];
  /** Days as they usually are: what was a surprise, or is not known, counts for what was expected. */
  #usual: number[] = [];
  /** The least first. */
  #errors: number[] = [];
  /** Since when the level is what it is. */
  #since = 0;
  #episode: Episode | undefined;

  constructor(rules: SurpriseRules) {
    this.#rules = rules;
  }

  see(value: number, isKnown: boolean): Expectation {
    const at = this.#values.length;
    const judged = this.#judge(at, value, isKnown);
    const { expected, isOutlying, isSaid } = judged;
    this.#values.push(value);
    this.#known.push(isKnown);
    this.#judged.push(judged);
    this.#usual.push(isOutlying || !isKnown ? expected : value);
    // What goes on as it began is no error of its own.
    if (isKnown && at >= SEASON_DAYS && (!isOutlying || isSaid))
      keepSorted(this.#errors, Math.abs(value - expected));
    if (isSaid) this.#episode = episodeOf(at, value - expected, expected);
    else if (isKnown && this.#episode)
      this.#episode = goneOn(this.#episode, isOutlying, value - expected, expected);
    this.#endEpisode(at);
    return judged;
  }

  #judge(at: number, value: number, isKnown: boolean): Expectation {
    const recent = this.#usual.slice(Math.max(this.#since, at - RUN_RATE_DAYS));
    const expected = at === 0 ? value : (runRate(recent, 1)[0] ?? value);
    const width =
      this.#errors.length < ERRORS_MIN ? undefined : TIMES_ERROR * quantile(this.#errors, ERRORS_SHARE);
    const error = value - expected;
    const floor = this.#rules.floor(at, expected);
    const isOutlying =
      isKnown &&
      width !== undefined &&
      Math.abs(error) >= floor &&
      Math.abs(error) > width &&
      !(this.#rules.onlyUp === true && error < 0);
    const isSaid = isOutlying && !this.#isExplained(at, value, expected, Math.max(floor, width));
    return { expected, width, isOutlying, isSaid };
  }

  #isExplained(at: number, value: number, expected: number, far: number): boolean {
    const weekBefore = this.#judged[at - SEASON_DAYS]?.isOutlying === true;
    const before = this.#values[at - SEASON_DAYS] ?? 0;
    if (weekBefore && Math.abs(value - before) <= far) return true;
    return this.#episode !== undefined && goesOn(this.#episode, value - expected, expected, far);
  }

  /** Once it shows whether it was a peak or is a level. */
  #endEpisode(at: number): void {
    if (!this.#episode) return;
    const { at: began, outInRow, quietInRow } = this.#episode;
    const isLevel = at - began >= SEASON_DAYS - 1 && outInRow >= LEVEL_DAYS;
    if (isLevel) this.#beginLevel(at - SEASON_DAYS + 1);
    if (isLevel || quietInRow === QUIET_DAYS) this.#episode = undefined;
  }

  #beginLevel(from: number): void {
    const week = this.#values.map((_, index) => index).filter((index) => index >= from && this.#known[index]);
    const was = meanOf(week.map((index) => this.#usual[index] ?? 0));
    const is = meanOf(week.map((index) => this.#values[index] ?? 0));
    this.#since = from;
    this.#usual = this.#usual.map((usual, index) =>
      index < from ? usual : this.#known[index] === true ? (this.#values[index] ?? is) : is,
    );
    // Days of a larger platform differ by more.
    if (was > 0 && is > was) this.#errors = this.#errors.map((error) => (error * is) / was);
  }
}

function keepSorted(sorted: number[], value: number): void {
  const after = sorted.findIndex((each) => each > value);
  sorted.splice(after < 0 ? sorted.length : after, 0, value);
}

function episodeOf(at: number, error: number, expected: number): Episode {
  const size = Math.abs(error);
  return { at, size, ratio: ratioOf(error, expected), isUp: error > 0, outInRow: 1, quietInRow: 0 };
}

function goneOn(episode: Episode, isOutlying: boolean, error: number, expected: number): Episode {
  const { size, ratio, isUp, outInRow, quietInRow } = episode;
  if (!isOutlying || error > 0 !== isUp) return { ...episode, outInRow: 0, quietInRow: quietInRow + 1 };
  return {
    ...episode,
    size: Math.max(size, Math.abs(error)),
    ratio: Math.max(ratio, ratioOf(error, expected)),
    outInRow: outInRow + 1,
    quietInRow: 0,
  };
}

function ratioOf(error: number, expected: number): number {
  return expected === 0 ? 0 : Math.abs(error / expected);
}

/** A weekday is further out than a Sunday where the level is another multiple, and as far where something came beside it: both are the same change. */
function goesOn({ size, ratio, isUp }: Episode, error: number, expected: number, far: number): boolean {
  return error > 0 === isUp && Math.abs(error) <= Math.max(size, ratio * Math.abs(expected)) + far;
}
