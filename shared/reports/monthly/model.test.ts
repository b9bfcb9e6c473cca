import { describe, expect, it } from "vitest";
import type { PayerComparison, PrintedMovement } from "@apportion/books/compare/comparison";
import type { WorkloadCost } from "@apportion/books/compare/workload-costs";
import { NO_HISTORY } from "@apportion/books/forecast/history";
import { ownerOf } from "@apportion/books/months/month";
import type { ChargedMonth } from "@apportion/books/months/read-charged-months";
import { parsePicos } from "@apportion/domain/money";
import { type BillingPeriod, type Day, daysOf } from "@apportion/domain/period";
import { largestMovers } from "../compare/largest-movers.js";
import {
  lineOf,
  monthOf,
  OCTOBER,
  PLATFORM_TEAMS,
  platformMonth,
  registryOf,
  teamOf,
} from "../testing/months.js";
import { composeReports, type MonthReports, type ReportInput } from "./compose.js";
import { qualityItems } from "./quality-words.js";
import { changeSentence, objectionSentence } from "./sentences.js";
import { trendPeriods } from "./trend.js";

const NOVEMBER = "2026-11" as BillingPeriod;
const SEPTEMBER = "2026-09" as BillingPeriod;

function compose(input: Partial<ReportInput> = {}, teams = PLATFORM_TEAMS): MonthReports {
  const reports = composeReports({
    month: platformMonth(OCTOBER, 31),
    previous: monthOf(SEPTEMBER, []),
    history: NO_HISTORY,
    posted: undefined,
    corrections: [],
    correctedLater: [],
    bill: undefined,
    units: new Map([["mlflow.runs", "runs"]]),
    registry: registryOf(teams),
    currency: "USD",
    today: "2026-11-05" as Day,
    settleDay: 7,
    thresholdsPercent: [80, 90, 100],
    chargingBasis: "net amortised cost",
    questionsTo: "finance@example.com",
    ...input,
  });
  if (!reports) throw new Error("There are days");
  return reports;
}

const sum = (of: readonly { readonly cents: bigint }[]): bigint =>
  of.reduce((all, { cents }) => all + cents, 0n);

/** Ten dollars a day of one team, on as many days. */
const tenADay = (period: BillingPeriod, days: number, amount = "10") =>
  monthOf(
    period,
    daysOf(period)
      .slice(0, days)
      .map((day) => lineOf(day, amount)),
  );

const NO_ADVICE = { recommendations: [], lives: [] };

describe("the month before", () => {
  const of = (month: ReportInput["month"], previous: ReportInput["previous"]): string | undefined => {
    const [search] = compose({ month, previous }, [teamOf("search")]).teams;
    return search && changeSentence(search).replaceAll("\u00a0", " ");
  };

  it("is compared whole with a whole month, and other lengths are said", () => {
    expect(of(tenADay(NOVEMBER, 30), tenADay(OCTOBER, 31))).toBe(
      "-USD 10.00 (-3.2 %) against October 2026: USD 310.00; 30 days against 31.",
    );
    expect(of(tenADay(OCTOBER, 31, "11"), tenADay("2026-08" as BillingPeriod, 31))).not.toContain("days");
  });

  it("is compared by the same days while the month runs, and days of which nothing is known count on neither side", () => {
    expect(of(tenADay(NOVEMBER, 20, "11"), tenADay(OCTOBER, 31))).toBe(
      "+USD 20.00 (+10.0 %) against 1–20 October 2026, the same 20 days: USD 220.00 against USD 200.00.",
    );
    const withoutSecond = monthOf(
      OCTOBER,
      tenADay(OCTOBER, 31).lines.filter(({ day }) => day !== "2026-10-02"),
    );
    expect(of(tenADay(NOVEMBER, 30), withoutSecond)).toBe(
      "The same as October 2026 on the 29 days that both months have: USD 290.00 against USD 290.00.",
    );
    expect(of(tenADay(NOVEMBER, 30), monthOf(OCTOBER, []))).toContain("no data of October 2026");
  });
});

