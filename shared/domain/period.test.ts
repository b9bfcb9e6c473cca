import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addDays,
  billingPeriodOf,
  chargePeriodOf,
  DAY_MS,
  dayOf,
  daysBetween,
  daysOf,
  firstDayOf,
  nextBillingPeriod,
  parseBillingPeriod,
  parseDay,
  PeriodError,
  previousBillingPeriod,
} from "./period.js";

const day = fc
  .date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true })
  .map((date) => parseDay(date.toISOString().slice(0, 10)));

describe("periods", () => {
  it("are half-open days in UTC that follow each other without gap or overlap", () => {
    fc.assert(fc.property(day, (one) => chargePeriodOf(one).end === chargePeriodOf(addDays(one, 1)).start));
    expect(chargePeriodOf(parseDay("2026-12-31"))).toEqual({
      start: "2026-12-31T00:00:00Z",
      end: "2027-01-01T00:00:00Z",
    });
  });

  it("every day is in exactly the month that it names", () => {
    fc.assert(
      fc.property(day, (one) => daysOf(billingPeriodOf(one)).filter((each) => each === one).length === 1),
    );
  });

  it("months follow each other over years and leap days", () => {
    expect(nextBillingPeriod(parseBillingPeriod("2026-12"))).toBe("2027-01");
    expect(previousBillingPeriod(parseBillingPeriod("2026-01"))).toBe("2025-12");
    expect(daysOf(parseBillingPeriod("2028-02"))).toHaveLength(29);
    expect(daysBetween(parseDay("2028-02-28"), parseDay("2028-03-01"))).toEqual(["2028-02-28", "2028-02-29"]);
  });

  it.each(["2026-02-30", "2026-1-1", "yesterday", "2026-13-01", ""])("%j is no day", (text) => {
    expect(() => parseDay(text)).toThrow("is not a day such as");
  });

  it.each(["2026-00", "2026-13", "2026", "Oct 2026"])("%j is no month", (text) => {
    expect(() => parseBillingPeriod(text)).toThrow("is not a month such as");
  });
});

describe("a day", () => {
  it.each(["x2026-11-22", "2026-11-22x", "2026-11-22T00:00:00Z", "12026-11-22"])("is not %j", (text) => {
    expect(() => parseDay(text)).toThrow(`"${text}" is not a day such as 2026-11-22`);
  });

  it("is that of an instant in UTC", () => {
    expect(dayOf(new Date("2026-11-22T23:59:59.999Z"))).toBe("2026-11-22");
    expect(addDays(parseDay("2026-11-30"), 2)).toBe("2026-12-02");
    expect(addDays(parseDay("2026-11-01"), -1)).toBe("2026-10-31");
    expect(DAY_MS).toBe(24 * 60 * 60 * 1000);
  });

  it("before another has days between, itself first; after or at it none", () => {
    const [from, to] = [parseDay("2026-11-29"), parseDay("2026-12-01")];
    expect(daysBetween(from, to)).toEqual(["2026-11-29", "2026-11-30"]);
    expect([daysBetween(to, from), daysBetween(to, to)]).toEqual([[], []]);
  });
});

describe("a month", () => {
  it.each(["x2026-11", "2026-11x", "2026-1", "12026-11", "2026-11-22"])("is not %j", (text) => {
    expect(() => parseBillingPeriod(text)).toThrow(`"${text}" is not a month such as 2026-11`);
  });

  it("is each from January to December", () => {
    const months = ["2026-01", "2026-09", "2026-10", "2026-12"];
    expect(months.map(parseBillingPeriod)).toEqual(months);
    expect(months.map((month) => daysOf(parseBillingPeriod(month)).length)).toEqual([31, 30, 31, 31]);
  });

  it("is that of its days", () => {
    expect(billingPeriodOf(parseDay("2026-11-30"))).toBe("2026-11");
    expect(firstDayOf(parseBillingPeriod("2026-11"))).toBe("2026-11-01");
    expect(new PeriodError("x").code).toBe("PERIOD");
  });
});
