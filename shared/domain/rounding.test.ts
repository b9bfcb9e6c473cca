import { describe, expect, it } from "vitest";
import { roundedDivision } from "./rounding.js";

describe("a division", () => {
  it("is rounded to the nearest, and a half to the even neighbour, on both sides of zero", () => {
    const tenths = [0n, 4n, 5n, 6n, 10n, 14n, 15n, 16n, 25n, 35n];
    expect(tenths.map((tenth) => roundedDivision(tenth, 10n))).toEqual([
      0n,
      0n,
      0n,
      1n,
      1n,
      1n,
      2n,
      2n,
      2n,
      4n,
    ]);
    expect(tenths.map((tenth) => -roundedDivision(-tenth, 10n))).toEqual(
      tenths.map((tenth) => roundedDivision(tenth, 10n)),
    );
  });

  it("has no half where the denominator is odd", () => {
    expect([1n, 2n, 4n, 5n].map((part) => roundedDivision(part, 3n))).toEqual([0n, 1n, 1n, 2n]);
  });
});
