import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { ToldAlert } from "../budgets/evaluate.js";
import type { CostLine, DayRun } from "../costs/month.js";
import type { Mail } from "../delivery/deliver.js";
import { deliveryKey } from "../delivery/key.js";
import { lineOf, monthOf, registryOf, teamOf } from "../testing/months.js";
import { alertMails, type BudgetHistory } from "./mails.js";

const NOVEMBER = "2026-11" as BillingPeriod;
const SEARCH = teamOf("search", { name: "Search", budgets: [{ from: NOVEMBER, amount: "100.00" }] });
const setting = { registry: registryOf([SEARCH]), currency: "USD", today: "2026-11-24" as Day };
const config = { finance: ["finance@example.com"], thresholdsPercent: [80, 90, 100] };

const history = (told: readonly ToldAlert[]): BudgetHistory => ({
  told: new Map([["search", told]]),
  whenSeen: new Map(),
});

const mailsOf = (lines: readonly CostLine[], runs: Readonly<Record<string, Partial<DayRun>>> = {}): Mail[] =>
  alertMails(monthOf(NOVEMBER, lines, runs), history([]), setting, config);
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

  it("are taken back once when their days are restated: what was said, what is true, that nothing is to be done", () => {
    const told = {
      thresholdPercent: 80,
      crossedOn: "2026-11-02" as Day,
      budgetVersion: "2026-11@100.00",
      episode: 0,
      spent: parsePicos("82"),
      corrected: false,
    };
    const month = monthOf(NOVEMBER, [lineOf("2026-11-01", "40"), lineOf("2026-11-02", "38")]);
    const mails = alertMails(month, history([told]), setting, config);
    expect(mails.map(({ about, to }) => [deliveryKey(about), to])).toEqual([
      ["budget-correction/2026-11/search/80/2026-11@100.00/0", ["search-lead@example.com"]],
    ]);
    const [mail] = mails;
    expect(mail?.rendered.subject).toBe(
      "Search: correction, 80 % of the November 2026 budget is not reached",
    );
    for (const text of [mail?.rendered.text ?? "", (mail?.rendered.html ?? "").replaceAll("&nbsp;", " ")]) {
      expect(text).toContain("budget of USD 100.00 was passed on 2 Nov 2026, with USD 82.00 spent");
      expect(text).toContain(
        "USD 78.00 is spent of USD 100.00, 78.0 % of the budget (costs up to 2 Nov 2026)",
      );
      expect(text).toContain("Nothing is to be done.");
    }
    const again = alertMails(month, history([{ ...told, corrected: true }]), setting, config);
    expect(again).toEqual([]);
  });

  it("are one mail when several thresholds are passed at once, of the highest, which tells of the others", () => {
    const grows = monthOf(NOVEMBER, [lineOf("2026-11-02", "85"), lineOf("2026-11-05", "20")]);
    const told = { budgetVersion: "2026-11@100.00", episode: 0 };
    const mails = alertMails(grows, history([]), setting, config);
    expect(mails.map(({ about }) => about)).toMatchObject([
      {
        thresholdPercent: 100,
        crossedOn: "2026-11-05",
        alsoTells: [
          { ...told, thresholdPercent: 80, crossedOn: "2026-11-02" },
          { ...told, thresholdPercent: 90, crossedOn: "2026-11-05" },
        ],
      },
    ]);
    expect(mails[0]?.rendered.text).toContain(
      "It passed 80 % on 2 Nov 2026 and 90 % on 5 Nov 2026 too: this mail is for all of them.",
    );
  });

  it("of a month that is over say what makes sense then, and not to agree another budget for it", () => {
    const textOf = (today: string): string | undefined =>
      alertMails(
        monthOf(NOVEMBER, [lineOf("2026-11-22", "120")]),
        history([]),
        { ...setting, today: today as Day },
        config,
      )[0]?.rendered.text;
    expect(textOf("2026-11-30")).toContain("agree a new budget with finance now");
    expect(textOf("2026-12-01")).toContain("USD 20.00 over budget, the month is over");
    expect(textOf("2026-12-01")).toContain(
      "November is over and stays above its budget. If the cost goes on, agree a budget for the months to come",
    );
    expect(textOf("2026-12-01")).not.toContain("new budget");
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
