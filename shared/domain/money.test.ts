import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPicos, Money, MoneyError, parsePicos } from "./money.js";

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

describe("money", () => {
  it("adds up exactly and in any order", () => {
    fc.assert(
      fc.property(fc.array(picos), (amounts) => {
        const money = amounts.map((amount) => Money.ofPicos(amount, "USD"));
        const total = Money.sum(money, "USD");
        expect(total.equals(Money.sum(money.toReversed(), "USD"))).toBe(true);
        expect(total.picos).toBe(amounts.reduce((sum, amount) => sum + amount, 0n));
      }),
    );
  });

  it("never mixes currencies", () => {
    expect(() => Money.parse("1", "USD").plus(Money.parse("1", "EUR"))).toThrow(
      "USD and EUR cannot be combined",
    );
    expect(() => Money.parse("1", "usd")).toThrow("not a currency code");
  });

  it("rounds to cents half to even, and is text in JSON", () => {
    expect(Money.parse("0.125", "USD").toCents()).toBe(12n);
    expect(Money.parse("0.135", "USD").toCents()).toBe(14n);
    expect(Money.parse("-0.005", "USD").toCents()).toBe(0n);
    expect(JSON.stringify({ total: Money.parse("1.50", "USD") })).toBe('{"total":"1.5"}');
    expect(Money.ofCents(150n, "USD").minus(Money.parse("1.5", "USD")).isZero()).toBe(true);
  });
});
