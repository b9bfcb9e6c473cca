import { afterAll, beforeAll, expect, it } from "vitest";
import { compareMonths } from "@apportion/books/compare/compare";
import { explainStatement } from "@apportion/books/explain/statement";
import { EVERYBODY } from "@apportion/books/viewer";
import { decimalOfCents } from "@apportion/domain/cents";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { daysOf, parseBillingPeriod } from "@apportion/domain/period";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { closeOctober, failedGates, OCTOBER, READ, runs } from "@apportion/pipeline/october";
import { billReading, costReading, cpu, publishAll, registryWith } from "@apportion/pipeline/platform";
import type { MonthReports } from "@apportion/reports/monthly/compose";
import { notifierConfig } from "../config.js";
import { openTestPlatform, teamSection, type TestPlatform } from "../testing/platform.js";
import { monthComposer } from "@apportion/month-reports/compose-month";
import { movementsReader } from "@apportion/month-reports/what-changed";

const NOVEMBER = parseBillingPeriod("2026-11");
const teams = [teamSection("search", { costCenter: "cc-web" }), teamSection("checkout", { costCenter: "cc-web" })];
const registry = registryWith({ teams });

/** Two workloads of a team in a namespace, and one of another; 24 core-hours each. */
const worked = (day: string, api: string, at = "one") => {
  const own = { cluster: at, namespace: "team-search", cpu_core_hours: "24" };
  return {
    ...costReading(
      day,
      [
        cpu(api, { ...own, controller: "api" }),
        cpu("4.005", { ...own, controller: "web" }),
        cpu("2.333333333333", { cluster: at, namespace: "team-checkout", controller: "shop", cpu_core_hours: "24" }),
      ],
      at,
    ),
    finality: "final" as const,
  };
};

let test: TestPlatform;
let october: MonthReports;
let november: MonthReports;
beforeAll(async () => {
  test = await openTestPlatform();
  const { platform, clickhouse } = test;
  const days = daysOf(OCTOBER);
  const readings = days.flatMap((day) => [worked(day, "6"), runs(day, { search: 1 }), billReading(day, "11")]);
  await publishAll(test.log, readings, READ);
  await test.settle({ now: READ, registry });
  const closed = await closeOctober(test);
  if (!closed.closed) throw new Error(`October is not closed: ${failedGates(closed).join(", ")}`);
  const since = [
    worked("2026-10-21", "66"),
    billReading("2026-10-21", "61"),
    ...["2026-11-01", "2026-11-02", "2026-11-03"].flatMap((day) => [
      worked(day, "9"),
      runs(day, { search: 1 }),
      billReading(day, "14"),
    ]),
  ];
  await publishAll(test.log, since, "2026-11-12T06:00:00Z");
  await test.settle({ now: "2026-11-12T07:00:00Z", registry });
  const config = notifierConfig.parse({
    smtp: { host: "unused.example.com" },
    from: "finops@example.com",
    finance: ["finance@example.com"],
  });
  const compose = monthComposer({
    ...platform,
    clickhouse,
    registry,
    settings: { settleDay: 7, questionsTo: config.finance.join(", "), thresholdsPercent: config.thresholdsPercent },
    billBasis: "the bill",
    clock: () => new Date("2026-11-12T08:00:00Z"),
    movements: movementsReader(clickhouse, registry, platform.logger),
    adviceOf: async () => ({ recommendations: [], lives: [] }),
  });
  const [ofOctober, ofNovember] = [await compose(OCTOBER), await compose(NOVEMBER)];
  if (!ofOctober || !ofNovember) throw new Error("Both months have costs");
  [october, november] = [ofOctober, ofNovember];
});
afterAll(() => test.close());

const sum = (of: readonly { readonly cents: bigint }[]): bigint =>
  of.reduce((all, { cents }) => all + cents, 0n);

it("what a team was charged each month is what is posted, what explain says, and what its file adds up to", async () => {
  for (const { team, statement, trend, corrections, clusters, top } of november.teams) {
    const [before, now] = trend;
    const posted = await test.rows(
      `SELECT toString(sum(signed_amount)) AS total FROM posted_entries WHERE billing_period = '2026-10' AND account = 'team' AND team_id = '${team.id}'`,
    );
    expect(before).toMatchObject({ period: OCTOBER, isClosed: true, isWhole: true });
    expect(formatPicos((before?.cents ?? 0n) * PICOS_PER_CENT)).toBe(posted[0]?.["total"]);
    const explained = await explainStatement(test.clickhouse, EVERYBODY, NOVEMBER, team.id);
    expect(parsePicos(explained.charged)).toBe(statement.cents * PICOS_PER_CENT);
    const corrected = explained.corrections.reduce((all, { charged }) => all + parsePicos(charged), 0n);
    expect(corrected).toBe(sum(corrections) * PICOS_PER_CENT);
    expect(now?.cents).toBe(statement.cents + sum(corrections));
    expect([sum(clusters), sum([...(top?.workloads ?? []), ...(top?.others ?? [])])]).toEqual([
      statement.cents,
      statement.cents,
    ]);
  }
  expect(november.teams.map(({ corrections }) => corrections.length)).not.toEqual([0, 0]);
});

