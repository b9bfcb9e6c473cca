import { describe, expect, it } from "vitest";
import type { Forecast } from "@apportion/books/forecast/forecast";
import type { ForecastNote } from "@apportion/books/forecast/notes";
import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { expectedCents, expectedPicos, forecastSentence, noteText } from "./forecast-words.js";

const usd = parsePicos;
const ahead = (day: number, low: string, picos: string, high: string): Forecast["ahead"][number] => ({
  day: `2026-11-${day}` as Day,
  low: usd(low),
  picos: usd(picos),
  high: usd(high),
});
const forecast: Forecast = {
  kind: "forecast",
  picos: usd("1350"),
  low: usd("1280"),
  high: usd("1400"),
  method: "holt-winters",
  errorPercent: 3,
  asOf: "2026-11-20" as Day,
  days: 62,
  ahead: [ahead(21, "960", "980", "1000"), ahead(24, "980", "1010", "1040"), ahead(28, "1000", "1100", "1200")],
  notes: [],
};
const say = (budget: string | undefined, overrides: Partial<Forecast> = {}): string | undefined =>
  forecastSentence({
    forecast: { ...forecast, ...overrides },
    budget: budget === undefined ? undefined : usd(budget),
    spent: usd("950"),
    currency: "USD",
  });

describe("a forecast in words", () => {
  it("is a figure with its interval, against the budget, with the day and how it was made", () => {
    expect(say("1000")).toBe(
      "Forecast: about USD 1,350 (80 %: USD 1,280 to USD 1,400) at month end, USD 350 over budget; passes 100 % about 24 Nov 2026, between 21 Nov 2026 and 28 Nov 2026. Made by level, trend and weekdays, smoothed (damped Holt-Winters), from 62 settled days.",
    );
    expect(say("2000")).toContain("at month end, within budget. Made by");
    expect(say(undefined)).toContain("at month end. Made by");
    expect(say("900")).toContain("USD 450 over budget. Made by"); // passed already: when is no question
  });

  it("does not know a day better than its interval", () => {
    expect(say("1050")).toContain("passes 100 % about 28 Nov 2026, on 28 Nov 2026 at the earliest, perhaps not this month");
    expect(say("1150")).toContain("; may pass 100 % from 28 Nov 2026 on");
  });

  it("has two remarks at most in a mail", () => {
    const notes: ForecastNote[] = [
      { kind: "step", day: "2026-11-12" as Day, from: usd("40"), to: usd("60") },
      { kind: "fee", day: "2026-11-28" as Day, picos: usd("900"), line: "corporate, AWS Support (Business)" },
      { kind: "credits" },
    ];
    expect(say("2000", { notes })).toMatch(
      /settled days\. From 12 Nov 2026 on a day costs USD 60 instead of USD 40: that level is expected to stay\. A monthly fee is due on 28 Nov 2026 and in it: USD 900\.00 \(corporate, AWS Support \(Business\)\)\.$/,
    );
  });

  it("says why there is none, and then expects what is spent", () => {
    const reasons = [
      { kind: "too-few-days", days: 1, daysMin: 7 },
      { kind: "too-wrong", errorPercent: 41, errorPercentMax: 25 },
      { kind: "too-wrong", errorPercent: Infinity, errorPercentMax: 25 },
    ] as const;
    const none = reasons.map((reason) => ({ kind: "none", reason, notes: [] }) as const);
    const given = { budget: usd("1000"), spent: usd("950"), currency: "USD" };
    expect(none.map((each) => forecastSentence({ forecast: each, ...given }))).toEqual([
      "No forecast: there is 1 settled day, and it takes 7.",
      "No forecast: of late it would have been wrong by 41 % of the month, and more than 25 % helps nobody.",
      "No forecast: of late it would have been wrong by more than the month, and more than 25 % helps nobody.",
    ]);
    expect(forecastSentence({ forecast: undefined, ...given })).toBeUndefined();
    expect([none[0], undefined, forecast].map((each) => expectedPicos(each, usd("950")))).toEqual(
      ["950", "950", "1350"].map(usd),
    );
  });

  it("names days, or how many", () => {
    const days = ["2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"] as Day[];
    expect(noteText({ kind: "gaps", days: days.slice(0, 1) }, "USD")).toBe(
      "3 Nov 2026 is not settled, and estimated by its weekday.",
    );
    expect(noteText({ kind: "restated", days }, "USD")).toBe("4 days were restated: the latest figures count.");
    expect(noteText({ kind: "new-team", since: days[0] as Day }, "USD")).toBe("There is no cost before 3 Nov 2026.");
    expect(noteText({ kind: "few-errors", tried: 24, ahead: 27 }, "USD")).toBe(
      "The interval is that of 24 days, widened to 27: of more there is too little experience.",
    );
  });

  it("is in cents to the nearest one, wherever it is printed", () => {
    expect(expectedCents({ ...forecast, picos: usd("407.656") }, 0n)).toBe(40_766n);
    expect(expectedCents({ ...forecast, picos: usd("407.654") }, 0n)).toBe(40_765n);
    expect(expectedCents(undefined, 95_000n)).toBe(95_000n);
  });
});
