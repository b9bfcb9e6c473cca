import { describe, expect, it } from "vitest";
import type { ToldAlert } from "@apportion/books/budgets/evaluate";
import type { CostLine, DayRun } from "@apportion/books/months/month";
import { parsePicos } from "@apportion/domain/money";
import { type BillingPeriod, type Day, daysOf } from "@apportion/domain/period";
import { lineOf, monthOf, OCTOBER, registryOf, teamOf } from "@apportion/reports/testing/months";
import type { Mail } from "../delivery/deliver.js";
import { deliveryKey } from "../delivery/key.js";
import { alertMails, type BudgetHistory } from "./due-mails.js";
import { NOTHING_AROUND } from "./setting.js";

const NOVEMBER = "2026-11" as BillingPeriod;
const SEARCH = teamOf("search", { name: "Search", budgets: [{ from: NOVEMBER, amount: "100.00" }] });
const accounts = { byDefault: "main", named: [{ cluster: "cellar-1", account: "none" }] };
const setting = {
  registry: { ...registryOf([SEARCH]), accounts },
  ...NOTHING_AROUND,
  currency: "USD",
  today: "2026-11-24" as Day,
  finance: ["finance@example.com"],
  thresholdsPercent: [80, 90, 100],
};

const history = (told: readonly ToldAlert[]): BudgetHistory => ({
  told: new Map([["search", told]]),
  whenSeen: new Map(),
});

type Bills = Readonly<Record<string, readonly string[]>>;
const mailsOf = (
  lines: readonly CostLine[],
  runs: Readonly<Record<string, Partial<DayRun>>> = {},
  bills: Bills = {},
): Mail[] => alertMails(monthOf(NOVEMBER, lines, runs, bills), history([]), setting);
const percents = (mails: readonly Mail[]): number[] =>
  mails.flatMap(({ about }) => ("thresholdPercent" in about ? [about.thresholdPercent] : []));

const BILL_MISSING = { missing: ["bill/aws-bill/main"] };

