import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { daysOf } from "@apportion/domain/period";
import { closeOctober, failedGates, OCTOBER, READ, runs } from "@apportion/pipeline/october";
import { billReading, publishAll, registryWith } from "@apportion/pipeline/platform";
import { renderFinanceSummary } from "@apportion/reports/monthly/finance-report";
import { renderTeamReport } from "@apportion/reports/monthly/team-report";
import type { OutgoingMail } from "./delivery/mailer.js";
import type { Notifier } from "./service.js";
import {
  openTestPlatform,
  runUntilCaughtUp,
  teamSection,
  worked,
  type TestPlatform,
} from "./testing/platform.js";

const budget = (amount: string) => ({ budgets: [{ from: "2026-10", amount }] });
/** What was configured when October was closed, and what is since: other cost centers, budgets and accounts. */
const WHEN_CLOSED = registryWith({
  teams: [teamSection("search", budget("1000.00")), teamSection("checkout")],
  clusters: [{ id: "two", account: "none" }],
});
const SINCE = registryWith({
  teams: [
    teamSection("search", { costCenter: "cc-moved", ...budget("2000.00") }),
    teamSection("checkout", { costCenter: "cc-moved", ...budget("500.00") }),
  ],
});

let test: TestPlatform;
/** The mails of October: before it was closed, and once the log said that it was closed, to who looked when. */
let provisional: string[];
let longAfter: string[];
let final: readonly OutgoingMail[];
let again: string[];
/** Its reports as they are made again after a correction. */
let madeAgain: { readonly teams: readonly string[]; readonly finance: string };

const listening = (now: string, registry = SINCE): Notifier =>
  test.notifier({ now, registry, schedule: "0 0 1 1 *" });

/** A month takes its time to be allocated and closed, so it is done once for all. */
beforeAll(async () => {
  test = await openTestPlatform();
  const month = daysOf(OCTOBER).flatMap((day) => [
    worked(day, { search: "10", checkout: "2.5" }),
    worked(day, { search: "1" }, "two"),
    runs(day, { search: 1 }),
    billReading(day, "10"),
  ]);
  await publishAll(test.log, month, READ);
  await test.settle({ now: READ, registry: WHEN_CLOSED });
  await test.notifier({ now: READ, registry: WHEN_CLOSED }).sendMonthlyReports(OCTOBER);
  provisional = test.subjects();

  const restated = [
    worked("2026-10-20", { search: "510", checkout: "2.5" }),
    billReading("2026-10-20", "410"),
  ];
  await publishAll(test.log, restated, "2026-11-10T08:00:00Z");
  await test.settle({ now: "2026-11-10T08:00:00Z", registry: WHEN_CLOSED });
  const closed = await closeOctober(test); // on the 11th
  if (!closed.closed) throw new Error(`October is not closed: ${failedGates(closed).join(", ")}`);
  await runUntilCaughtUp(test, listening("2026-12-20T06:00:00Z", WHEN_CLOSED));
  longAfter = test.subjects();

  const late = [
    worked("2026-10-21", { search: "123.625", checkout: "2.5" }),
    billReading("2026-10-21", "100.9"),
    worked("2026-11-01", { search: "10" }),
    runs("2026-11-01", { search: 1 }),
  ];
  await publishAll(test.log, late, "2026-11-12T06:00:00Z");
  await test.settle({ now: "2026-11-12T07:00:00Z", registry: SINCE });
  await closeOctober(test); // tells the log once more
  await runUntilCaughtUp(test, listening("2026-11-13T06:00:00Z"));
  final = test.sent.splice(0);
  await closeOctober(test);
  await runUntilCaughtUp(test, listening("2026-11-14T06:00:00Z"));
  again = test.subjects();
  const since = test.notifier({ now: "2026-11-13T06:00:00Z", registry: SINCE });
  const reports = await since.composeReports(OCTOBER);
  if (!reports) throw new Error("October has reports");
  const { teams, finance } = reports;
  madeAgain = {
    teams: teams.map((report) => renderTeamReport(report).text),
    finance: renderFinanceSummary(finance).text,
  };
});
afterAll(() => test.close());

describe("reports of a month that is closed", () => {
  it("are provisional until then, and final once, exactly as it was posted", async () => {
    expect(provisional).toEqual([
      "checkout: USD 62.00 in October 2026 (provisional)",
      "search: USD 279.00 in October 2026 (provisional)",
      "Chargeback October 2026: USD 341.00, 0 over budget (provisional)",
    ]);
    // One day was restated before the close, which is in it, and one after it, which is not.
    expect(final.map(({ subject }) => subject)).toEqual([
      "checkout: USD 62.00 in October 2026",
      "search: USD 679.00 in October 2026",
      "Chargeback October 2026: USD 741.00, 0 over budget",
    ]);
    const summary = await test
      .notifier({ now: "2026-11-15T06:00:00Z", registry: SINCE })
      .sendMonthlyReports(OCTOBER);
    expect(summary).toMatchObject({ sent: 0, repeated: 3 });
  });

  it("go out when the log says that it was closed, also while nobody listened, unless it was long ago", () => {
    expect(longAfter).toEqual([]);
    expect(final).toHaveLength(3);
    expect(again).toEqual([]);
  });

  it("keep saying which clusters were on no bill when it was closed", () => {
    expect(madeAgain.finance).toContain("except two at list price");
  });

  it("keep the cost centers and budgets with which it was closed, as the views do", async () => {
    const [checkout = "", own = ""] = madeAgain.teams;
    expect(own).toContain("cost center cc-search");
    expect(own).toContain("67.9 % of the USD 1,000.00 budget");
    expect(checkout).toContain("cost center cc-checkout");
    expect(checkout).toContain("No budget is set");
    const rows = await test.rows(
      "SELECT billing_period, team_id, cost_center, toString(budget) AS budget FROM budget_status ORDER BY 1, 2",
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      ["2026-10", "checkout", "cc-checkout", null],
      ["2026-10", "search", "cc-search", "1000"],
      ["2026-11", "search", "cc-moved", "2000"],
    ]);
  });

  it("have the last word: no alert goes by a budget that is another one since, but for a span that still runs", async () => {
    const ofTwo = [{ from: "2026-10", amount: "700.00" }];
    const edited = registryWith({
      teams: [teamSection("search", { budgets: ofTwo }), teamSection("checkout")],
      costCenters: [
        { id: "cc-search", budgets: ofTwo },
        { id: "cc-checkout", budgets: [{ from: "2026-10", amount: "75.00", span: "quarter" }] },
      ],
    });
    await test.notifier({ now: "2026-11-13T06:00:00Z", registry: edited }).sendAlerts([OCTOBER]);
    expect(test.subjects()).toEqual([expect.stringMatching(/^Cost center cc-checkout: 8\d\.\d %/)]);
  });

  it("say what was corrected later when they are made again, and not in mails, which say the same at each attempt", () => {
    const says = (text: string): boolean =>
      text.includes("Posted about it later: USD 90.90 in November 2026.");
    expect([...madeAgain.teams, madeAgain.finance].map(says)).toEqual([false, true, true]);
    expect(final.map(({ text }) => text.includes("Posted about it later"))).toEqual([false, false, false]);
  });
});