describe("a team's report", () => {
  it("says the statement once more by cluster and by workload, in rows that add up to it", () => {
    const workloads = new Map<string, WorkloadCost[]>();
    const named = (controller: string, picos: bigint, protectedLevel = ""): WorkloadCost => ({
      name: {
        kind: "workload",
        source: "kubecost",
        scope: "shared-eu-1",
        cluster: "shared-eu-1",
        namespace: "team-search",
        controller,
        service: "",
        label: "",
        protectedLevel,
        protectedTeam: "",
      },
      picos,
    });
    const own = platformMonth(OCTOBER, 31).lines.filter(({ teamId }) => teamId === "search");
    const direct = own.filter(({ basis }) => basis === "direct").reduce((all, { picos }) => all + picos, 0n);
    const each = direct / 13n;
    workloads.set(ownerOf("team", "search"), [
      ...Array.from({ length: 12 }, (_, at) => named(`api-${at}`, each)),
      named("vault", direct - 12n * each, "pci"),
    ]);
    const { teams } = compose({ workloads });
    for (const report of teams) {
      expect(sum(report.clusters)).toBe(report.statement.cents);
      expect(sum([...(report.top?.workloads ?? []), ...(report.top?.others ?? [])])).toBe(
        report.statement.cents,
      );
    }
    const search = teams.find(({ team }) => team.id === "search");
    expect(search?.top?.workloads).toHaveLength(10);
    expect(search?.top?.workloads[0]?.name).toBe("shared-eu-1/team-search/hidden (pci)");
    expect(search?.top?.others.map(({ name }) => name)).toEqual([
      "3 smaller ones",
      "Shares of services and pools",
    ]);
    expect(compose().teams[0]?.top).toBeUndefined();
  });

  it("has the idle capacity that is its own, with who can do something about it, and none of others", () => {
    const { teams } = compose({ advice: NO_ADVICE });
    const idleOf = (id: string) => teams.find(({ team }) => team.id === id)?.idle ?? [];
    expect(idleOf("payments")).toMatchObject([
      { cluster: "pci-eu-1", nodePool: "a100", cents: 19_840n, next: { who: "whoever runs the nodes of pci-eu-1" } },
    ]);
    expect(idleOf("search")).toEqual([]);
  });

  it("has the prices of what the team used, this month and the last", () => {
    const one = 10n ** 12n;
    const cost = (unit: string, period: BillingPeriod, dollars: bigint, quantity: bigint) => ({
      unit,
      period,
      cost: dollars * one,
      quantity: quantity * one,
    });
    const { teams } = compose({
      unitCosts: [
        cost("core-hour", OCTOBER, 30n, 1_000n),
        cost("core-hour", SEPTEMBER, 32n, 1_000n),
        cost("gpu-hour", OCTOBER, 20n, 10n),
        cost("mlflow.runs", OCTOBER, 5n, 0n),
      ],
    });
    const pricesOf = (id: string) => teams.find(({ team }) => team.id === id)?.unitPrices;
    expect(pricesOf("checkout")).toEqual([
      { name: "Core-hour", now: parsePicos("0.03"), before: parsePicos("0.032") },
    ]);
    expect(pricesOf("search")?.map(({ name }) => name)).toEqual(["Core-hour", "GPU-hour"]);
  });

  it("says how far it can be relied on", () => {
    const lines = platformMonth(OCTOBER, 31).lines.filter(({ day }) => day !== "2026-10-03");
    const month = monthOf(OCTOBER, lines, { "2026-10-04": { missing: ["usage/mlflow/runs"] } });
    const [checkout] = compose({
      month,
      waiting: { failing: [], quarantined: 2, quarantinedOfClosed: 0, drafts: [] },
    }).teams;
    expect(checkout?.quality).toMatchObject({
      withoutData: ["2026-10-03"],
      notSettled: ["2026-10-04"],
      byFallback: { cents: 3_300n, reasons: ["there is no reading of feast.requests"] },
      quarantined: 2,
    });
    expect(checkout?.quality.byFallback.days).toHaveLength(30);
    expect(checkout?.quality.atListPriceCents).toBeGreaterThan(0n); // no bill was read
    if (!checkout) throw new Error("there is no report of checkout");
    const held = (quarantined: number) =>
      qualityItems({ ...checkout, quality: { ...checkout.quality, quarantined } }).at(-1);
    expect([held(1), held(2)]).toEqual([
      "1 reading of the month is not counted until somebody decides on it; it may be another team's.",
      "2 readings of the month are not counted until somebody decides on them; they may be other teams'.",
    ]);
  });

  it("can be objected to until the settle day, and then as long as the month is open", () => {
    const says = (today: string) => objectionSentence(compose({ today: today as Day }).finance);
    expect(says("2026-11-07")).toBe("Object until 7 November 2026: write to finance@example.com.");
    expect(says("2026-11-08")).toContain("until the month is closed");
  });
});

