import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import { type BillingPeriod, type Day, daysOf } from "@apportion/domain/period";
import { composeReports } from "@apportion/reports/monthly/compose";
import { renderFinanceSummary } from "@apportion/reports/monthly/finance-report";
import { renderTeamReport } from "@apportion/reports/monthly/team-report";
import { lineOf, monthOf, OCTOBER, registryOf, teamOf } from "@apportion/reports/testing/months";
import { alertMails } from "./due-mails.js";
import { NOTHING_AROUND } from "./setting.js";

const NOVEMBER = "2026-11" as BillingPeriod;
const accounts = { byDefault: "main", named: [{ cluster: "two", account: "none" }] };
const TEAMS = [
  teamOf("search", { name: "Search", budgets: [{ from: OCTOBER, amount: "100.00" }] }),
  teamOf("checkout", { name: "Checkout" }),
];
const registry = { ...registryOf(TEAMS), accounts };
const thresholdsPercent = [80, 90, 100];

/** 91.8 are settled; the last day is at list price and its share of a pool with it. */
const lines = [
  lineOf("2026-11-22", "101.8", { cluster: "one" }),
  lineOf("2026-11-22", "-10", { cluster: "one", category: "rate-variance" }),
  lineOf("2026-11-23", "8", { cluster: "one" }),
  lineOf("2026-11-23", "1.3", {
    cluster: "",
    category: "shared",
    basis: "shared",
    pool: "mlflow",
    method: "even",
  }),
];

const october = daysOf(OCTOBER);
const costs = october.map((day, index) => ({ day, picos: parsePicos(String(3 + (index % 3))), line: "" }));
const history = { settled: october, restated: [], costs: new Map([["search", costs]]) };

describe("what is used of a budget", () => {
  it("is one figure in alert, team report and finance's report, and what is not settled stands beside it", () => {
    const month = monthOf(NOVEMBER, lines, {}, { main: ["2026-11-22"] });
    const reports = composeReports({
      month,
      previous: monthOf(OCTOBER, []),
      history,
      posted: undefined,
      corrections: [],
      correctedLater: [],
      bill: undefined,
      units: new Map(),
      registry,
      currency: "USD",
      today: "2026-11-24" as Day,
      settleDay: 7,
      thresholdsPercent,
      chargingBasis: "net amortised cost",
      questionsTo: "finance@example.com",
    });
    const finance = ["finance@example.com"];
    const [alert] = alertMails(
      month,
      { told: new Map(), whenSeen: new Map() },
      {
        ...NOTHING_AROUND,
        registry,
        history,
        currency: "USD",
        today: "2026-11-24" as Day,
        finance,
        thresholdsPercent,
      },
    ).map(({ rendered }) => rendered);
    const report = reports?.teams.find(({ team }) => team.id === "search");
    if (!alert || !reports || !report) throw new Error("There is an alert and a report");
    const own = renderTeamReport(report);
    const all = renderFinanceSummary(reports.finance);
    expect(alert.subject).toContain("91.8 % of the November 2026 budget used");
    expect(alert.text).toContain("Not settled, so not counted yet: USD 9.30; with it 101.1 % of the budget.");
    expect(own.text).toContain(
      "91.8 % of the USD 100.00 budget: USD 8.20 left. USD 9.30 of USD 101.10 is not settled, and not counted yet; with it 101.1 %.",
    );
    expect(all.subject).toContain("0 over budget");
    expect(all.text).toContain("No team is over budget. With what is not settled, also Search.");
    expect(all.text).toMatch(/Search +101\.10 +9\.30 +-8\.20 +91\.8 %/);
    const forecast = /^Forecast: .*$/m;
    expect(forecast.exec(own.text)?.[0]).toMatch(/^Forecast: about USD/);
    expect(forecast.exec(own.text)?.[0]).toBe(forecast.exec(alert.text)?.[0]);
  });
});
