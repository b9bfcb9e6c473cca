import { describe, expect, it } from "vitest";
import { NO_HISTORY } from "@apportion/books/forecast/history";
import type { CostLine } from "@apportion/books/months/month";
import { parsePicos } from "@apportion/domain/money";
import { daysOf, type BillingPeriod, type Day } from "@apportion/domain/period";
import { lineOf, monthOf, registryOf, teamOf } from "../testing/months.js";
import { nextSteps, whatDroveIt } from "./advice.js";
import { composeAlert, type Alert } from "./compose.js";

const NOVEMBER = "2026-11" as BillingPeriod;
const CROSSED = "2026-11-23" as Day;
const DAYS = daysOf(NOVEMBER).filter((day) => day <= CROSSED);
const SEARCH = teamOf("search");

/** Of each day, `earlier` until the 20th and `recent` on the three days up to the crossing. */
const daily = (earlier: string, recent: string, overrides: Partial<CostLine> = {}): CostLine[] =>
  DAYS.map((day) => lineOf(day, day <= "2026-11-20" ? earlier : recent, overrides));
const VARIANCE = { category: "rate-variance" } as const;
const alertOf = (lines: readonly CostLine[]): Alert =>
  composeAlert(
    SEARCH,
    { from: NOVEMBER, amount: "1000.00" },
    { thresholdPercent: 80, crossedOn: CROSSED, alsoPassed: [] },
    monthOf(NOVEMBER, lines),
    { registry: registryOf([SEARCH]), history: NO_HISTORY, currency: "USD", isOver: false, thresholdsPercent: [80, 90, 100] },
  );

describe("the cause that an alert names", () => {
  it("is never a discount, nor what cost nothing", () => {
    const steady = daily("30", "30");
    const idle = { category: "idle-variance", basis: "idle" } as const;
    for (const shrunk of [
      daily("-12", "-9.09", VARIANCE),
      daily("0", "-9.09", VARIANCE),
      daily("-8", "-1", idle),
      daily("-8", "0", idle),
    ])
      expect(alertOf([...steady, ...shrunk]).driver).toBeUndefined();
    const alert = alertOf([...steady, ...daily("-12", "-9.09", VARIANCE)]);
    expect([whatDroveIt(alert), ...nextSteps(alert)].join(" ")).not.toMatch(/list price|USD -/);
  });

  it("costs more at the bill's price, whatever list prices say", () => {
    const grows = [...daily("30", "60"), ...daily("0", "-30", VARIANCE)];
    expect(alertOf(grows).driver).toBeUndefined();
    const alert = alertOf([...daily("30", "30"), ...daily("-20", "-5", VARIANCE)]);
    expect(whatDroveIt(alert)).toBe(
      "Mostly CPU in team-search: USD 25.00 a day in the last 3 days before the threshold was passed, against USD 10.00 a day in the 20 days before those.",
    );
    expect(nextSteps(alert)[0]).toMatch(/^CPU in team-search: compare CPU requests/);
  });

  it("is said to have been nothing before only if it was nothing", () => {
    const grown = (earlier: string): string =>
      whatDroveIt(alertOf([...daily("10", "10"), ...daily(earlier, "30", { category: "gpu" })]));
    expect(grown("0")).toContain("nothing in the 20 days before those.");
    expect(grown("-2")).toContain("against USD -2.00 a day in the 20 days before those.");
  });

  it("is not sought among list prices: the biggest costs are those of the bill, and all add up", () => {
    const memory = { category: "memory" } as const;
    const alert = alertOf([
      ...daily("20", "20"),
      ...daily("10", "10", memory),
      ...daily("15", "15", VARIANCE),
    ]);
    expect(alert.biggest).toEqual([
      { name: "CPU in team-search", category: "cpu", picos: parsePicos("690") },
      { name: "Memory in team-search", category: "memory", picos: parsePicos("345") },
    ]);
    expect(alert.rest).toBe(0n);
  });
});