describe("twelve months and the year to date", () => {
  const charged = (period: BillingPeriod, isClosed: boolean, cents: bigint, beside = 0n): ChargedMonth => ({
    period,
    isClosed,
    days: daysOf(period).length,
    statement: new Map([
      [ownerOf("team", "search"), cents],
      [ownerOf("idle", ""), 100n],
    ]),
    beside: new Map([[ownerOf("team", "search"), beside]]),
  });

  it("are what was charged: statements with what is posted beside them, the reported month last", () => {
    const before = [charged("2025-12" as BillingPeriod, true, 900n), charged(SEPTEMBER, false, 1_000n, -50n)];
    const { teams, finance } = compose({ charged: before });
    const search = teams.find(({ team }) => team.id === "search");
    expect(search?.trend.map(({ cents, isClosed }) => [cents, isClosed])).toEqual([
      [900n, true],
      [950n, false],
      [search?.statement.cents, false],
    ]);
    expect(finance.yearToDate).toEqual({
      since: SEPTEMBER,
      cents: 1_050n + finance.statements.cents,
      provisional: [SEPTEMBER, OCTOBER],
    });
  });

  it("ask for the eleven months before", () => {
    expect(trendPeriods("2026-02" as BillingPeriod).at(0)).toBe("2025-03");
    expect(trendPeriods("2026-02" as BillingPeriod)).toHaveLength(11);
  });
});

describe("the CFO's page", () => {
  it("has teams, cost centres and what is on no team in variances that add up to the month's", () => {
    const { finance } = compose({ previous: platformMonth(SEPTEMBER, 30) });
    const { comparison, teams, beside, teamsTotal, costCentres } = finance;
    if (comparison.kind === "none") throw new Error("September is there");
    expect(comparison.cents).toBe(finance.statements.cents);
    const before = Object.values(beside).reduce((all, each) => all + (each?.before ?? 0n), 0n);
    expect((teamsTotal.compared?.before ?? 0n) + before).toBe(comparison.before);
    expect(sum(costCentres)).toBe(sum(teams.map(({ statement }) => statement)));
    expect(teamsTotal.budget?.cents).toBe(425_000n); // of three teams; the fourth has none
    const free = teams.find(({ budgetCents }) => budgetCents === undefined);
    expect(teamsTotal.withoutBudgetCents).toBe(free?.statement.cents);
  });

  it("forecasts an open month, and nothing of a closed one", () => {
    const { finance, teams } = compose({
      month: platformMonth(OCTOBER, 20),
      previous: platformMonth(SEPTEMBER, 30),
    });
    expect(finance.forecast?.cents).toBeGreaterThan(sum(teams.map(({ statement }) => statement)));
    expect(finance.forecast?.withoutForecast).toBe(0);
    expect(finance.forecast?.expectedOver).toContain("Payments"); // 36 dollars a day, and 650 a month
  });

  it("does not say that nothing is advised where nobody has looked", () => {
    const { finance } = compose();
    expect(finance.idle.length).toBeGreaterThan(0);
    expect(finance.idle.map(({ next }) => next)).toEqual(finance.idle.map(() => undefined));
  });

  it("gives each part of idle and unallocated a next step and somebody who takes it", () => {
    const { finance } = compose({ advice: NO_ADVICE });
    for (const { next } of [...finance.idle, ...finance.unallocated]) {
      expect(next?.step).toMatch(/\w/);
      expect(next?.who).toMatch(/\w/);
    }
    const sandbox = finance.unallocated.find(({ namespace }) => namespace === "sandbox");
    expect(sandbox?.next?.step).toContain("Give it an owner");
    const lost = { ownerKind: "unallocated", teamId: "", reason: "no-owner" } as const;
    const month = monthOf(OCTOBER, [lineOf("2026-10-01", "5", { ...lost, namespace: "old-checkout" })]);
    expect(compose({ month }).finance.unallocated[0]?.next?.who).toMatch(/^Checkout, probably: /);
  });
});

