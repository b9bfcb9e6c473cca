import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Team } from "@apportion/domain/tenancy";
import { NOTIFIER_GROUP, NOTIFIER_TOPICS } from "@apportion/recovery/groups";
import { lineOf, OCTOBER, teamOf } from "@apportion/reports/testing/months";
import { DeferredError, type DeliverySummary } from "./delivery/deliver.js";
import type { Mailer } from "./delivery/mailer.js";
import type { Notifier } from "./service.js";
import { openTestPlatform, type TestPlatform } from "./testing/platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.stop());

const TEAMS = [teamOf("search"), teamOf("checkout")];
const subjects = (): string[] => test.sent.splice(0).map(({ subject }) => subject);

/** Three days are enough of a month. */
async function sealOctober(): Promise<void> {
  for (const day of ["2026-10-19", "2026-10-20", "2026-10-21"])
    await test.seal(day, [lineOf(day, "10"), lineOf(day, "2.5", { teamId: "checkout" })]);
}

/** The process dies between the mail server's yes and the record of it. */
const dying = (): Mailer => ({
  send: async (mail) => {
    test.sent.push(mail);
    throw new Error("killed after the mail server said yes");
  },
  verify: async () => undefined,
  close: () => undefined,
});

/** Runs it until it has handled all that the log holds. */
async function runUntilCaughtUp(notifier: Notifier): Promise<void> {
  await notifier.start();
  const deadline = Date.now() + 20_000;
  while ((await test.platform.log.lag(NOTIFIER_GROUP, NOTIFIER_TOPICS)) > 0 && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await notifier.stop();
}

describe("alerts of a month", () => {
  const NOVEMBER = "2026-11" as BillingPeriod;
  const teams = [teamOf("search", { budgets: [{ from: NOVEMBER, amount: "100.00" }] })];
  const withBudget = (amount: string): Promise<DeliverySummary> =>
    test
      .notifier({
        now: "2026-11-24T06:00:00Z",
        teams: [teamOf("search", { budgets: [{ from: NOVEMBER, amount }] })],
      })
      .sendAlerts([NOVEMBER]);
  const evaluate = (mailer?: Mailer): Promise<DeliverySummary> =>
    test.notifier({ now: "2026-11-24T06:00:00Z", teams, ...(mailer && { mailer }) }).sendAlerts([NOVEMBER]);
  const seal = (amount: string): Promise<void> => test.seal("2026-11-22", [lineOf("2026-11-22", amount)]);

  it("are corrected when they do not hold, and told again when they do, each once however often it is looked", async () => {
    for (const [amount, expected] of [
      ["85", ["search: 85.0 % of the November 2026 budget used (passed 80 %)"]],
      ["70", ["search: correction, 80 % of the November 2026 budget is not reached"]],
      ["82", ["search: 82.0 % of the November 2026 budget used (passed 80 %)"]],
      ["60", ["search: correction, 80 % of the November 2026 budget is not reached"]],
    ] as const) {
      await seal(amount);
      await evaluate();
      expect(subjects()).toEqual(expected);
      await evaluate();
      expect(subjects()).toEqual([]);
    }
    const keys = await test.rows("SELECT delivery_key FROM deliveries ORDER BY sent_at, episode, kind");
    expect(keys.map((row) => row["delivery_key"])).toEqual([
      "budget-alert/2026-11/search/80/2026-11@100.00/0",
      "budget-correction/2026-11/search/80/2026-11@100.00/0",
      "budget-alert/2026-11/search/80/2026-11@100.00/1",
      "budget-correction/2026-11/search/80/2026-11@100.00/1",
    ]);
  });

  it("are one mail of several thresholds at once, repeated by a crash under one Message-ID, and none of the others later", async () => {
    await seal("104");
    await expect(evaluate(dying())).rejects.toThrow("killed");
    await evaluate();
    expect(test.sent[0]?.messageId).toBe(test.sent[1]?.messageId);
    expect(subjects()).toEqual(
      Array.from({ length: 2 }, () => "search: 104.0 % of the November 2026 budget used (passed 100 %)"),
    );
    for (const [amount, expected] of [
      ["104", []],
      ["85", ["search: correction, 90 % of the November 2026 budget is not reached"]],
      ["84", []],
      ["95", ["search: 95.0 % of the November 2026 budget used (passed 90 %)"]],
      ["101", ["search: 101.0 % of the November 2026 budget used (passed 100 %)"]],
    ] as const) {
      await seal(amount);
      await evaluate();
      expect(subjects()).toEqual(expected);
    }
    const told = await test.rows(
      "SELECT kind, groupArray((threshold_percent, episode)) AS thresholds FROM (SELECT * FROM deliveries ORDER BY threshold_percent) GROUP BY message_id, kind, sent_at ORDER BY kind, length(thresholds) DESC, thresholds",
    );
    expect(told.map(({ kind, thresholds }) => [kind, thresholds])).toEqual([
      [
        "budget-alert",
        [
          [80, 0],
          [90, 0],
          [100, 0],
        ],
      ],
      ["budget-alert", [[90, 1]]],
      ["budget-alert", [[100, 1]]],
      [
        "budget-correction",
        [
          [90, 0],
          [100, 0],
        ],
      ],
    ]);
  });

  it("remember what was spent when a budget came, whatever days are restated to since", async () => {
    await seal("82");
    await withBudget("100.00");
    await withBudget("200.00"); // comes at 82: 80 % is out of reach again
    await test.seal("2026-11-05", [lineOf("2026-11-05", "90")]); // a day before it came
    subjects();
    await withBudget("200.00");
    expect(subjects()).toEqual(["search: 86.0 % of the November 2026 budget used (passed 80 %)"]);
    await withBudget("215.00"); // comes at 172, 80 % of it
    await withBudget("214.00");
    expect(subjects()).toEqual([]);
  });

  it("are corrected under the same Message-ID when a crash before the record repeats the correction", async () => {
    await seal("85");
    await evaluate();
    await seal("70");
    test.sent.length = 0;
    await expect(evaluate(dying())).rejects.toThrow("killed");
    await evaluate();
    expect(test.sent.map(({ subject }) => subject)).toEqual(
      Array.from({ length: 2 }, () => "search: correction, 80 % of the November 2026 budget is not reached"),
    );
    expect(test.sent[0]?.messageId).toBe(test.sent[1]?.messageId);
  });
});

describe("reports of a month", () => {
  it("are provisional until it is closed, then final once, exactly as it was posted", async () => {
    await sealOctober();
    const settled = test.notifier({ now: "2026-11-08T06:00:00Z", teams: TEAMS });
    expect(await settled.sendMonthlyReports(OCTOBER)).toMatchObject({ sent: 3 });
    expect(subjects()).toEqual([
      "checkout: USD 7.50 in October 2026 (provisional)",
      "search: USD 30.00 in October 2026 (provisional)",
      "Chargeback October 2026: USD 37.50, 0 over budget (provisional)",
    ]);

    await test.seal("2026-10-20", [lineOf("2026-10-20", "510")]); // restated after the settle day
    await test.close(OCTOBER, "2026-11-11T00:00:00Z");
    await test.seal("2026-10-21", [lineOf("2026-10-21", "999")]); // and after the close
    const closed = test.notifier({ now: "2026-11-12T06:00:00Z", teams: TEAMS });
    expect(await closed.sendMonthlyReports(OCTOBER)).toMatchObject({ sent: 3, repeated: 0 });
    expect(subjects()).toEqual([
      "checkout: USD 5.00 in October 2026",
      "search: USD 530.00 in October 2026",
      "Chargeback October 2026: USD 535.00, 0 over budget",
    ]);
    expect(await closed.sendMonthlyReports(OCTOBER)).toMatchObject({ sent: 0, repeated: 3 });
  });

  it("keep saying of a closed month which clusters were on no bill when it was closed", async () => {
    const atTheBill = lineOf("2026-10-19", "-2", { category: "rate-variance" });
    await test.seal("2026-10-19", [
      lineOf("2026-10-19", "10"),
      lineOf("2026-10-19", "3", { cluster: "one" }),
      atTheBill,
    ]);
    const byDefault = "111122223333";
    const since = "2026-10-01 00:00:00.000";
    await test.activate({ byDefault, named: [{ cluster: "one", account: "none" }] }, since);
    const saysSo = async (): Promise<boolean | undefined> =>
      (
        await test.notifier({ now: "2026-11-12T06:00:00Z", teams: TEAMS }).renderReports(OCTOBER)
      )?.finance.text.includes("except one at list price");
    expect(await saysSo()).toBe(true);
    await test.activate({ byDefault, named: [] }, "2026-11-02 00:00:00.000");
    expect(await saysSo()).toBe(false);
    await test.close(OCTOBER, "2026-11-11T00:00:00Z", since);
    expect(await saysSo()).toBe(true);
  });

  it("keep the cost centers and budgets of a closed month with which it was closed, as the views do", async () => {
    await sealOctober();
    const budgetOf = (amount: string): { budgets: Team["budgets"] } => ({
      budgets: [{ from: OCTOBER, amount }],
    });
    const search = teamOf("search", budgetOf("40.00"));
    await test.configure([search, teamOf("checkout")], "2026-10-01 00:00:00.000");
    await test.close(OCTOBER, "2026-11-11T00:00:00Z");
    const moved = [
      teamOf("search", { costCenter: "cc-moved", ...budgetOf("20.00") }),
      teamOf("checkout", { costCenter: "cc-moved", ...budgetOf("1.00") }),
    ];
    await test.configure(moved, "2026-11-12 00:00:00.000");
    await test.seal("2026-11-01", [lineOf("2026-11-01", "10")]);
    const reports = await test.notifier({ now: "2026-11-13T06:00:00Z", teams: moved }).renderReports(OCTOBER);
    const [checkout = "", own = ""] = reports?.teams.map(({ text }) => text) ?? [];
    expect(own).toContain("Cost center cc-search");
    expect(own).toContain("75.0 % of the USD 40.00 budget");
    expect(checkout).toContain("Cost center cc-checkout");
    expect(checkout).toContain("No budget is set");
    const rows = await test.rows(
      "SELECT billing_period, team_id, cost_center, toString(budget) AS budget FROM budget_status ORDER BY 1, 2",
    );
    expect(rows.map((row) => Object.values(row))).toEqual([
      ["2026-10", "checkout", "cc-checkout", null],
      ["2026-10", "search", "cc-search", "40"],
      ["2026-11", "search", "cc-moved", "20"],
    ]);
  });

  it("say what was corrected later when they are made again, and not in mails, which say the same at each attempt", async () => {
    await sealOctober();
    await test.close(OCTOBER, "2026-11-11T00:00:00Z");
    await test.correct(OCTOBER, "search", "90.90");
    const notifier = test.notifier({ now: "2026-11-13T06:00:00Z", teams: TEAMS });
    const reports = await notifier.renderReports(OCTOBER);
    const texts = [...(reports?.teams ?? []), reports?.finance].map((each) => each?.text);
    expect(texts.map((text) => text?.includes("Corrected later: USD 90.90 in November 2026."))).toEqual([
      false,
      true,
      true,
    ]);
    await notifier.sendMonthlyReports(OCTOBER);
    expect(test.sent.map(({ text }) => text.includes("Corrected later"))).toEqual([false, false, false]);
  });

  it("go out once when several notifiers send them at the same time", async () => {
    await sealOctober();
    const summaries = await Promise.all(
      ["one", "two"].map((id) =>
        test
          .notifier({ now: "2026-11-08T06:00:00Z", teams: TEAMS, process: { id, alone: false } })
          .sendMonthlyReports(OCTOBER),
      ),
    );
    expect(summaries.map(({ sent, repeated }) => sent + repeated)).toEqual([3, 3]);
    expect(summaries.reduce((sum, { sent }) => sum + sent, 0)).toBe(3);
    expect(subjects()).toHaveLength(3);
  });

  it("reach each recipient once while another is put off, whoever tries again, until that one is given up", async () => {
    await sealOctober();
    const reached: string[] = [];
    const fullMailbox: Mailer = {
      async send({ envelopeTo, subject }) {
        const isFull = (recipient: string): boolean => recipient.startsWith("full");
        const accepted = envelopeTo.filter((recipient) => !isFull(recipient));
        reached.push(...accepted.map((recipient) => `${recipient}: ${subject.split(":")[0]}`));
        const deferred = envelopeTo.filter(isFull).map((recipient) => ({ recipient, reply: "452 full" }));
        return { accepted, refused: [], deferred };
      },
      verify: async () => undefined,
      close: () => undefined,
    };
    const teams = [teamOf("search", { contacts: ["full@example.com", "lead@example.com"] })];
    const attempt = (now: string): Promise<DeliverySummary> =>
      test.notifier({ now, teams, mailer: fullMailbox }).sendMonthlyReports(OCTOBER);
    for (const now of ["2026-11-08T06:00:00Z", "2026-11-08T09:00:00Z", "2026-11-08T11:59:59Z"]) {
      await expect(attempt(now)).rejects.toBeInstanceOf(DeferredError);
    }
    expect(reached.splice(0).toSorted()).toEqual([
      "finance@example.com: Chargeback October 2026",
      "finance@example.com: checkout",
      "lead@example.com: search",
    ]);
    // Six hours after it was first put off: finance is told instead.
    expect(await attempt("2026-11-08T12:00:00Z")).toMatchObject({ sent: 1, repeated: 2 });
    expect(reached).toEqual(["finance@example.com: Not delivered"]);
    expect(await attempt("2026-11-08T12:00:01Z")).toMatchObject({ sent: 0, repeated: 3 });
  });

  it("go out at once where their time came while nobody ran, once, and not before it", async () => {
    await sealOctober();
    for (const [now, mails] of [
      ["2026-11-08T05:59:59Z", 0],
      ["2026-11-20T12:00:00Z", 3],
      ["2026-11-21T12:00:00Z", 0],
    ] as const) {
      const notifier = test.notifier({ now, teams: TEAMS, schedule: "0 6 8 * *" });
      await notifier.start();
      await notifier.stop(); // what is in hand is finished
      expect(subjects()).toHaveLength(mails);
    }
  });

  it("go out when the log says that it was closed, also while nobody listened, unless it was long ago", async () => {
    await sealOctober();
    await test.close(OCTOBER, "2026-11-11T00:00:00Z");
    await test.announce(OCTOBER);
    await runUntilCaughtUp(
      test.notifier({ now: "2026-12-20T06:00:00Z", teams: TEAMS, schedule: "0 0 1 1 *" }),
    );
    expect(subjects()).toEqual([]);
    await test.announce(OCTOBER);
    await runUntilCaughtUp(
      test.notifier({ now: "2026-11-13T06:00:00Z", teams: TEAMS, schedule: "0 0 1 1 *" }),
    );
    expect(subjects()).toHaveLength(3);
    await test.announce(OCTOBER);
    await runUntilCaughtUp(
      test.notifier({ now: "2026-11-14T06:00:00Z", teams: TEAMS, schedule: "0 0 1 1 *" }),
    );
    expect(subjects()).toEqual([]);
  });
});
