import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { readNotifications } from "@apportion/books/notifications/read-notifications";
import { parseBillingPeriod } from "@apportion/domain/period";
import { runs } from "@apportion/pipeline/october";
import { billReading, publishAll, registryWith } from "@apportion/pipeline/platform";
import type { RenderedMail } from "@apportion/reports/mail/mail";
import { renderFinanceSummary } from "@apportion/reports/monthly/finance-report";
import { renderTeamReport } from "@apportion/reports/monthly/team-report";
import { DeferredError, type DeliverySummary } from "./delivery/deliver.js";
import type { Mailer, OutgoingMail } from "./delivery/mailer.js";
import { createDeliveryRecords } from "./delivery/records.js";
import { openTestPlatform, teamSection, worked, type TestPlatform } from "./testing/platform.js";

/** A day is enough of a month, and each test has a month to itself: so they share a platform. */
const DAYS = [
  "2026-02-28",
  "2026-03-31",
  "2026-04-30",
  "2026-07-31",
  "2026-08-31",
  "2026-09-30",
  "2026-10-31",
];
const teams = [teamSection("search"), teamSection("checkout")];
const registry = registryWith({ teams });

let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
  const readings = DAYS.flatMap((day) => [
    worked(day, { search: "10", checkout: "2.5" }),
    runs(day, { search: 1 }),
  ]);
  const grown = [
    worked("2026-05-30", { search: "10", checkout: "2.5" }),
    worked("2026-06-30", { search: "14", checkout: "2.5" }),
  ];
  const used = ["2026-05-30", "2026-06-30"].map((day) => runs(day, { search: 1 }));
  await publishAll(test.log, [...readings, ...grown, ...used], "2026-11-02T06:00:00Z");
  await test.settle({ registry });
});
afterAll(() => test.close());

