import { describe, expect, it } from "vitest";
import type { BillingPeriod } from "@apportion/domain/period";
import type { CostLine, DayRun } from "../costs/month.js";
import type { Mail } from "../delivery/deliver.js";
import { lineOf, monthOf, registryOf, teamOf } from "../testing/months.js";
import { alertMails } from "./mails.js";

const NOVEMBER = "2026-11" as BillingPeriod;
const SEARCH = teamOf("search", { name: "Search", budgets: [{ from: NOVEMBER, amount: "100.00" }] });
const naming = { registry: registryOf([SEARCH]), currency: "USD" };
const config = { finance: ["finance@example.com"], thresholdsPercent: [80, 90, 100] };

const mailsOf = (lines: readonly CostLine[], runs: Readonly<Record<string, Partial<DayRun>>> = {}): Mail[] =>
  alertMails(monthOf(NOVEMBER, lines, runs), new Map(), naming, config);
const percents = (mails: readonly Mail[]): number[] =>
  mails.flatMap(({ about }) => ("thresholdPercent" in about ? [about.thresholdPercent] : []));

/** From list price to the bill. */
const variance = (day: string, amount: string): CostLine =>
  lineOf(day, amount, { category: "rate-variance" });
const BILL_MISSING = { missing: ["bill/aws-bill/main"] };

describe("budget alerts", () => {
  it("wait for the bill of a day where one is read: list prices prove nothing", () => {
    const lines = [lineOf("2026-11-22", "101")];
    expect(mailsOf(lines, { "2026-11-22": BILL_MISSING })).toEqual([]);
    expect(percents(mailsOf([...lines, variance("2026-11-22", "-41")]))).toEqual([]);
    expect(percents(mailsOf([...lines, variance("2026-11-22", "-20")]))).toEqual([80]);
  });

  it("wait for it too while a cluster was not read, or the day is not over: the bill is not compared then", () => {
    const lines = [variance("2026-11-21", "-5"), lineOf("2026-11-21", "10"), lineOf("2026-11-22", "80")];
    expect(mailsOf(lines, { "2026-11-22": { missing: ["cost/kubecost/two"] } })).toEqual([]);
    expect(mailsOf(lines, { "2026-11-22": { elapsed: false } })).toEqual([]);
    expect(percents(mailsOf(lines))).toEqual([80]);
  });

  it("do not wait where no bill is read, nor for dollars that are the bill's already", () => {
    const missing = { missing: ["usage/mlflow/mlflow"] };
    expect(percents(mailsOf([lineOf("2026-11-22", "80")], { "2026-11-22": missing }))).toEqual([80]);
    const storage = lineOf("2026-11-22", "80", { category: "object-storage" });
    expect(percents(mailsOf([storage], { "2026-11-22": BILL_MISSING }))).toEqual([80]);
  });

  it("say which days wait, and for what", () => {
    const lines = [lineOf("2026-11-20", "85"), variance("2026-11-20", "1"), lineOf("2026-11-21", "50")];
    const [mail] = mailsOf(lines, {
      "2026-11-20": { missing: [] },
      "2026-11-21": BILL_MISSING,
      "2026-11-22": { missing: ["bill/aws-bill/main", "cost/kubecost/one"], elapsed: false },
    });
    expect(mail?.rendered.text).toContain(
      "Kubernetes and shared costs of 21 Nov 2026, 22 Nov 2026 are not counted yet: the bill of those days is not there",
    );
    expect(mail?.rendered.text).toContain("USD 86.00");
    expect(mail?.rendered.text).toContain("costs up to 20 Nov 2026");
  });
});
