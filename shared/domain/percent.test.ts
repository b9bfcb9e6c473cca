import { describe, expect, it } from "vitest";
import { parsePicos } from "./money.js";
import { budgetPercentText, percentText, ratioOf, shareTexts } from "./percent.js";

const ofHundred = (percent: string): string =>
  budgetPercentText(parsePicos(percent), parsePicos("100"), [80, 90]);

describe("a percentage", () => {
  it("of a budget is rounded half up, but never to a threshold or to all of it before it is reached", () => {
    const shown = Object.entries({
      "92.469": "92.5 %",
      "45.95": "46.0 %",
      "45.949": "45.9 %",
      "79.95": "79.9 %",
      "80": "80.0 %",
      "99.96": "99.9 %",
      "99.999999999999": "99.9 %",
      "100": "100.0 %",
      "100.04": "100.0 %",
      "119.96": "120.0 %",
      "-0.05": "-0.1 %",
    });
    expect(shown.map(([percent]) => [percent, ofHundred(percent)])).toEqual(shown);
    expect(budgetPercentText(1n, 0n, [80])).toBe("–");
  });

  it("of something else is rounded half up, with its sign", () => {
    expect(
      [
        [2n, 3n],
        [-2n, 3n],
        [2n, -3n],
        [5n, 1000n],
        [1n, 2000n],
        [1n, 2001n],
        [1n, 0n],
      ].map(([part = 0n, whole = 0n]) => percentText(part, whole)),
    ).toEqual(["66.7 %", "-66.7 %", "-66.7 %", "0.5 %", "0.1 %", "0.0 %", "–"]);
  });
});

describe("shares of a whole", () => {
  it("add up to 100.0 %, also where some are negative, or the whole is", () => {
    expect(shareTexts([1n, 1n, 1n], 3n)).toEqual(["33.4 %", "33.3 %", "33.3 %"]);
    expect(shareTexts([777n, 555n, -332n], 1000n)).toEqual(["77.7 %", "55.5 %", "-33.2 %"]);
    for (const [parts, whole] of [
      [[2n, 2n, -1n], 3n],
      [[-2n, -2n, 1n], -3n],
      [[700n, 649n, 7n, -657n], 699n],
    ] as const) {
      const tenths = shareTexts(parts, whole).map((text) => Math.round(Number(text.replace(" %", "")) * 10));
      expect(tenths.reduce((sum, each) => sum + each, 0)).toBe(1000);
    }
    expect(shareTexts([1n, -1n], 0n)).toEqual(["–", "–"]);
  });
});

describe("what is said in percent", () => {
  it("groups thousands", () => {
    expect(percentText(1_234_567n, 100n)).toBe("1,234,567.0 %");
    expect(percentText(-12_345n, 100n)).toBe("-12,345.0 %");
    expect(percentText(123n, 1n)).toBe("12,300.0 %");
  });

  it("of a budget that is reached at a threshold is that threshold", () => {
    expect(budgetPercentText(8_004n, 10_000n, [80])).toBe("80.0 %");
    expect(budgetPercentText(7_999n, 10_000n, [])).toBe("80.0 %"); // no threshold of anybody's
    expect(budgetPercentText(9_999n, 10_000n, [])).toBe("99.9 %"); // all of it is one always
  });

  it("as shares takes its rounding from the whole, also where the parts do not make all of it", () => {
    expect(shareTexts([1n, 1n], 3n)).toEqual(["33.4 %", "33.3 %"]);
    expect(shareTexts([-1n, -1n, -1n], -3n)).toEqual(["33.4 %", "33.3 %", "33.3 %"]);
    expect(shareTexts([-1n, -2n], 4n)).toEqual(["-25.0 %", "-50.0 %"]);
    expect(shareTexts([16n, -5n, -5n], -10_000n)).toEqual(["-0.2 %", "0.1 %", "0.0 %"]);
    expect(shareTexts([-16n, 5n, 5n], 10_000n)).toEqual(["-0.2 %", "0.1 %", "0.0 %"]);
    expect(shareTexts([1n], -2n)).toEqual(["-50.0 %"]);
  });
});

describe("the width of a bar", () => {
  it("is the part of the whole, and never less than nothing or more than all", () => {
    expect([ratioOf(1n, 4n), ratioOf(1n, 3n), ratioOf(4n, 4n), ratioOf(5n, 4n)]).toEqual([
      0.25, 0.3333, 1, 1,
    ]);
    expect([ratioOf(0n, 4n), ratioOf(-1n, 4n), ratioOf(1n, 0n), ratioOf(0n, 0n), ratioOf(-1n, -2n)]).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });
});
