import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPicos, MoneyError, parseExactPicos, parsePicos } from "./money.js";

const picos = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });

describe("exact amounts", () => {
  it("are the same after they were written and read", () => {
    fc.assert(fc.property(picos, (amount) => parsePicos(formatPicos(amount)) === amount));
  });

  it("keep all twelve places, and round what lies beyond them half to even", () => {
    expect(formatPicos(parsePicos("12.345678901234"))).toBe("12.345678901234");
    expect(formatPicos(parsePicos("0.1315068493150685"))).toBe("0.131506849315");
    expect(parsePicos("0.0000000000005")).toBe(0n);
    expect(parsePicos("0.0000000000015")).toBe(2n);
    expect(formatPicos(parsePicos("1.2E-7"))).toBe("0.00000012");
  });

  it("are the same however many digits they have", () => {
    const digits = fc.stringMatching(/^-?[0-9]{1,20}([.][0-9]{1,12})?$/);
    fc.assert(
      fc.property(digits, (text) => {
        const [whole = "", fraction = ""] = text.split(".");
        const exact = BigInt(whole + fraction.padEnd(12, "0"));
        return parsePicos(text) === exact && parseExactPicos(text) === exact;
      }),
    );
  });

  it("can be asked for without rounding", () => {
    expect(parseExactPicos("0.1234567890120")).toBe(123_456_789_012n);
    expect(parseExactPicos("1.5e-11")).toBe(15n);
    expect(() => parseExactPicos("0.1234567890123")).toThrow(
      "0.1234567890123 has more than 12 decimal places",
    );
    expect(() => parseExactPicos("1e-13")).toThrow(MoneyError);
    expect(() => parseExactPicos("")).toThrow(MoneyError);
  });

  it.each(["", " ", "1,5", "NaN", "Infinity", "0x10", "1.2.3", "--1", "$5", "1e9999"])(
    "are not read from %j",
    (text) => {
      expect(() => parsePicos(text)).toThrow(MoneyError);
    },
  );

  it("are refused beyond what Decimal(38, 12) holds", () => {
    expect(() => parsePicos(`${10n ** 26n}`)).toThrow("beyond what 26 digits can hold");
    expect(parsePicos(`${10n ** 26n - 1n}.999999999999`)).toBe(10n ** 38n - 1n);
  });
});

describe("a decimal number", () => {
  it.each([
    ["+1.5", "1.5"],
    ["-1.5", "-1.5"],
    ["-0", "0"],
    ["007", "7"],
    ["1e3", "1000"],
    ["1e+3", "1000"],
    ["12.5e-1", "1.25"],
    ["1.25E2", "125"],
    ["1e-12", "0.000000000001"],
    ["-0.0000000000025", "-0.000000000002"],
    ["100.10", "100.1"],
  ])("%s is %s", (text, exact) => {
    expect(formatPicos(parsePicos(text))).toBe(exact);
  });

  it.each(["1.", ".5", "1e", "e5", "1e1234", "1.5x", "x1.5", "1e5x", "+", "1.e5", "1 "])(
    "is not read from %j",
    (text) => {
      expect(() => parsePicos(text)).toThrow(`"${text}" is not a decimal number`);
    },
  );

  it("that cannot be one is named with its first 40 characters", () => {
    expect(() => parsePicos("x".repeat(50))).toThrow(`"${"x".repeat(40)}" is not`);
    expect(() => parsePicos(`1${"0".repeat(50)}`)).toThrow(`1${"0".repeat(39)} is beyond`);
  });
});

it("an amount that cannot be one says so by a code", () => {
  expect(new MoneyError("x").code).toBe("MONEY");
});
