import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roundTogether, splitExactly } from "./split.js";

const total = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
const weights = fc
  .array(fc.bigInt({ min: 0n, max: 10n ** 20n }), { minLength: 1, maxLength: 40 })
  .filter((all) => all.some((weight) => weight > 0n));
const sum = (values: readonly bigint[]): bigint => values.reduce((all, value) => all + value, 0n);

describe("splitting an amount", () => {
  it("loses and invents nothing", () => {
    fc.assert(fc.property(total, weights, (amount, by) => sum(splitExactly(amount, by)) === amount));
  });

  it("gives zero to who weighs nothing, and never the other sign", () => {
    fc.assert(
      fc.property(total, weights, (amount, by) =>
        splitExactly(amount, by).every((part, index) =>
          by[index] === 0n ? part === 0n : part * amount >= 0n,
        ),
      ),
    );
  });

  it("is within one unit of the exact share", () => {
    fc.assert(
      fc.property(total, weights, (amount, by) =>
        splitExactly(amount, by).every((part, index) => {
          const error = part * sum(by) - amount * (by[index] ?? 0n);
          return error < sum(by) && -error < sum(by);
        }),
      ),
    );
  });

  it("gives the last units to the largest remainders, and of equal ones to the first", () => {
    expect(splitExactly(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n]);
    expect(splitExactly(-100n, [1n, 1n, 1n])).toEqual([-34n, -33n, -33n]);
    expect(splitExactly(10n, [1n, 2n, 3n])).toEqual([2n, 3n, 5n]);
  });

  it("refuses a negative weight, and an amount that nobody takes", () => {
    expect(() => splitExactly(1n, [1n, -1n])).toThrow("negative");
    expect(() => splitExactly(1n, [0n, 0n])).toThrow("no taker");
    expect(splitExactly(0n, [0n, 0n])).toEqual([0n, 0n]);
  });
});

describe("rounding amounts together", () => {
  it("adds up to the rounded total, and moves no part by more than a unit", () => {
    fc.assert(
      fc.property(fc.array(total, { minLength: 1, maxLength: 30 }), (exact) => {
        const unit = 10n ** 10n;
        const whole = sum(exact);
        const rounded = whole >= 0n ? (whole + unit / 2n) / unit : -((-whole + unit / 2n) / unit);
        const parts = roundTogether(exact, unit, rounded);
        expect(sum(parts)).toBe(rounded);
        parts.forEach((part, index) => {
          const difference = part * unit - (exact[index] ?? 0n);
          expect(difference <= unit && -difference <= unit).toBe(true);
        });
      }),
    );
  });
});

describe("the units that are left over", () => {
  it("go to the parts with the largest remainders when amounts are rounded together, ties to the earlier", () => {
    expect(roundTogether([14n, 14n, 14n], 10n, 4n)).toEqual([2n, 1n, 1n]);
    expect(roundTogether([14n, 19n, 14n], 10n, 5n)).toEqual([2n, 2n, 1n]);
    expect(roundTogether([10n, 20n], 10n, 3n)).toEqual([1n, 2n]);
    expect(roundTogether([-14n, -15n], 10n, -3n)).toEqual([-1n, -2n]);
    expect(roundTogether([-10n, -20n], 10n, -3n)).toEqual([-1n, -2n]);
  });

  it("are taken from those with the smallest remainders where the rounded total is less, ties from the later", () => {
    expect(roundTogether([14n, 19n, 14n], 10n, 2n)).toEqual([1n, 1n, 0n]);
    expect(roundTogether([14n, 14n, 19n], 10n, 0n)).toEqual([0n, 0n, 0n]);
    expect(roundTogether([14n, 14n], 10n, 1n)).toEqual([1n, 0n]);
  });

  it("do not round a credit towards zero while others are rounded up", () => {
    expect(roundTogether([-16n, 5n, 5n], 10n, -1n)).toEqual([-2n, 1n, 0n]);
  });

  it("go round again where there are more of them than parts", () => {
    expect(roundTogether([14n, 16n], 10n, 7n)).toEqual([3n, 4n]);
    expect(roundTogether([14n, 16n], 10n, -3n)).toEqual([-2n, -1n]);
  });

  it("have nobody to go to where there are no parts", () => {
    expect(roundTogether([], 10n, 0n)).toEqual([]);
    expect(() => roundTogether([], 10n, 1n)).toThrow("There is no part to take what is left over");
  });

  it("of a split go to the largest remainder, not to the largest or the first part", () => {
    expect(splitExactly(10n, [10n, 3n, 3n])).toEqual([6n, 2n, 2n]);
    expect(splitExactly(7n, [1n, 5n, 3n])).toEqual([1n, 4n, 2n]);
    expect(splitExactly(7n, [3n, 5n, 1n])).toEqual([2n, 4n, 1n]);
    expect(splitExactly(-7n, [3n, 5n, 1n])).toEqual([-2n, -4n, -1n]);
    expect(splitExactly(1n, [0n, 1n])).toEqual([0n, 1n]);
    expect(splitExactly(0n, [])).toEqual([]);
  });
});
