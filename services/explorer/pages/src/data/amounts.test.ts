import { expect, it } from "vitest";
import { centsOf, changeInPercent, exactCents, grouped, signed } from "./amounts.js";

it("reads decimal strings to the cent, however large and of whatever sign", () => {
  expect(["1230.45", "-0.05", "7", "0.5", "90071992547409.93"].map(centsOf)).toEqual([
    123045n,
    -5n,
    700n,
    50n,
    9007199254740993n,
  ]);
});

it("writes amounts with separators, signs and percents", () => {
  expect(["1234567.5", "-1234.50", "0"].map(grouped)).toEqual(["1,234,567.50", "-1,234.50", "0.00"]);
  expect(["12.30", "-12.30", "0.00"].map(signed)).toEqual(["+12.30", "-12.30", "0.00"]);
  expect(["1.005", "-1.005", "2", "0.0049"].map(exactCents)).toEqual(["1.01", "-1.01", "2.00", "0.00"]);
  expect(changeInPercent(200n, 250n)).toBe("+25 %");
  expect(changeInPercent(1000n, 958n)).toBe("-4.2 %");
  expect(changeInPercent(0n, 5n)).toBeUndefined();
});
