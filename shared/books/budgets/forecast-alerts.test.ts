import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { ToldAlert } from "./evaluate.js";
import { type ExpectedSpending, forecastAlertsDue, forecastWithdrawalsDue } from "./forecast-alerts.js";

const budgetOf = (amount: string) => ({ from: "2026-11" as BillingPeriod, amount });
const expecting = (spent: string, picos: string, high = picos): ExpectedSpending => ({
  spent: parsePicos(spent),
  picos: parsePicos(picos),
  high: parsePicos(high),
});
const told = (thresholdPercent: number, overrides: Partial<ToldAlert> = {}): ToldAlert => ({
  thresholdPercent,
  episode: 0,
  crossedOn: "2026-11-24" as Day,
  budgetVersion: "2026-11@1000.00",
  spent: parsePicos("1100"),
  corrected: false,
  ...overrides,
});

describe("a forecast alert", () => {
  it("is due of what is expected and not yet spent, once for a version of the budget", () => {
    const due = (spent: string, expected: string, alerts: readonly ToldAlert[] = [], amount = "1000.00") =>
      forecastAlertsDue(budgetOf(amount), expecting(spent, expected), [90, 100], alerts);
    expect(due("400", "899.99")).toEqual([]);
    expect(due("400", "900")).toEqual([{ thresholdPercent: 90, episode: 0 }]);
    expect(due("400", "1000").map((each) => each.thresholdPercent)).toEqual([90, 100]);
    expect(due("900", "1100")).toEqual([{ thresholdPercent: 100, episode: 0 }]);
    expect(due("1000", "1100")).toEqual([]);
    expect(due("400", "1100", [told(90), told(100)])).toEqual([]);
    expect(due("400", "1200", [told(90), told(100)], "1100.00").map((each) => each.episode)).toEqual([0, 0]);
    expect(due("1", "5", [], "0.00")).toEqual([]);
  });

  it("is taken back when even the upper end stays below, and is another episode then", () => {
    const withdrawn = (spending: ExpectedSpending, alerts: readonly ToldAlert[], amount = "1000.00") =>
      forecastWithdrawalsDue(budgetOf(amount), spending, alerts).map((each) => each.thresholdPercent);
    expect(withdrawn(expecting("400", "950", "1000"), [told(100)])).toEqual([]);
    expect(withdrawn(expecting("400", "950", "999.99"), [told(100)])).toEqual([100]);
    expect(withdrawn(expecting("1000", "999", "999"), [told(100)])).toEqual([]); // it was passed: another alert speaks of that
    expect(withdrawn(expecting("400", "950", "999"), [told(100, { corrected: true })])).toEqual([]);
    expect(withdrawn(expecting("400", "950", "999"), [told(100)], "2000.00")).toEqual([]); // of an older budget nobody asks any more
    const again = forecastAlertsDue(
      budgetOf("1000.00"),
      expecting("400", "1100"),
      [100],
      [told(100, { corrected: true })],
    );
    expect(again).toEqual([{ thresholdPercent: 100, episode: 1 }]);
    const thrice = forecastAlertsDue(
      budgetOf("1000.00"),
      expecting("400", "1100"),
      [100],
      [told(100, { corrected: true, episode: 2 })],
    );
    expect(thrice).toEqual([]);
  });
});
