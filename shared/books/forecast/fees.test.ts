import { describe, expect, it } from "vitest";
import { type Day, parseBillingPeriod } from "@apportion/domain/period";
import { type Fee, feesOf } from "./fees.js";

const NOVEMBER = parseBillingPeriod("2026-11");
const fees = (days: Readonly<Record<string, bigint>>, line = "support"): Fee[] =>
  feesOf(
    Object.entries(days).map(([day, picos]) => ({ day: day as Day, picos, line })),
    NOVEMBER,
  );

describe("a fee of the calendar", () => {
  it("recurs on the same day of each month up to the last, and is expected to be what it was then", () => {
    expect(fees({ "2026-09-20": 5n, "2026-10-20": 7n })).toEqual([
      { line: "support", day: "2026-11-20", picos: 7n },
    ]);
    expect(fees({ "2026-08-31": 5n, "2026-09-30": 5n, "2026-10-31": 5n })).toEqual([
      { line: "support", day: "2026-11-30", picos: 5n },
    ]);
    expect(fees({ "2026-09-03": 5n, "2026-10-03": 5n, "2026-11-03": 6n })).toMatchObject([
      { day: "2026-11-03" },
    ]);
  });

  it("is not what came once, on another day, twice a month, left a month out, has ended, or has no name", () => {
    expect(fees({ "2026-10-20": 5n })).toEqual([]);
    expect(fees({ "2026-09-20": 5n, "2026-10-21": 5n })).toEqual([]);
    expect(fees({ "2026-09-20": 5n, "2026-10-20": 5n, "2026-10-25": 5n })).toEqual([]);
    expect(fees({ "2026-08-20": 5n, "2026-10-20": 5n })).toEqual([]);
    expect(fees({ "2026-08-20": 5n, "2026-09-20": 5n })).toEqual([]);
    expect(fees({ "2026-09-20": 5n, "2026-10-20": 5n }, "")).toEqual([]);
  });
});
