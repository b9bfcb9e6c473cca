import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addDays,
  billingPeriodOf,
  chargePeriodOf,
  daysBetween,
  daysOf,
  nextBillingPeriod,
  parseBillingPeriod,
  parseDay,
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
