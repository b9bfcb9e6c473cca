import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { alertsDue, budgetVersion, crossingsOf, type DailySpend, type EarlierAlert } from "./evaluate.js";

const THRESHOLDS = [80, 90, 100];
const NOVEMBER = "2026-11" as BillingPeriod;
const budget = (amount: string): { from: BillingPeriod; amount: string } => ({ from: NOVEMBER, amount });

/** Spending of the first days of November. */
function spend(...amounts: readonly string[]): DailySpend[] {
  return amounts.map((amount, index) => ({
    day: `2026-11-${String(index + 1).padStart(2, "0")}` as Day,
    picos: parsePicos(amount),
  }));
}

const told = (thresholdPercent: number, crossedOn: string, amount: string): EarlierAlert => ({
  thresholdPercent,
  crossedOn: crossedOn as Day,
  budgetVersion: budgetVersion(budget(amount)),
});

const due = (amount: string, daily: readonly DailySpend[], earlier: readonly EarlierAlert[] = []): number[] =>
  alertsDue(budget(amount), daily, THRESHOLDS, earlier).map(({ thresholdPercent }) => thresholdPercent);

describe("thresholds of a budget", () => {
  it("are crossed on the day on which spending reaches them exactly, and not a picodollar before", () => {
    const daily = spend("79.999999999999", "0.000000000001", "20");
    expect(crossingsOf(parsePicos("100"), daily, THRESHOLDS)).toEqual([
      { thresholdPercent: 80, crossedOn: "2026-11-02" },
      { thresholdPercent: 90, crossedOn: "2026-11-03" },
      { thresholdPercent: 100, crossedOn: "2026-11-03" },
    ]);
  });

  it("are not crossed by nothing, and a budget of zero by the first cost, once", () => {
    expect(due("100", spend("0", "0"))).toEqual([]);
    expect(due("0", spend("0"))).toEqual([]);
    expect(due("0", spend("0", "0.01"))).toEqual([100]);
  });

  it("are told once for a budget, also when a restated day takes the spending back below and it rises again", () => {
    const earlier = [told(80, "2026-11-01", "100")];
    expect(due("100", spend("85"), earlier)).toEqual([]);
    expect(due("100", spend("70"), earlier)).toEqual([]);
    expect(due("100", spend("70", "15"), earlier)).toEqual([]);
    expect(due("100", spend("70", "25"), earlier)).toEqual([90]);
  });

  it("are told again under a new budget only if it had put them out of reach", () => {
    const earlier = [told(80, "2026-11-01", "1000")];
    const daily = spend("820");
    expect(due("2000", daily, earlier)).toEqual([]);
    expect(due("2000", spend("820", "800"), earlier)).toEqual([80]);
    expect(due("1010", daily, earlier)).toEqual([]); // 80 % is still crossed: nothing new
    expect(due("900", daily, earlier)).toEqual([90]); // 80 % was told, 90 % is new
  });

  it("know one budget by its month and amount, however it is written", () => {
    expect(budgetVersion(budget("1200"))).toBe(budgetVersion(budget("1200.00")));
    expect(budgetVersion(budget("1200.5"))).toBe("2026-11@1200.50");
  });
});
