import { describe, expect, it } from "vitest";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { daysOf, parseBillingPeriod, parseDay, type Day } from "@apportion/domain/period";
import { forecastOf } from "./forecast.js";
import type { CostLine } from "./month.js";

const NOVEMBER = parseBillingPeriod("2026-11");
const day = (of: number): Day => parseDay(`2026-11-${String(of).padStart(2, "0")}`);
/** What a forecast looks at. */
const line = (of: number, amount: string): CostLine =>
  ({ day: day(of), picos: parsePicos(amount) }) as CostLine;
const forecast = (settled: readonly Day[], ...lines: readonly CostLine[]): unknown => {
  const found = forecastOf(NOVEMBER, settled, lines);
  return found && { amount: formatPicos(found.picos), days: found.days };
};

describe("a forecast", () => {
  it("takes the average of the settled days for each day of the month", () => {
    expect(forecast([day(1), day(2)], line(1, "10"), line(2, "20"), line(2, "3"))).toEqual({
      amount: "495", // 33 ÷ 2 × 30
      days: 2,
    });
  });

  it("does not take a day that is not settled for the average", () => {
    expect(forecast([day(1)], line(1, "10"), line(2, "4"))).toEqual({ amount: "300", days: 1 });
  });

  it("is never less than what is spent already", () => {
    expect(forecast([day(1)], line(1, "1"), line(2, "100"))).toEqual({ amount: "101", days: 1 });
    expect(forecast([day(1)], line(1, "1"), line(2, "29"))).toEqual({ amount: "30", days: 1 });
    expect(forecast([day(1)])).toEqual({ amount: "0", days: 1 });
  });

  it("is exact, and rounded half to even beyond the twelfth place", () => {
    expect(forecast([day(1), day(2), day(3), day(4)], line(1, "0.000000000001"))).toEqual({
      amount: "0.000000000008", // 30 ÷ 4 = 7.5
      days: 4,
    });
  });

  it("counts a settled day once", () => {
    expect(forecast([day(1), day(1)], line(1, "10"))).toEqual({ amount: "300", days: 1 });
  });

  it("is none before the first settled day, and none when all days are", () => {
    expect(forecast([], line(1, "10"))).toBeUndefined();
    expect(forecast(daysOf(NOVEMBER), line(1, "10"))).toBeUndefined();
    expect(forecast(daysOf(NOVEMBER).slice(1), line(2, "29"))).toEqual({ amount: "30", days: 29 });
  });
});