describe("budget alerts", () => {
  it("wait until Kubernetes is at the price of the day's bill: list prices prove nothing", () => {
    const lines = [lineOf("2026-11-22", "101")];
    const discounted = [...lines, lineOf("2026-11-22", "-20", { category: "rate-variance" })];
    expect(mailsOf(lines, { "2026-11-22": BILL_MISSING })).toEqual([]);
    expect(mailsOf(lines, {}, { main: [] })).toEqual([]); // read before AWS has billed all of it
    expect(mailsOf(lines, {}, { main: ["2026-11-21"] })).toEqual([]);
    expect(percents(mailsOf(discounted, {}, { main: ["2026-11-22"] }))).toEqual([80]);
    expect(percents(mailsOf(lines, {}, { main: ["2026-11-22"] }))).toEqual([100]); // list price is the bill's
  });

  it("wait for the bill with the idle capacity of the team's nodes, and with what it pays of pools", () => {
    const idle = lineOf("2026-11-22", "90", { category: "idle-cpu", basis: "idle" });
    const share = lineOf("2026-11-22", "90", { category: "shared", basis: "shared", cluster: "" });
    const nobody = lineOf("2026-11-22", "1", { ownerKind: "idle", teamId: "", basis: "idle" });
    for (const lines of [[idle], [share, nobody]]) {
      expect(mailsOf(lines, {}, { main: [] })).toEqual([]);
      expect(percents(mailsOf(lines, {}, { main: ["2026-11-22"] }))).toEqual([90]);
    }
  });

  it("do not wait where no bill is read, for clusters on none, nor for dollars that are the bill's already", () => {
    const missing = { missing: ["usage/mlflow/mlflow"] };
    expect(percents(mailsOf([lineOf("2026-11-22", "80")], { "2026-11-22": missing }))).toEqual([80]);
    const cellar = lineOf("2026-11-22", "80", { cluster: "cellar-1" });
    const storage = lineOf("2026-11-22", "80", { category: "object-storage", cluster: "" });
    for (const line of [cellar, storage])
      expect(percents(mailsOf([line], { "2026-11-22": BILL_MISSING }, { main: [] }))).toEqual([80]);
  });

  it("wait for the bill of each account by itself", () => {
    const ofOther = lineOf("2026-11-22", "80", { cluster: "two" });
    const registry = {
      ...setting.registry,
      accounts: { byDefault: "main", named: [{ cluster: "two", account: "other" }] },
    };
    const mailsWith = (bills: Bills): Mail[] =>
      alertMails(monthOf(NOVEMBER, [lineOf("2026-11-22", "20"), ofOther], {}, bills), history([]), {
        ...setting,
        registry,
      });
    expect(percents(mailsWith({ main: [], other: ["2026-11-22"] }))).toEqual([80]);
    expect(mailsWith({ main: ["2026-11-22"], other: [] })).toEqual([]);
  });

  it("forecast by days at the bill's price, and say how, how surely, and when the budget is passed", () => {
    const days = daysOf(NOVEMBER).slice(0, 9);
    const lines = [
      ...days.map((day, index) => lineOf(day, index % 2 === 0 ? "9" : "10")),
      lineOf("2026-11-10", "60", { category: "gpu" }),
    ];
    const [mail] = mailsOf(lines, {}, { main: days });
    expect(mail?.rendered.text).toMatch(
      /^Forecast: about USD 283 \(80 %: USD 277 to USD 289\) at month end, USD 183 over budget; passes 100 % about 11 Nov 2026. Made by the mean of each weekday over the last four weeks, from 9 settled days\. The interval is a rough one/m,
    );
    const [early] = mailsOf([lineOf("2026-11-01", "90")], {}, { main: ["2026-11-01"] });
    expect(early?.rendered.text).toContain("No forecast: there is 1 settled day, and it takes 7.");
  });

  it("forecast by the months before, once there are some", () => {
    const before = daysOf(OCTOBER);
    const costs = before.map((day) => ({ day, picos: parsePicos("3"), line: "" }));
    const known = { settled: before, restated: [], costs: new Map([["search", costs]]) };
    const month = monthOf(
      NOVEMBER,
      daysOf(NOVEMBER)
        .slice(0, 27)
        .map((day) => lineOf(day, "3")),
    );
    const [mail] = alertMails(
      month,
      { told: new Map(), whenSeen: new Map() },
      { ...setting, history: known },
    );
    expect(mail?.rendered.text).toContain(
      "Forecast: about USD 90 at month end, within budget. Made by what each day so far cost alike, from 58 settled days.",
    );
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
    const mails = alertMails(month, history([told]), setting);
    expect(mails.map(({ about, to }) => [deliveryKey(about), to])).toEqual([
      ["budget-alert-withdrawal/2026-11/search/80/2026-11@100.00/0", ["search-lead@example.com"]],
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
    const again = alertMails(month, history([{ ...told, corrected: true }]), setting);
    expect(again).toEqual([]);
  });

  it("are one mail when several thresholds are passed at once, of the highest, which tells of the others", () => {
    const grows = monthOf(NOVEMBER, [lineOf("2026-11-02", "85"), lineOf("2026-11-05", "20")]);
    const told = { budgetVersion: "2026-11@100.00", episode: 0 };
    const mails = alertMails(grows, history([]), setting);
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
      alertMails(monthOf(NOVEMBER, [lineOf("2026-11-22", "120")]), history([]), {
        ...setting,
        today: today as Day,
      })[0]?.rendered.text;
    expect(textOf("2026-11-30")).toContain("agree a new budget with finance now");
    expect(textOf("2026-12-01")).toContain("USD 20.00 over budget, the month is over");
    expect(textOf("2026-12-01")).toContain(
      "November is over and stays above its budget. If the cost goes on, agree a budget for the months to come",
    );
    expect(textOf("2026-12-01")).not.toContain("new budget");
  });

  it("say which days wait, and for what", () => {
    const lines = [
      lineOf("2026-11-20", "86"),
      ...["2026-11-21", "2026-11-22"].map((day) => lineOf(day, "50")),
    ];
    const [mail] = mailsOf(lines, { "2026-11-21": BILL_MISSING }, { main: ["2026-11-20"] });
    expect(mail?.rendered.text).toContain(
      "Kubernetes and shared costs of 21 Nov 2026, 22 Nov 2026 are not counted yet: the bill of those days is not complete",
    );
    expect(mail?.rendered.text).toContain("USD 86.00");
    expect(mail?.rendered.text).toContain("costs up to 20 Nov 2026");
  });
});
