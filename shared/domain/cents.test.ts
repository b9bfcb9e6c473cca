import { describe, expect, it } from "vitest";
import { amountOfCents, centsThatFoot, decimalOfCents } from "./cents.js";
import { PICOS_PER_CENT } from "./statement.js";

const cents = (hundredths: number): bigint => (PICOS_PER_CENT * BigInt(hundredths)) / 100n;

describe("cents of a table", () => {
  it("add up to the rounded sum, the largest remainders first", () => {
    expect(centsThatFoot([cents(140), cents(140), cents(170)])).toEqual([1n, 1n, 2n]);
    expect(centsThatFoot([cents(150), cents(100)])).toEqual([1n, 1n]); // 2.5 cents are 2, half to even
    expect(centsThatFoot([cents(-140), cents(40)])).toEqual([-1n, 0n]);
  });

  it("add up to what was printed already", () => {
    expect(centsThatFoot([cents(140), cents(140)], 4n)).toEqual([2n, 2n]);
  });

  it("are none of an empty table", () => {
    expect(centsThatFoot([])).toEqual([]);
    expect(centsThatFoot([], 5n)).toEqual([]);
  });
});

describe("an amount of cents", () => {
  it("has both places on paper, and no closing zeros in tables", () => {
    const some = [0n, 5n, 50n, 1230n, -5n, -1234n];
    expect(some.map(decimalOfCents)).toEqual(["0.00", "0.05", "0.50", "12.30", "-0.05", "-12.34"]);
    expect(some.map(amountOfCents)).toEqual(["0", "0.05", "0.5", "12.3", "-0.05", "-12.34"]);
  });
});