it("movers are told with their largest reasons, days and rest, which add up to what their statement moved by", () => {
  const movement = (effect: PrintedMovement["effect"], cents: bigint, controller: string): PrintedMovement => ({
    effect,
    subject: {
      of: "workload",
      kind: "workload",
      source: "kubecost",
      scope: "eu",
      cluster: "eu",
      namespace: "search",
      controller,
      service: "",
      label: "",
      protectedLevel: "hipaa",
      protectedTeam: controller === "train-2" ? "" : "much", // that one may be another's too
    },
    category: "gpu",
    picos: cents,
    cents,
    before: 0n,
    after: cents,
  });
  const payer = (teamId: string, moved: bigint, movements: readonly PrintedMovement[]): PayerComparison => ({
    ownerKind: "team",
    teamId,
    before: { picos: 0n, charged: 1_000n, corrections: 0n },
    after: { picos: 0n, charged: 1_000n + moved, corrections: 77n },
    difference: moved + 77n,
    effects: [],
    movements,
  });
  const compared = {
    payers: [
      payer("little", 3n, []),
      payer("same", 0n, []),
      payer("much", -500n, [
        movement("usage", -400n, "train-1"),
        movement("usage", -150n, "train-2"),
        movement("days", 60n, "train-1"),
        movement("price", -20n, "train-1"),
        movement("new", 10n, "etl"),
        movement("corrections", 77n, ""),
      ]),
    ],
  };
  const movers = largestMovers(compared);
  expect(movers.map(({ teamId, cents }) => [teamId, cents])).toEqual([
    ["much", -500n],
    ["little", 3n],
  ]);
  const [much] = movers;
  expect(much?.reasons.map(({ effect, cents }) => [effect, cents])).toEqual([
    ["usage", -550n], // two workloads whose names are hidden are one
    ["price", -20n],
  ]);
  expect(JSON.stringify(much, (_, value: unknown) => String(value))).not.toContain("train");
  expect(sum(much?.reasons ?? []) + (much?.daysCents ?? 0n) + (much?.restCents ?? 0n)).toBe(-500n);

  const [told] = largestMovers(compared, new Set(["much"]));
  expect({ ...told, own: undefined }).toEqual({ ...much, own: undefined });
  expect(told?.own?.reasons.map(({ subject, cents }) => ["controller" in subject && subject.controller, cents])).toEqual([
    ["train-1", -400n],
    ["hidden (hipaa)", -150n],
  ]);
  expect(sum(told?.own?.reasons ?? []) + (told?.daysCents ?? 0n) + (told?.own?.restCents ?? 0n)).toBe(-500n);
});
