import type { DailySpend } from "@apportion/books/budgets/evaluate";
import type { Forecast } from "@apportion/books/forecast/forecast";
import type { Day } from "@apportion/domain/period";
import { describe, expect, it } from "vitest";
import { type Course, courseChart } from "./course-chart.js";
import { OCTOBER } from "./testing/months.js";

const ONE = 10n ** 12n;
const day = (of: number): Day => `2026-10-${String(of).padStart(2, "0")}` as Day;
const counted: DailySpend[] = [
  { day: day(1), picos: 10n * ONE },
  { day: day(3), picos: 5n * ONE },
];
const forecast: Forecast = {
  kind: "forecast",
  picos: 150n * ONE,
  low: 140n * ONE,
  high: 170n * ONE,
  method: "mean",
  errorPercent: 5,
  asOf: day(3),
  days: 33,
  ahead: [4, 31].map((of) => ({ day: day(of), picos: 20n * ONE, low: 18n * ONE, high: 22n * ONE })),
  notes: [],
};
const course: Course = {
  period: OCTOBER,
  counted,
  usedCents: 1_500n,
  unsettledCents: 0n,
  budgetCents: 12_000n,
  forecast,
  currency: "USD",
};

describe("the course of a month", () => {
  it("adds up what counts, day by day, up to the last one, and goes on from there as expected", () => {
    const [chart] = courseChart(course);
    const [spent, expected, low] = chart?.series ?? [];
    expect(spent?.cents.slice(0, 5)).toEqual([1_000n, 1_000n, 1_500n, undefined, undefined]);
    expect(expected?.cents.slice(1, 5)).toEqual([undefined, 1_500n, 2_000n, undefined]);
    expect(low?.cents.slice(2, 4)).toEqual([1_500n, 1_800n]);
    expect(chart?.mark).toEqual({ label: "Budget", cents: 12_000n });
    expect(chart?.labels.at(-1)).toBe("31 Oct");
    expect(chart?.says).toBe(
      "USD 15.00 by 3 Oct 2026, of a budget of USD 120.00; expected at month end: about USD 150 (80 %: USD 140 to USD 170).",
    );
  });

  it("says what the statement says, to the cent, and that it is only what is settled", () => {
    const says = courseChart({ ...course, usedCents: 1_501n, unsettledCents: 300n })[0]?.says;
    expect(says).toMatch(/^USD 15\.01 settled by 3 Oct 2026, of a budget of USD 120\.00;/);
  });

  it("says from when on only a part of the days counts", () => {
    const title = (asOf: Day) => courseChart({ ...course, forecast: { ...forecast, asOf } })[0]?.title;
    expect(title(day(3))).toBe("October 2026, day by day added up, against the budget");
    expect(title(day(2))).toBe(
      "October 2026, day by day added up, against the budget, after 2 Oct only what is settled",
    );
  });

  it("is not drawn where there is nothing to hold it against, or no line", () => {
    expect(courseChart({ ...course, budgetCents: undefined, forecast: undefined })).toEqual([]);
    expect(courseChart({ ...course, counted: counted.slice(0, 1) })).toEqual([]);
    expect(courseChart({ ...course, counted: [] })).toEqual([]);
    expect(courseChart({ ...course, forecast: undefined })).toHaveLength(1);
  });
});
