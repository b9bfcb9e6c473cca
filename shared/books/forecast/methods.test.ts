import { describe, expect, it } from "vitest";
import { holtWinters } from "./holt-winters.js";
import { halfWidth } from "./interval.js";
import { runRate, seasonalNaive } from "./methods.js";
import { bestTrial, errorsAt } from "./rolling-origin.js";
import { atTodaysLevel } from "./steps.js";

const WEEK = [10, 11, 12, 13, 14, 5, 4];
const weeks = (count: number): number[] => Array.from({ length: count }, () => WEEK).flat();
const known = (values: readonly number[]): { values: readonly number[]; known: boolean[] } => ({
  values,
  known: values.map(() => true),
});
/** Between -1 and 1, and not of a week. */
const jitter = (index: number): number => {
  const far = Math.sin(index * 12.9898) * 43_758.5453;
  return 2 * (far - Math.floor(far)) - 1;
};

describe("the methods", () => {
  it("seasonal naive is the last week again, from wherever it ends", () => {
    expect(seasonalNaive([1, 1, 1, ...WEEK], 9)).toEqual([...WEEK, 10, 11]);
    expect(seasonalNaive([...weeks(2), 20, 21], 3)).toEqual([12, 13, 14]);
  });

  it("run rate is the mean of each weekday in four weeks, and before a week is over of what there is", () => {
    const rising = [1, 2, 3, 4, 5].flatMap((factor) => WEEK.map((value) => value * factor));
    expect(runRate(rising, 8)).toEqual([...WEEK.map((value) => value * 3.5), 35]);
    expect(runRate([...weeks(1), 20], 2)).toEqual([11, 12]);
    expect(runRate([1, 2, 6], 2)).toEqual([3, 3]);
    expect(runRate([], 1)).toEqual([0]);
  });

  it("Holt-Winters follows weekdays and a trend, and damps it", () => {
    const ahead = holtWinters(weeks(6), 14);
    for (const [index, value] of ahead.entries()) expect(value).toBeCloseTo(WEEK[index % 7] ?? 0, 6);
    const rising = Array.from({ length: 70 }, (_, index) => 100 + 2 * index + (WEEK[index % 7] ?? 0));
    const further = holtWinters(rising, 28);
    const last = rising.slice(-7).reduce((sum, value) => sum + value, 0);
    const [first, fourth] = [0, 21].map((at) =>
      further.slice(at, at + 7).reduce((sum, value) => sum + value, 0),
    );
    expect(first).toBeGreaterThan(last);
    expect(fourth).toBeGreaterThan(first ?? 0);
    expect(fourth).toBeLessThan(last + 4 * 7 * 14); // 14 more each day of a week on which the trend went on in full
  });
});

describe("the rolling origin", () => {
  it("takes the mean of all where none is clearly better, and the one that was least wrong where it is", () => {
    const noisy = Array.from({ length: 80 }, (_, index) => 100 + 30 * jitter(index));
    const found = bestTrial(known(noisy), 20);
    const each = [runRate, seasonalNaive, holtWinters].map((method) => method(noisy, 20));
    expect(found.method).toBe("mean");
    for (const [step, value] of found.ahead.entries())
      expect(value).toBeCloseTo(each.reduce((sum, own) => sum + (own[step] ?? 0), 0) / 3, 9);
    const growing = Array.from({ length: 80 }, (_, index) => 40 * index + (WEEK[index % 7] ?? 0));
    expect(bestTrial(known(growing), 20).method).toBe("holt-winters");
    const wandering = Array.from(
      { length: 80 },
      (_, index) => 40 * (1 + Math.floor(index / 9) ** 2) + (WEEK[index % 7] ?? 0),
    );
    expect(bestTrial(known(wandering), 2).method).not.toBe("run-rate");
  });

  it("adds errors up day by day, but for days that nobody knows", () => {
    const values = [...weeks(4), 20, 500, 12]; // what a gap is filled with is no error
    const { errors } = bestTrial({ values, known: values.map((_, index) => index !== 29) }, 3);
    expect(errors.at(-3)).toEqual([10, 10, 10]);
    expect(errorsAt(errors, 3)).toHaveLength(values.length - 14 - 2);
  });

  it("is of the longest horizon that was tried often enough, and of none where there is too little", () => {
    expect(bestTrial(known(weeks(13)), 27).horizon).toBe(27);
    expect(bestTrial(known(weeks(5)), 27).horizon).toBe(14);
    expect(bestTrial(known(weeks(3)), 27)).toMatchObject({ horizon: 0, method: "run-rate" });
  });
});

describe("the interval", () => {
  const trial = { method: "run-rate", ahead: [], meanAbsoluteError: 0, errorPerDay: 0 } as const;

  it("is the 80 % quantile of sums over the same horizon, wider the fewer windows there are", () => {
    const errors = [-10, 2, -4, 6, 8, 0].map((error) => [error / 2, error]);
    // |errors| of two days: 0 2 4 6 8 10; 80 % is 8; 6 origins of 2 days are 4 windows
    expect(halfWidth({ ...trial, errors, horizon: 2 }, [], 2)).toBeCloseTo(8 * Math.sqrt(1 + 1 / 4), 9);
    expect(halfWidth({ ...trial, errors, horizon: 2 }, [], 1)).toBeCloseTo(4 * Math.sqrt(1 + 1 / 7), 9);
    expect(halfWidth({ ...trial, errors, horizon: 2 }, [], 6)).toBeCloseTo(24 * Math.sqrt(1 + 1 / 4), 9);
  });

  it("is of the days alone where no forecast was tried", () => {
    const days = [9, 11, 9, 11];
    const deviation = Math.sqrt(4 / 3);
    expect(halfWidth({ ...trial, errors: [], horizon: 0 }, days, 4)).toBeCloseTo(
      1.2816 * deviation * Math.sqrt(4 + 16 / 4),
      9,
    );
  });
});

describe("steps", () => {
  const noisy = (level: (index: number) => number): number[] =>
    Array.from({ length: 70 }, (_, index) => level(index) * (WEEK[index % 7] ?? 0) + jitter(index) / 8);

  it("are found where they are, and what was before is brought to the level of today", () => {
    const { step, values } = atTodaysLevel(noisy((index) => (index < 40 ? 1 : 2)));
    expect(step?.at).toBe(40);
    expect((step?.to ?? 0) / (step?.from ?? 1)).toBeCloseTo(2, 1);
    expect((values[0] ?? 0) / (values[42] ?? 1)).toBeCloseTo(1, 1);
  });

  it("after each other are all undone, and the last one is told: a peak that went away leaves nothing", () => {
    const { step, values } = atTodaysLevel(noisy((index) => (index >= 30 && index < 40 ? 2 : 1)));
    expect(step?.at).toBe(40);
    for (const index of [0, 33, 42]) expect((values[index] ?? 0) / (WEEK[index % 7] ?? 0)).toBeCloseTo(1, 0);
  });

  it("are not a single dear day, a slow trend, nor the last days", () => {
    expect(atTodaysLevel(noisy((index) => (index === 33 ? 30 : 1))).step).toBeUndefined();
    expect(atTodaysLevel(noisy((index) => 1 + index / 100)).step).toBeUndefined();
    expect(atTodaysLevel(noisy((index) => (index < 66 ? 1 : 3))).step).toBeUndefined();
  });
});
