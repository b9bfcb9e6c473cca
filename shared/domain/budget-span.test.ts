import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUDGET_SPANS, lastDayOf, lastMonthOf, spanOf } from "./budget-span.js";
import { addDays, type BillingPeriod, daysBetween, firstDayOf, nextBillingPeriod } from "./period.js";

const period = fc
  .tuple(fc.integer({ min: 1990, max: 2100 }), fc.integer({ min: 1, max: 12 }))
  .map(([year, month]) => `${year}-${String(month).padStart(2, "0")}` as BillingPeriod);
const firstMonth = fc.integer({ min: 1, max: 12 });
const span = fc.constantFrom(...BUDGET_SPANS);

describe("the span of a month", () => {
  it("is that of the calendar, or of another fiscal year, across the turn of a year", () => {
    const of = (...args: Parameters<typeof spanOf>): string => {
      const months = spanOf(...args);
      return `${months[0]}..${lastMonthOf(months)}`;
    };
    const november = "2026-11" as BillingPeriod;
    expect(of("month", november)).toBe("2026-11..2026-11");
    expect(of("quarter", november)).toBe("2026-10..2026-12");
    expect(of("year", november)).toBe("2026-01..2026-12");
    expect(of("quarter", november, 3)).toBe("2026-09..2026-11");
    expect(of("quarter", "2026-12" as BillingPeriod, 3)).toBe("2026-12..2027-02");
    expect(of("year", november, 4)).toBe("2026-04..2027-03");
    expect(of("year", "2027-03" as BillingPeriod, 4)).toBe("2026-04..2027-03");
    expect(lastDayOf(spanOf("quarter", "2028-01" as BillingPeriod, 12))).toBe("2028-02-29");
    expect(lastDayOf(spanOf("quarter", "2027-01" as BillingPeriod, 12))).toBe("2027-02-28");
  });

  it("has every month once: spans follow each other without a gap, and one is the same from each of its months", () => {
    fc.assert(
      fc.property(span, period, firstMonth, (kind, any, first) => {
        const months = spanOf(kind, any, first);
        expect(months).toContain(any);
        for (const month of months) expect(spanOf(kind, month, first)).toEqual(months);
        for (const [index, month] of months.slice(1).entries())
          expect(month).toBe(nextBillingPeriod(months[index] ?? any));
        const after = nextBillingPeriod(lastMonthOf(months));
        expect(spanOf(kind, after, first)[0]).toBe(after);
      }),
    );
  });

  it("is of a year with the month and the days that this has, leap years among them", () => {
    fc.assert(
      fc.property(period, firstMonth, (any, first) => {
        const months = spanOf("year", any, first);
        expect(Number(months[0].slice(5))).toBe(first);
        const days = daysBetween(firstDayOf(months[0]), addDays(lastDayOf(months), 1)).length;
        const leaps = months.filter(
          (month) => month.endsWith("-02") && new Date(`${month}-29T00:00:00Z`).getUTCMonth() === 1,
        );
        expect(days).toBe(365 + leaps.length);
      }),
    );
  });
});
