import { describe, expect, it } from "vitest";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { ForecastNote } from "./notes.js";
import { isTrusted, recordKey, type TrackRecord } from "./track-record.js";

const forecastOf = (daysAhead: number, errorPercent: number, notes: readonly ForecastNote[] = []) => ({
  ahead: Array.from({ length: daysAhead }, (_, index) => ({
    day: `2026-11-${String(30 - index).padStart(2, "0")}` as Day,
    low: 0n,
    picos: 0n,
    high: 0n,
  })),
  errorPercent,
  notes,
});
const recordOf = (week: number, months: number, medianErrorPercent: number): TrackRecord =>
  new Map([[recordKey("search", week), { months, medianErrorPercent }]]);
const NONE: TrackRecord = new Map();
const NOVEMBER = { period: "2026-11" as BillingPeriod, teamId: "search" };

describe("a forecast rouses somebody", () => {
  it("where forecasts that looked as far ahead were right", () => {
    expect(isTrusted(forecastOf(9, 50), recordOf(1, 3, 10), NOVEMBER)).toBe(true);
    expect(isTrusted(forecastOf(9, 1), recordOf(1, 3, 10.1), NOVEMBER)).toBe(false);
    expect(isTrusted(forecastOf(7, 1), recordOf(1, 3, 90), NOVEMBER)).toBe(true); // of another week nothing is known
    const other = { ...NOVEMBER, teamId: "checkout" };
    expect(isTrusted(forecastOf(9, 1), recordOf(1, 3, 90), other)).toBe(true); // nor is another team any measure
  });

  it("by its own trial as long as few were judged, and not before that reached far enough", () => {
    const tried = (days: number): ForecastNote => ({ kind: "few-errors", tried: days, ahead: 25 });
    expect(isTrusted(forecastOf(9, 10), recordOf(1, 2, 90), NOVEMBER)).toBe(true);
    expect(isTrusted(forecastOf(9, 11), NONE, NOVEMBER)).toBe(false);
    expect(isTrusted(forecastOf(25, 5, [tried(13)]), NONE, NOVEMBER)).toBe(false);
    expect(isTrusted(forecastOf(25, 5, [tried(14)]), NONE, NOVEMBER)).toBe(true);
  });

  it("not while a day of the month before its last one is not settled", () => {
    const gapOn = (day: string): ForecastNote => ({ kind: "gaps", days: [day as Day] });
    expect(isTrusted(forecastOf(9, 1, [gapOn("2026-11-03")]), NONE, NOVEMBER)).toBe(false);
    expect(isTrusted(forecastOf(9, 1, [gapOn("2026-10-03")]), NONE, NOVEMBER)).toBe(true);
  });
});
