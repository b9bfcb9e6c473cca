import { expect, it } from "vitest";
import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { teamOf } from "../testing/months.js";
import { renderAnomalies } from "./anomaly-mail.js";
import { WORKLOAD } from "@apportion/books/compare/testing";

const workload = { ...WORKLOAD, controller: "tumor-<b>model</b>" };
const anomalyOf = (cost: string, rest: Partial<Anomaly> = {}): Anomaly => ({
  id: "9784c74066e0",
  team: "search",
  category: "gpu",
  day: "2026-11-14" as Day,
  direction: "above",
  cost: parsePicos(cost),
  expected: parsePicos("500"),
  low: parsePicos("440"),
  high: parsePicos("560"),
  against: "2026-11-07" as Day,
  before: parsePicos("480"),
  effects: [{ effect: "usage", picos: parsePicos("420"), cents: 42_000n }],
  movements: [
    {
      effect: "usage",
      subject: workload,
      category: "gpu",
      picos: parsePicos("420"),
      cents: 42_000n,
      before: 0n,
      after: 0n,
    },
  ],
  ...rest,
});
const mailOf = (first: Anomaly, ...others: Anomaly[]) =>
  renderAnomalies({
    team: teamOf("search"),
    currency: "USD",
    registry: { sharedServices: [] },
    anomalies: [first, ...others],
  });

it("says first by how much, then what did it and how to say that it was meant", () => {
  const { subject, text, html } = mailOf(anomalyOf("900"), anomalyOf("20", { id: "aaaaaaaaaaaa", category: "cpu" }));
  expect(subject).toBe(
    "search: GPU cost USD 900.00 on 14 Nov 2026, expected about USD 500.00, and 1 other surprise",
  );
  expect(text.split("\n").slice(0, 5)).toEqual([
    "GPU of search cost USD 400.00 more than expected on 14 Nov 2026",
    "Unexpected cost · 14 Nov 2026",
    "",
    "USD 900.00 instead of about USD 500.00, on 14 Nov 2026",
    "+USD 420.00 from 7 Nov 2026: usage +USD 420.00",
  ]);
  expect(text).toContain("apportion anomalies expected 9784c74066e0 --by");
  expect(html).not.toContain("<b>model");
});

it("of less, and of what came for what went, is worded as that", () => {
  expect(mailOf(anomalyOf("20", { direction: "below" })).text).toMatch(
    /^GPU of search cost USD 480\.00 less than expected[^]*If something is down that should run/,
  );
  expect(mailOf(anomalyOf("500", { direction: "within" })).text).toMatch(
    /^GPU of search: on 14 Nov 2026 new cost took the place of what went/,
  );
});

it("hides names of protected workloads", () => {
  const [movement] = anomalyOf("900").movements;
  if (!movement) throw new Error("there is one");
  const hidden = { ...movement, subject: { ...workload, protectedLevel: "hipaa" } };
  const { text, html } = mailOf(anomalyOf("900", { movements: [hidden] }));
  expect(text).toContain("hidden (hipaa)");
  expect(text + html).not.toContain("tumor");
});
