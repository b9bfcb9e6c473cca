import { describe, expect, it } from "vitest";
import { surprisesIn } from "./surprises.js";

const floor = (_: number, expected: number): number => Math.max(50, 0.3 * Math.abs(expected));
/** Days that are said, of those that are given after five weeks of `usual`, the first of which is number 0. */
function said(usual: (at: number) => number, after: readonly (number | undefined)[]): number[] {
  const weeks = Array.from({ length: 35 }, (_, at) => usual(at));
  const days = [...weeks, ...after];
  const judged = surprisesIn(
    { values: days.map((day) => day ?? 0), known: days.map((day) => day !== undefined) },
    { floor },
  );
  return judged.flatMap(({ isSaid }, at) => (isSaid ? [at - weeks.length] : []));
}
const flat = (level: number) => (): number => level;
const repeat = <T>(times: number, value: T): T[] => Array.from({ length: times }, () => value);

describe("a surprise", () => {
  it("is said once, and that it is over is none", () => {
    expect(said(flat(100), [200, ...repeat(10, 100)])).toEqual([0]);
    expect(said(flat(100), [200, 210, 190, ...repeat(10, 100)])).toEqual([0]);
    expect(said(flat(100), [10, ...repeat(10, 100)])).toEqual([0]);
  });

  it("is a new level where it stays, said at its beginning, and going back is another", () => {
    expect(said(flat(100), repeat(30, 300))).toEqual([0]);
    expect(said(flat(100), [...repeat(20, 300), ...repeat(20, 100)])).toEqual([0, 20]);
    expect(said(flat(100), [...repeat(4, 300), ...repeat(10, 500)])).toEqual([0, 4]);
    // What is expected is the new level, and no mean of both.
    expect(said(flat(100), [...repeat(10, 300), 150])).toEqual([0, 10]);
  });

  it("is a peak where it ends before a week is over, and that it ended is none", () => {
    for (const peak of [2, 4, 5, 6]) {
      expect([peak, said(flat(100), [...repeat(peak, 300), ...repeat(21, 100)])]).toEqual([peak, [0]]);
      expect([peak, said(flat(300), [...repeat(peak, 100), ...repeat(21, 300)])]).toEqual([peak, [0]]);
    }
    // Four days, a day's rest, and again.
    expect(said(flat(100), [...repeat(4, 300), 100, 300, ...repeat(14, 100)])).toEqual([0]);
    // What differs from usual by more than the peak did is another matter.
    expect(said(flat(100), [...repeat(5, 300), ...repeat(4, 100), 10, 600])).toEqual([0, 9, 10]);
  });

  it("is one where days alternate, however often", () => {
    const alternate = (of: (at: number) => boolean): number[] =>
      Array.from({ length: 40 }, (_, at) => (of(at) ? 300 : 100));
    expect(said(flat(100), [...alternate((at) => at % 2 === 0), ...repeat(20, 100)])).toEqual([0]);
    expect(
      said(
        flat(100),
        alternate((at) => at % 3 !== 2),
      ),
    ).toEqual([0]);
  });

  it("that only working days have is a level too, by which what comes after is expected", () => {
    const works = (at: number): number => (at % 7 >= 5 ? 80 : 200);
    const more = Array.from({ length: 21 }, (_, at) => (at % 7 >= 5 ? 80 : 500));
    expect(said(works, [...more, 500, 200])).toEqual([0, 22]);
    expect(said(works, [...more, 500, 750])).toEqual([0, 22]);
  });

  it("is none in days that differ by five times as much once they cost five times as much", () => {
    // Anything between 0 and 1, the same each time.
    const any = (at: number): number => (Math.abs(Math.sin(at * 12.9898)) * 43_758.5453) % 1;
    const noisy = (at: number): number => 65 + 70 * any(at);
    const larger = Array.from({ length: 28 }, (_, at) => 5 * noisy(35 + at));
    expect(said(noisy, larger)).toEqual([0]);
  });

  it("is the same change on weekdays and weekends, whether it multiplies or adds", () => {
    // The first day after five weeks is a Monday.
    const works = (at: number): number => (at % 7 >= 5 ? 80 : 200);
    const after = (of: (cost: number, at: number) => number): number[] =>
      Array.from({ length: 28 }, (_, at) => of(works(at), at));
    expect(
      said(
        works,
        after((cost) => cost * 3),
      ),
    ).toEqual([0]);
    expect(
      said(
        works,
        after((cost) => cost + 300),
      ),
    ).toEqual([0]);
    expect(
      said(
        works,
        after((cost, at) => (at < 5 ? cost : cost * 3)),
      ),
    ).toEqual([5]);
    expect(
      said(
        works,
        after((cost, at) => (at % 7 >= 5 ? cost : cost + 300)),
      ),
    ).toEqual([0]);
  });

  it("is none the second time where it comes each week, nor where it came often", () => {
    expect(
      said(
        flat(100),
        Array.from({ length: 28 }, (_, at) => (at % 7 === 2 ? 300 : 100)),
      ),
    ).toEqual([2]);
    const often = (at: number): number => (at % 5 === 0 ? 400 : 100);
    expect(
      said(
        often,
        Array.from({ length: 28 }, (_, at) => often(at)),
      ),
    ).toEqual([]);
  });

  it("of days that are all equal is what is beyond both floors", () => {
    expect(said(flat(100), [149, 100, 51])).toEqual([]);
    expect(said(flat(100), [150])).toEqual([0]);
    expect(said(flat(1000), [1299])).toEqual([]);
    expect(said(flat(0), [49, 0, 50])).toEqual([2]);
    expect(said(flat(0), repeat(30, 0))).toEqual([]);
  });

  it("can be among days on which credits are larger than costs", () => {
    expect(said(flat(-200), [-210, -200, -400])).toEqual([2]);
    expect(said(flat(100), [-500, 100])).toEqual([0]);
  });

  it("needs three weeks, and days that are known", () => {
    const alone = (days: readonly number[]): number[] =>
      surprisesIn({ values: days, known: days.map(() => true) }, { floor }).flatMap(({ isSaid }, at) =>
        isSaid ? [at] : [],
      );
    expect(alone([100, 100, 5000])).toEqual([]);
    expect(alone([...repeat(20, 100), 5000])).toEqual([]);
    expect(alone([...repeat(21, 100), 5000])).toEqual([21]);
    expect(said(flat(100), [undefined, 100, undefined, 300, undefined, 300])).toEqual([3]);
    // Days that nobody knows end nothing.
    expect(said(flat(100), [300, ...repeat(8, undefined), ...repeat(20, 300)])).toEqual([0]);
  });

  it("is beyond twice what days differ by anyway", () => {
    const noisy = (at: number): number => 300 + 120 * Math.sin(at * 1.7);
    expect(said(noisy, [460])).toEqual([]);
    expect(said(noisy, [900])).toEqual([0]);
  });
});