it("workloads are at the bill's price, as the namespace that they run in", async () => {
  const search = november.teams.find(({ team }) => team.id === "search");
  const [owed] = await test.rows(
    "SELECT toString(sum(toDecimal256(amount, 12))) AS total FROM current_allocations WHERE billing_period = '2026-11' AND namespace = 'team-search'",
  );
  const exact = parsePicos(String(owed?.["total"]));
  const own = search?.top?.workloads ?? [];
  expect(own.map(({ name }) => name)).toEqual(["one/team-search/api", "one/team-search/web"]);
  const [api, web] = own.map(({ cents }) => cents * PICOS_PER_CENT);
  const listed = [parsePicos("9"), parsePicos("4.005")];
  const off = (cents: bigint, list: bigint): bigint => {
    const share = (exact * list) / ((listed[0] ?? 0n) + (listed[1] ?? 0n));
    return cents > share ? cents - share : share - cents;
  };
  expect(off(api ?? 0n, listed[0] ?? 0n)).toBeLessThan(PICOS_PER_CENT);
  expect(off(web ?? 0n, listed[1] ?? 0n)).toBeLessThan(PICOS_PER_CENT);
});

it("the CFO's variances are those of compare, and the year so far is the ledger with what is not closed", async () => {
  const { finance } = november;
  const compared = await compareMonths(test.clickhouse, { before: OCTOBER, after: NOVEMBER }, registry, {
    viewer: EVERYBODY,
  });
  const { comparison } = finance;
  if (comparison.kind === "none") throw new Error("Three days are in both");
  expect(comparison).toMatchObject({ isWhole: false, throughDay: 3, days: { now: 3, before: 3 } });
  expect([comparison.before, comparison.cents]).toEqual([
    compared.total.before.charged,
    compared.total.after.charged,
  ]);
  for (const payer of compared.payers.filter(({ ownerKind }) => ownerKind === "team")) {
    const row = finance.teams.find(({ team }) => team.id === payer.teamId);
    expect(row?.compared).toEqual({ cents: payer.after.charged, before: payer.before.charged });
  }
  const [mover] = finance.movers;
  expect(mover).toMatchObject({ teamId: "search" });
  expect(sum(mover?.reasons ?? []) + (mover?.daysCents ?? 0n) + (mover?.restCents ?? 0n)).toBe(mover?.cents);
  const [books] = await test.rows(
    "SELECT toString(sum(signed_amount)) AS total FROM posted_entries WHERE account != 'clearing'",
  );
  const year = finance.yearToDate;
  expect(year).toMatchObject({ since: OCTOBER, provisional: [NOVEMBER] });
  expect(decimalOfCents(year.cents - finance.statements.cents)).toBe(
    decimalOfCents(parsePicos(String(books?.["total"])) / PICOS_PER_CENT),
  );
  expect(finance.costCentres).toMatchObject([{ costCentre: "cc-web", teams: 2 }]);
});

it("a core-hour costs what the view says, in both months", async () => {
  const rows = await test.rows(
    "SELECT toString(cost_per_unit) AS price FROM unit_costs WHERE unit = 'core-hour' ORDER BY billing_period",
  );
  const [price] = november.teams[0]?.unitPrices ?? [];
  const shown = [price?.before, price?.now].map((picos) => formatPicos(((picos ?? 0n) / 1_000_000n) * 1_000_000n));
  expect(shown).toEqual(rows.map((row) => row["price"]));
});

it("a closed month is compared with nothing where there is nothing before, and waits for nobody", () => {
  expect(october.finance).toMatchObject({ comparison: { kind: "none" }, forecast: undefined, movers: [] });
  expect(october.finance.waiting).toBeUndefined();
  expect(october.teams.every(({ top }) => top !== undefined)).toBe(true);
  expect(november.finance.waiting?.failing.map(({ name }) => name)).toContain("complete");
});
