import { describe, expect, it } from "vitest";
import type { Day } from "@apportion/domain/period";
import type { ForecastNote } from "./notes.js";
import { isTrusted, type TrackRecord } from "./track-record.js";

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
const recordOf = (week: number, judged: number, medianErrorPercent: number): TrackRecord => ({
  byWeek: new Map([[week, { judged, medianErrorPercent }]]),
});
const NONE: TrackRecord = { byWeek: new Map() };

describe("a forecast rouses somebody", () => {
  it("where forecasts that looked as far ahead were right", () => {
    expect(isTrusted(forecastOf(9, 50), recordOf(1, 20, 10), "2026-11")).toBe(true);
    expect(isTrusted(forecastOf(9, 1), recordOf(1, 20, 10.1), "2026-11")).toBe(false);
    expect(isTrusted(forecastOf(7, 1), recordOf(1, 20, 90), "2026-11")).toBe(true); // of another week nothing is known
  });

  it("by its own trial as long as few were judged, and not before that reached far enough", () => {
    const tried = (days: number): ForecastNote => ({ kind: "few-errors", tried: days, ahead: 25 });
    expect(isTrusted(forecastOf(9, 10), recordOf(1, 19, 90), "2026-11")).toBe(true);
    expect(isTrusted(forecastOf(9, 11), NONE, "2026-11")).toBe(false);
    expect(isTrusted(forecastOf(25, 5, [tried(13)]), NONE, "2026-11")).toBe(false);
    expect(isTrusted(forecastOf(25, 5, [tried(14)]), NONE, "2026-11")).toBe(true);
  });

  it("not while a day of the month before its last one is not settled", () => {
    const gapOn = (day: string): ForecastNote => ({ kind: "gaps", days: [day as Day] });
    expect(isTrusted(forecastOf(9, 1, [gapOn("2026-11-03")]), NONE, "2026-11")).toBe(false);
    expect(isTrusted(forecastOf(9, 1, [gapOn("2026-10-03")]), NONE, "2026-11")).toBe(true);
  });
});
