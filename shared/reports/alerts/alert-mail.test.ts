import { describe, expect, it } from "vitest";
import type { Recommendation } from "@apportion/books/advice/advise";
import type { Forecast } from "@apportion/books/forecast/forecast";
import { NO_HISTORY } from "@apportion/books/forecast/history";
import { parsePicos } from "@apportion/domain/money";
import { type BillingPeriod, type Day, daysOf } from "@apportion/domain/period";
import { lineOf, monthOf, registryOf, teamOf } from "../testing/months.js";
import { renderAlert } from "./alert-mail.js";
import { type Alert, composeAlert } from "./compose.js";

const NOVEMBER = "2026-11" as BillingPeriod;
const SEARCH = teamOf("search");
const DAYS = daysOf(NOVEMBER).filter((day) => day <= "2026-11-10");

const alertOf = (
  crossing: Partial<Pick<Alert, "crossedOn" | "expected">> = {},
  beside: Partial<Pick<Alert, "changes" | "advice">> = {},
): Alert =>
  composeAlert(
    SEARCH,
    { from: NOVEMBER, amount: "500.00" },
    { thresholdPercent: 100, crossedOn: "2026-11-10" as Day, alsoPassed: [], ...crossing },
    monthOf(
      NOVEMBER,
      DAYS.map((day) => lineOf(day, "20")),
    ),
    { registry: registryOf([SEARCH]), history: NO_HISTORY, currency: "USD", isOver: false, thresholdsPercent: [100], ...beside },
  );

const forecast: Forecast = {
  kind: "forecast",
  picos: parsePicos("600"),
  low: parsePicos("580"),
  high: parsePicos("630"),
  method: "run-rate",
  errorPercent: 3,
  asOf: "2026-11-10" as Day,
  days: 40,
  ahead: [],
  notes: [],
};

describe("a forecast alert", () => {
  const expected = {
    forecast,
    passing: { on: "2026-11-25" as Day, earliest: "2026-11-24" as Day, latest: "2026-11-26" as Day },
  };
  const { subject, text } = renderAlert(alertOf({ expected }));

  it("says first what comes, of how much, and when", () => {
    expect(subject).toBe("search: forecast to pass its budget about 25 Nov 2026");
    expect(text.split("\n").slice(0, 7)).toEqual([
      "search is expected to pass its budget of November about 25 Nov 2026",
      "Forecast · November 2026",
      "",
      "about USD 600 expected, of USD 500.00 · 120.0 %",
      "████████░░░░░░░░░░░░",
      "USD 100 over budget at the end of November, as it goes now",
      "It passes 100 % about 25 Nov 2026, between 24 Nov 2026 and 26 Nov 2026. In 80 of 100 such months the end is between USD 580 and USD 630. So far USD 200.00 is spent (costs up to 10 Nov 2026, 20 days to go).",
    ]);
  });

  it("never says that anything was passed", () => {
    expect(text).not.toMatch(/used up|was passed|before the threshold/);
    expect(text).toContain("nothing has been passed yet");
  });
});

describe("an alert", () => {
  const recommendation: Recommendation = {
    id: "0123456789ab",
    kind: "unused-gpus",
    subject: {
      cluster: "eu",
      namespace: "team-search",
      controllerKind: "job",
      controller: "<b>training</b>",
      billLine: [],
    },
    trueController: "training",
    owner: { kind: "team", id: "search" },
    since: "2026-11-01" as Day,
    until: "2026-11-10" as Day,
    cash: 0n,
    freed: parsePicos("90"),
    cost: parsePicos("100"),
    quantities: [],
    because: "no GPU was used",
    change: "kubectl delete job training",
    risk: "None.",
    confidence: "high",
  };
  const advice = { advised: parsePicos("90"), accepted: 0n, realised: 0n, first: [recommendation] };
  const changes = {
    movements: [
      {
        effect: "usage" as const,
        subject: { of: "pool" as const, pool: "mlflow" },
        category: "shared" as const,
        picos: parsePicos("12"),
        cents: 1200n,
        before: 0n,
        after: 0n,
      },
    ],
    daysCents: 0n,
  };
  const { text, html } = renderAlert(alertOf({}, { advice, changes }));

  it("says what moved against the same days of the month before, and what would save most, to be pasted", () => {
    expect(text).toMatch(/Against the same days of October, most of all:\n.*Change, USD\n {2}usage: MLflow +\+12\.00/);
    expect(text).toMatch(
      /WHAT WOULD SAVE MOST\n[^]*GPUs held and not used by job\/<b>training<\/b> in eu\/team-search: USD 90\.00 freeable a month\n {6}kubectl delete job training/,
    );
  });

  it("escapes what it did not write itself", () => {
    expect(html).not.toContain("<b>training");
    expect(html).toContain("&lt;b&gt;training");
  });
});
