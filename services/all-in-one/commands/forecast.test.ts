import { afterEach, beforeEach, expect, it } from "vitest";
import { type Forecast, forecastOf } from "@apportion/books/forecast/forecast";
import { parsePicos } from "@apportion/domain/money";
import { daysBetween, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { render } from "./forecast.js";
import { commandLine, type CommandLine, plain } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

const month = parseBillingPeriod("2026-11");
const settled = daysBetween(parseDay("2026-09-01"), parseDay("2026-11-11"));
const costs = settled.map((day, index) => ({
  day,
  line: "",
  picos: parsePicos(String(90 + ((index * 7) % 20))),
}));
const spent = costs.reduce((sum, { day, picos }) => sum + (day.startsWith(month) ? picos : 0n), 0n);
const forecast = forecastOf({ period: month, settled, costs, spent, restated: [] }) as Forecast;

it("shows what is spent, how the month ends and how surely, when the budget is passed, how it was made and what its days lack", () => {
  const outlook = { team: "ads", spent, budget: parsePicos("2500"), passedOn: undefined, forecast };
  const lines = plain(render(month, 10, [outlook], "USD"));
  expect(lines[0]).toBe("2026-11: 10 settled days, and how the month ends");
  expect(lines[2]).toBe("ads  spent USD 985.00, budget USD 2,500.00");
  expect(lines[3]).toMatch(
    /^ {2}about USD 2,9\d\d \(80 %: USD 2,[89]\d\d to USD [23],[09]\d\d\) at month end$/,
  );
  expect(lines[4]).toMatch(/^ {2}passes 100 % about 2\d Nov 2026/);
  expect(lines[5]).toMatch(/^ {2}by .+, from 71 settled days up to 10 Nov 2026$/);
});

it("says since when a budget is used up, and why there is no forecast", () => {
  const short = { settled: settled.slice(-3), costs: costs.slice(-3) };
  const none = forecastOf({ period: month, ...short, spent, restated: [] });
  const passedOn = parseDay("2026-11-09");
  const outlooks = [
    { team: "ads", spent, budget: parsePicos("900"), passedOn, forecast: none },
    { team: "fraud", spent: 0n, budget: undefined, passedOn: undefined, forecast: undefined },
  ];
  expect(plain(render(month, 3, outlooks, "USD")).slice(2)).toEqual([
    "ads  spent USD 985.00, budget USD 900.00",
    "  passed 100 % on 9 Nov 2026",
    "  No forecast: there are 3 settled days, and it takes 7.",
    "",
    "fraud  spent USD 0.00, no budget",
    "  nothing is ahead: all days of the month are settled",
  ]);
});
