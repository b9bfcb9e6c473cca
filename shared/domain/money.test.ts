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

describe("an amount of money", () => {
  const usd = (amount: string): Money => Money.parse(amount, "USD");

  it("is more, less or the same as another", () => {
    expect([usd("1").compare(usd("2")), usd("2").compare(usd("1")), usd("2").compare(usd("2"))]).toEqual([
      -1, 1, 0,
    ]);
    expect([usd("1").equals(usd("1.0")), usd("1").equals(usd("1.01"))]).toEqual([true, false]);
    expect([usd("0").isZero(), usd("0.000000000001").isZero()]).toEqual([true, false]);
  });

  it("is added and taken away", () => {
    expect(usd("1.5").plus(usd("0.25")).toString()).toBe("1.75");
    expect(usd("1.5").minus(usd("0.25")).toString()).toBe("1.25");
    expect(usd("1").plus(usd("1")).currency).toBe("USD");
    expect(Money.zero("EUR").toString()).toBe("0");
    expect(Money.ofCents(-5n, "EUR").toString()).toBe("-0.05");
    expect(Money.sum([], "EUR").currency).toBe("EUR");
  });

  it.each(["usd", "US", "USDX", "xUSD", "USDx", "U5D", ""])("has no currency %j", (currency) => {
    expect(() => Money.zero(currency)).toThrow(`"${currency}" is not a currency code such as USD or EUR`);
  });

  it("is never compared with or taken from that of another currency", () => {
    const euro = Money.parse("1", "EUR");
    for (const mixed of [
      () => usd("1").minus(euro),
      () => usd("1").compare(euro),
      () => usd("1").equals(euro),
    ])
      expect(mixed).toThrow("USD and EUR cannot be combined");
  });

  it("says by a code what is wrong with it", () => {
    expect(new MoneyError("x").code).toBe("MONEY");
  });
});