describe("reports of an open month", () => {
  it("go out once when several notifiers send them at the same time", async () => {
    const summaries = await Promise.all(
      ["one", "two"].map((id) =>
        test
          .notifier({ now: "2026-08-08T06:00:00Z", registry, process: { id, alone: false } })
          .sendMonthlyReports(parseBillingPeriod("2026-07")),
      ),
    );
    expect(summaries.map(({ sent, repeated }) => sent + repeated)).toEqual([3, 3]);
    expect(summaries.reduce((sum, { sent }) => sum + sent, 0)).toBe(3);
    expect(test.subjects()).toHaveLength(3);
  });

  it("are not made of every workload again once they are on record", async () => {
    const notifier = test.notifier({ now: "2026-07-08T06:00:00Z", registry });
    const asked = vi.spyOn(test.clickhouse, "query");
    const send = async (): Promise<{ sent: number; repeated: number; looksAtCells: number }> => {
      const { sent, repeated } = await notifier.sendMonthlyReports(parseBillingPeriod("2026-06"));
      const looks = asked.mock.calls.splice(0).filter(([{ query }]) => query.includes("FROM cells"));
      return { sent, repeated, looksAtCells: looks.length };
    };
    onTestFinished(() => asked.mockRestore());
    expect(await send()).toEqual({
      sent: 3,
      repeated: 0,
      looksAtCells: expect.toSatisfy((looks: number) => looks > 0),
    });
    expect(await send()).toEqual({ sent: 0, repeated: 3, looksAtCells: 0 });
    test.subjects();
  });

  it("reach each recipient once while another is put off, whoever tries again, until that one is given up", async () => {
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
    const contacts = ["full@example.com", "lead@example.com"];
    // The other team is not configured any more: finance has its report.
    const withoutCheckout = registryWith({ teams: [teamSection("search", { contacts })] });
    const attempt = (now: string): Promise<DeliverySummary> =>
      test
        .notifier({ now, registry: withoutCheckout, mailer: fullMailbox })
        .sendMonthlyReports(parseBillingPeriod("2026-08"));
    for (const now of ["2026-09-08T06:00:00Z", "2026-09-08T09:00:00Z", "2026-09-08T11:59:59Z"]) {
      await expect(attempt(now)).rejects.toBeInstanceOf(DeferredError);
    }
    expect(reached.splice(0).toSorted()).toEqual([
      "finance@example.com: Chargeback August 2026",
      "finance@example.com: checkout",
      "lead@example.com: search",
    ]);
    // Six hours after it was first put off: finance is told instead.
    expect(await attempt("2026-09-08T12:00:00Z")).toMatchObject({ sent: 1, repeated: 2 });
    expect(reached).toEqual(["finance@example.com: Not delivered"]);
    expect(await attempt("2026-09-08T12:00:01Z")).toMatchObject({ sent: 0, repeated: 3 });
  });

  it("go again as they were, with their pictures, to whom they did not reach", async () => {
    const sent: OutgoingMail[] = [];
    let isGone = true;
    const mailer: Mailer = {
      async send(mail) {
        sent.push(mail);
        const refused = mail.envelopeTo
          .filter((recipient) => isGone && recipient.startsWith("gone"))
          .map((recipient) => ({ recipient, reply: "550 no" }));
        return { accepted: mail.envelopeTo.slice(refused.length), refused, deferred: [] };
      },
      verify: async () => undefined,
      close: () => undefined,
    };
    const contacts = ["gone@example.com", "lead@example.com"];
    const notifier = test.notifier({
      now: "2026-03-08T06:00:00Z",
      registry: registryWith({ teams: [teamSection("search", { contacts })] }),
      mailer,
    });
    await notifier.sendMonthlyReports(parseBillingPeriod("2026-02"));
    const first = sent.splice(0).find(({ to }) => to.includes("lead@example.com"));
    isGone = false;
    await notifier.retry({ key: "team-report/2026-02/search/provisional", by: "a controller" });
    expect(first?.files?.map(({ contentType }) => contentType)).toEqual(["image/png"]);
    expect(sent.map(({ envelopeTo, html, csv, files }) => ({ envelopeTo, html, csv, files }))).toEqual([
      { envelopeTo: ["gone@example.com"], html: first?.html, csv: first?.csv, files: first?.files },
    ]);
  });

  it("are one mail for who leads several teams, once, and neither a team that comes later nor one that goes repeats a report", async () => {
    const lead = "lead@example.com";
    const own = "own@example.com";
    const sendTo = async (contacts: Readonly<Record<string, string[]>>): Promise<string[][]> => {
      const led = Object.entries(contacts).map(([id, addresses]) => teamSection(id, { contacts: addresses }));
      const notifier = test.notifier({ now: "2026-04-08T06:00:00Z", registry: registryWith({ teams: led }) });
      await notifier.sendMonthlyReports(parseBillingPeriod("2026-03"));
      return test.sent.splice(0).map(({ envelopeTo, subject }) => [...envelopeTo, subject]);
    };
    expect(await sendTo({ search: [lead, own], checkout: [lead] })).toEqual([
      [own, "search: USD 10.00 in March 2026 (provisional)"],
      [lead, "Your 2 teams: USD 12.50 in March 2026, 0 over budget (provisional)"],
      ["finance@example.com", "Chargeback March 2026: USD 12.50, 0 over budget (provisional)"],
    ]);
    expect(await sendTo({ search: [lead, own], checkout: [lead] })).toEqual([]);
    expect(await sendTo({ search: [lead, own], checkout: [lead], fresh: [lead] })).toEqual([
      [lead, "fresh: USD 0.00 in March 2026 (provisional)"],
    ]);
    // Who had one team's report leads another one since, and is told of that alone: nobody has a report twice.
    const since = { search: [own], checkout: [lead, own] };
    expect(await sendTo(since)).toEqual([[own, "checkout: USD 2.50 in March 2026 (provisional)"]]);
    expect(await sendTo(since)).toEqual([]);
    const listed = await readNotifications(test.clickhouse, { month: "2026-03", team: "checkout" });
    expect(listed.map(({ key, state, recipients }) => [key, state, recipients])).toEqual([
      ["team-digest/2026-03/lead@example.com/provisional", "sent", [lead]],
      ["team-report/2026-03/checkout/provisional", "sent", [own]],
    ]);
    expect(
      await test.rows(
        "SELECT team_id, state, toString(reached) AS reached FROM message_deliveries WHERE kind = 'team-digest'",
      ),
    ).toEqual([{ team_id: "", state: "sent", reached: "1" }]);
    expect(
      await test.rows(
        "SELECT team_id, uniqExact(message_id) AS mails FROM deliveries WHERE kind = 'team-digest' GROUP BY team_id ORDER BY team_id",
      ),
    ).toEqual(["", "checkout", "search"].map((team_id) => expect.objectContaining({ team_id })));
  });

  it("are not repeated to who is on record in another spelling of the address, from before addresses were put in small letters", async () => {
    const period = parseBillingPeriod("2026-04");
    const led = ["search", "checkout"].map((id) => teamSection(id, { contacts: ["Lead@Example.com"] }));
    await createDeliveryRecords(test.clickhouse, test.log).add(
      {
        kind: "team-digest",
        period,
        recipient: "Lead@Example.com",
        edition: "provisional",
        teamId: "",
        alsoTellsOfTeams: ["checkout", "search"],
      },
      {
        recipients: ["Lead@Example.com"],
        messageId: "<old@example.com>",
        sentAt: new Date("2026-05-07T06:00:00Z"),
      },
    );
    const notifier = test.notifier({ now: "2026-05-08T06:00:00Z", registry: registryWith({ teams: led }) });
    await notifier.sendMonthlyReports(period);
    expect(test.sent.splice(0).flatMap(({ envelopeTo }) => envelopeTo)).toEqual(["finance@example.com"]);
  });

  it("go out at once where their time came while nobody ran, once, and not before it", async () => {
    for (const [now, mails] of [
      ["2026-10-08T05:59:59Z", 0],
      ["2026-10-20T12:00:00Z", 3],
      ["2026-10-21T12:00:00Z", 0],
    ] as const) {
      const notifier = test.notifier({ now, registry, schedule: "0 6 8 * *" });
      await notifier.start();
      await notifier.stop(); // what is in hand is finished
      expect(test.subjects()).toHaveLength(mails);
    }
  });

  it("say what moved most since the month before, where something did and there is one", async () => {
    const notifier = test.notifier({ now: "2026-11-20T06:00:00Z", registry });
    const [june, may] = [
      await notifier.composeReports(parseBillingPeriod("2026-06")),
      await notifier.composeReports(parseBillingPeriod("2026-05")),
    ];
    const renderedOf = (reports: typeof june, id: string): RenderedMail | undefined =>
      reports?.teams.filter(({ team }) => team.id === id).map(renderTeamReport)[0];
    const textOf = (reports: typeof june, id: string): string => renderedOf(reports, id)?.text ?? "";
    expect(textOf(june, "search")).toMatch(
      /WHAT CHANGED MOST SINCE MAY 2026\n.*Change, USD\n {2}not told apart: CPU of one\/team-search\/\S+ +\+4\.00\n {2}All changes +\+4\.00\n\n/,
    );
    for (const nothing of [textOf(june, "checkout"), textOf(may, "search")])
      expect(nothing).not.toContain("WHAT CHANGED");
    expect(renderedOf(june, "search")?.html).toContain("What changed most since May 2026");
  });

  it("say which clusters are on no bill, as allocation knows it", async () => {
    const day = "2026-10-31";
    const onTwo = { ...worked(day, { search: "3" }, "two"), finality: "final" as const };
    await publishAll(test.log, [onTwo, billReading(day, "10")], "2026-11-02T07:00:00Z");
    const saysSo = async (account: string | undefined, now: string): Promise<boolean | undefined> => {
      const clusters = account === undefined ? [] : [{ id: "two", account }];
      await test.settle({ registry: registryWith({ teams, clusters }), now });
      const notifier = test.notifier({ now, registry });
      const reports = await notifier.composeReports(parseBillingPeriod("2026-10"));
      return reports && renderFinanceSummary(reports.finance).text.includes("except two at list price");
    };
    expect(await saysSo("none", "2026-11-25T00:00:00Z")).toBe(true);
    expect(await saysSo(undefined, "2026-11-25T01:00:00Z")).toBe(false);
  });
});
