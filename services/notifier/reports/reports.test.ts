import { describe, expect, it } from "vitest";
import { NO_HISTORY } from "@apportion/books/forecast/history";
import { type MonthCosts, ownerOf } from "@apportion/books/months/month";
import type { BillOfMonth } from "@apportion/books/months/read-bill";
import type { Correction, LaterCorrection } from "@apportion/books/months/read-corrections";
import type { PostedMonth } from "@apportion/books/months/read-posted";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { groupedCents } from "@apportion/domain/cents";
import type { RenderedMail } from "@apportion/reports/mail/mail";
import { composeReports, type MonthReports, NotAsPostedError } from "@apportion/reports/monthly/compose";
import { renderDigest } from "@apportion/reports/monthly/digest";
import { financeFile, teamFile } from "@apportion/reports/monthly/files";
import { isOver } from "@apportion/reports/monthly/finance-tables";
import { renderFinanceSummary } from "@apportion/reports/monthly/finance-report";
import { renderTeamReport, standingLines } from "@apportion/reports/monthly/team-report";
import type { ReportAdvice } from "@apportion/reports/monthly/team-advice";
import {
  lineOf,
  monthOf,
  OCTOBER,
  PLATFORM_TEAMS,
  platformMonth,
  registryOf,
  teamOf,
} from "@apportion/reports/testing/months";
import { reportMails } from "./due-mails.js";

const compose = (
  month = platformMonth(OCTOBER, 31),
  {
    teams = PLATFORM_TEAMS,
    today = "2026-11-24",
    corrections = [],
    correctedLater = [],
    posted,
    bill,
    advice,
    previous = monthOf(OCTOBER, []),
  }: {
    teams?: typeof PLATFORM_TEAMS;
    today?: string;
    corrections?: Correction[];
    correctedLater?: LaterCorrection[];
    posted?: PostedMonth;
    bill?: BillOfMonth;
    advice?: ReportAdvice;
    previous?: MonthCosts;
  } = {},
): MonthReports => {
  const reports = composeReports({
    month,
    previous,
    history: NO_HISTORY,
    posted,
    corrections,
    correctedLater,
    bill,
    ...(advice && { advice }),
    units: new Map([["mlflow.runs", "runs"]]),
    registry: registryOf(teams),
    currency: "USD",
    today: today as Day,
    settleDay: 7,
    thresholdsPercent: [80, 90, 100],
    chargingBasis: "net amortised cost",
    questionsTo: "finance@example.com",
  });
  if (!reports) throw new Error("The month has costs");
  return reports;
};

/** The month as the ledger has it when it was closed like this. */
const postedAs = (
  { finance: { statements } }: MonthReports,
  { hash = "ab".repeat(32), corrections = [] as string[] } = {},
): PostedMonth => ({
  seq: "3",
  hash,
  corrections,
  charged: new Map(
    [...statements.teams, statements.idle, statements.corporate, statements.unallocated].map((each) => [
      ownerOf(each.ownerKind, each.teamId),
      each.cents,
    ]),
  ),
  teams: new Map(),
});
const editions = (reports: MonthReports): (string | undefined)[] => [
  ...new Set(
    reportMails(reports, ["finance@example.com"], new Map()).map(({ about }) =>
      "edition" in about ? about.edition : undefined,
    ),
  ),
];
const ONE = 10n ** 12n;
const BILL: BillOfMonth = {
  billed: 200n * ONE,
  missed: 7n * ONE,
  accuracyPercent: "96.50",
  invoice: 230n * ONE,
  purchases: 50n * ONE,
  amortisation: 25n * ONE,
  discounts: -5n * ONE,
  unusedCommitment: 3n * ONE,
};

const amounts = (csv: string): number[] => {
  const [header = "", ...lines] = csv
    .replace(/^\uFEFF/, "")
    .trim()
    .split("\r\n");
  const column = header.split(",").indexOf("amount");
  return lines.map((line) => Math.round(Number(line.split(",")[column]) * 100));
};
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** About how wide Arial and its like print a text at 14 px. */
function pixelsOf(text: string): number {
  const widths = text
    .split("")
    .map((character) =>
      /\d/.test(character) ? 7.8 : /[.,()\s'-]/.test(character) ? 4 : character === "%" ? 12.5 : 7,
    );
  return sum(widths);
}

/** Whether what may not be broken in each table is no wider than a phone. */
function fitsAPhone(html: string): void {
  for (const [, markup = ""] of html.matchAll(/<table width="100%"(.*?)<\/table>/gs)) {
    const rows = [...markup.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = ""]) =>
      [...row.matchAll(/<t[dh][^>]*style="([^"]*)"[^>]*>(.*?)<\/t[dh]>/gs)].map(
        ([, style = "", cell = ""]) => {
          const lines = cell.split("<br />").map((line) =>
            line
              .replace(/<[^>]*>/g, "")
              .replaceAll("&nbsp;", " ")
              .trim(),
          );
          const words =
            style.includes("nowrap") && !style.includes("white-space:normal")
              ? lines.map((line) => [line])
              : lines.map((line) => line.split(/\s+/));
          // What stands below is smaller.
          return Math.max(
            ...words.flatMap((parts, at) =>
              parts.map((part) => (pixelsOf(part) * (at === 0 ? 14 : 12)) / 14),
            ),
          );
        },
      ),
    );
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column] ?? 0)));
    const pixels = sum(widths.map((width, column) => width + (column === 0 ? 0 : 10)));
    expect(pixels).toBeLessThan(358);
  }
}

describe("monthly reports", () => {
  it("say what was advised, accepted and saved, in the mail and in its text, and nothing where nothing is", () => {
    const month = platformMonth(OCTOBER, 31);
    const team = compose(month).teams[0]?.team.id ?? "";
    const advised = {
      id: "a0d1d407a8ca",
      kind: "unmounted-volumes" as const,
      team,
      life: { state: "open" as const },
      advised: 92n * 10n ** 12n,
    };
    const [first, second] = compose(month, { advice: { recommendations: [], lives: [advised] } }).teams.map(
      renderTeamReport,
    );
    for (const printed of [first?.html.replaceAll("&nbsp;", " "), first?.text])
      expect(printed?.replaceAll("\u00a0", " ")).toContain("USD 92.00 a month is advised");
    expect(first?.text).toContain("WHAT WOULD SAVE");
    expect(second?.text).not.toContain("WHAT WOULD SAVE");
  });

  it("print the accuracy of the bill and the way from the invoice to what is charged, where there is a bill", () => {
    const { html, text } = renderFinanceSummary(compose(undefined, { bill: BILL }).finance);
    for (const printed of [html.replaceAll("&nbsp;", " "), text].map((each) =>
      each.replaceAll("\u00a0", " "),
    )) {
      expect(printed).toContain("96.50 % of the bill is attributed");
      expect(printed).toContain("USD 7.00 of USD 200.00 differs");
      for (const amount of ["230.00", "25.00", "200.00", "3.00"])
        expect(printed).toContain(amount);
      expect(printed).toMatch(/Purchases of savings plans and reservations[^]{0,200}50\.00/);
    }
    expect(renderFinanceSummary(compose().finance).text).not.toMatch(/invoice/i);
  });

  it("print the way from the invoice in cents that add up to what is charged", () => {
    const cent = ONE / 100n;
    const bill = {
      ...BILL,
      invoice: 230n * ONE,
      purchases: 50n * ONE + (cent * 4n) / 10n,
      amortisation: 25n * ONE + (cent * 14n) / 10n,
      discounts: -5n * ONE - (cent * 4n) / 10n,
    };
    const { text } = renderFinanceSummary(compose(undefined, { bill }).finance);
    const rows = text
      .slice(text.indexOf("FROM THE INVOICE"))
      .split("\n")
      .slice(2, 10)
      .map((row) => BigInt(row.replace(/.* /, "").replace(/[.,]/g, "")));
    const sumOfWay = rows.slice(0, 4).reduce((total, cents) => total + cents, 0n);
    const [billed = 0n, , beside = 0n, statements] = rows.slice(4);
    expect(billed).toBe(20_001n);
    expect(sumOfWay).toBe(billed);
    expect(billed + beside).toBe(statements);
  });

  it("add up: the lines of a file to its statement, the statements to the month", () => {
    const { teams, finance } = compose();
    for (const report of teams)
      expect(sum(amounts(teamFile(report).content))).toBe(Number(report.statement.cents));
    const { statements } = finance;
    expect(sum(amounts(financeFile(finance).content))).toBe(Number(statements.cents));
    const parts = [...statements.teams, statements.idle, statements.unallocated].map(({ cents }) =>
      Number(cents),
    );
    expect(sum(parts)).toBe(Number(statements.cents));
  });

  it("show corrections of closed months beside the statement, and in the file, which adds up with them", () => {
    const correction = (teamId: string, cents: bigint): Correction => ({
      kind: "correction",
      reason: "",
      correctsPeriod: "2026-09" as BillingPeriod,
      ownerKind: "team",
      teamId,
      costCenter: "cc-then",
      category: "object-storage",
      pool: "",
      cents,
      editions: [2],
    });
    const [first, second] = PLATFORM_TEAMS.map(({ id }) => id);
    const { teams, finance } = compose(undefined, {
      corrections: [correction(first ?? "", 339n), correction(second ?? "", -20n)],
    });
    const report = teams.find(({ team }) => team.id === first);
    if (!report) throw new Error("The team has a report");
    const { html, text } = renderTeamReport(report);
    for (const rendered of [html, text]) {
      expect(rendered).toContain("September 2026, S3 storage");
      const charged = groupedCents(report.statement.cents + 339n);
      expect(rendered.replaceAll("&nbsp;", " ")).toContain(
        `+ USD 3.39 corrections of September 2026 = USD ${charged} charged in October 2026`,
      );
    }
    expect(teamFile(report).content).toContain(`,cc-then,object-storage,correction,`);
    expect(sum(amounts(teamFile(report).content))).toBe(Number(report.statement.cents) + 339);
    expect(sum(amounts(financeFile(finance).content))).toBe(Number(finance.statements.cents) + 319);
    const summary = renderFinanceSummary(finance);
    expect(summary.text).toContain(
      `its amounts add up to USD ${groupedCents(finance.statements.cents + 319n)}. An amount may differ from its exact_amount by a cent`,
    );
    expect(summary.text).toMatch(/September 2026, 2 teams +3.19/);
    const inAll = groupedCents(finance.statements.cents + 319n);
    for (const rendered of [summary.html.replaceAll("&nbsp;", " "), summary.text])
      expect(rendered).toContain(
        `+ USD 3.19 corrections of September 2026 = USD ${inAll} charged in October 2026`,
      );
  });

  it("have tables that foot: teams and pools add up to the headline, and with corrections to all that is charged", () => {
    const correction = (teamId: string, cents: bigint): Correction => ({
      kind: "correction",
      reason: "",
      correctsPeriod: "2026-09" as BillingPeriod,
      ownerKind: "team",
      teamId,
      costCenter: "cc-then",
      category: "object-storage",
      pool: "",
      cents,
      editions: [2],
    });
    const { finance } = compose(undefined, { corrections: [correction("search", 339n)], bill: BILL });
    const { html, text } = renderFinanceSummary(finance);
    const table = (title: string): [string, bigint][] => {
      const lines = text.slice(text.indexOf(`\n${title}`)).split("\n").slice(2);
      return lines.slice(0, lines.indexOf("")).flatMap((row) => {
        const [, name = "", amount = ""] = /^ {2}(.+?) +(-?[\d,]+\.\d\d)/.exec(row) ?? [];
        return amount === "" ? [] : [[name, BigInt(amount.replace(/[.,]/g, ""))]];
      });
    };
    const rows = table("TEAMS\n");
    const at = (name: string): bigint => rows.find(([each]) => each === name)?.[1] ?? -1n;
    const teams = rows.slice(0, PLATFORM_TEAMS.length).reduce((total, [, cents]) => total + cents, 0n);
    expect(at("4 teams")).toBe(teams);
    expect(teams + at("Idle capacity") + at("Unallocated")).toBe(finance.statements.cents);
    expect(at("Statements of October 2026")).toBe(finance.statements.cents);
    expect(at("Charged in October 2026")).toBe(finance.statements.cents + 339n);
    expect(table("CORRECTIONS OF EARLIER")).toEqual([
      ["September 2026, 1 team", 339n],
      ["Total", 339n],
    ]);
    expect(table("FROM THE INVOICE").at(-1)).toEqual([
      "Statements of October 2026",
      finance.statements.cents,
    ]);
    // One word for one thing: charged is the statements and the corrections together, wherever it is said.
    for (const said of [text, html.replace(/<[^>]*>/g, "")])
      for (const [, after] of said.matchAll(/[Cc]harged(.{0,20})/g))
        expect(after).toMatch(/^ (in|since) October 2026/);
  });

  it.each([
    ["", 2_199_999_99n, 0],
    [" with a part that is not settled", 2_199_999_99n, 0],
    [" beside the month before", 219_999_99n, 30],
  ])("have tables that a phone can show%s", (unsettled, cents, daysBefore) => {
    const { finance } = compose(undefined, {
      previous: platformMonth("2026-09" as BillingPeriod, daysBefore),
    });
    const teams = finance.teams.map((row) => ({
      ...row,
      ...(daysBefore > 0 && { compared: { cents, before: cents / 2n } }),
      team: { ...row.team, name: "Recommendations of Products" },
      statement: { ...row.statement, cents },
      budgetCents: 125_000_00n,
      unsettledCents: unsettled.includes("not settled") ? 1_234_567_89n : 0n,
    }));
    const { html } = renderFinanceSummary({ ...finance, teams });
    expect(/<th[^>]*>\s*Statement, USD<br \/><span[^>]*>\s*not settled/.test(html)).toBe(
      unsettled.includes("not settled"),
    );
    fitsAPhone(html);
  });

  it("say what of the month was corrected later, and into which month that was posted", () => {
    const [team] = PLATFORM_TEAMS;
    const later = (postedInto: string, teamId: string, cents: bigint): LaterCorrection => ({
      postedInto: postedInto as BillingPeriod,
      ownerKind: teamId === "" ? "idle" : "team",
      teamId,
      cents,
    });
    const { teams, finance } = compose(undefined, {
      correctedLater: [
        later("2026-11", "", 100n),
        later("2026-11", team?.id ?? "", 9090n),
        later("2026-12", team?.id ?? "", -5n),
      ],
    });
    const [first, second] = teams.map(renderTeamReport);
    for (const rendered of [first?.html.replaceAll("&nbsp;", " "), first?.text])
      expect(rendered).toContain(
        "Posted about it later: USD 90.90 in November 2026 and USD -0.05 in December 2026.",
      );
    expect(second?.text).not.toContain("Posted about it later");
    expect(renderFinanceSummary(finance).text).toContain("Posted about it later: USD 91.90 in November 2026 and");
  });

  it("are provisional until the month is closed, however settled it is, and say why", () => {
    expect(compose(undefined, { today: "2026-11-07" }).status).toMatchObject({
      reasons: [expect.stringContaining("not closed yet"), "Sources may restate costs until 7 Nov 2026."],
    });
    const settled = compose(undefined, { today: "2026-11-08" });
    expect(settled.status).toMatchObject({ reasons: [expect.stringContaining("not closed yet")] });
    const closed = compose(undefined, { posted: postedAs(settled) });
    expect(closed.status.kind).toBe("final");
    const [report] = closed.teams;
    expect(report && renderTeamReport(report).text).toContain("posted: journal 3, abababababab.");
    const half = compose(platformMonth(OCTOBER, 20));
    expect(half.status.kind).toBe("provisional");
    const [team] = half.teams;
    expect(team && renderTeamReport(team).text).toContain("11 days of the month have no data yet");
  });

  it("promise of a corrected owner what it does: nothing to a month that is closed, unless it is decided again", () => {
    const open = compose();
    const textOf = ({ teams: [first] }: MonthReports): string => (first ? renderTeamReport(first).text : "");
    expect(textOf(open)).toContain("until the month is closed, a corrected owner re-allocates the days");
    const final = textOf(compose(undefined, { posted: postedAs(open) }));
    expect(final).not.toContain("re-allocates");
    expect(final).toContain(
      "October 2026 is closed and stays as it was posted, unless finance decides it again",
    );
  });

  it("are another edition for another journal, or for another correction beside it, and else the same", () => {
    const open = compose();
    const closedWith = (ledger: Parameters<typeof postedAs>[1]): MonthReports =>
      compose(undefined, { posted: postedAs(open, ledger) });
    expect(editions(open)).toEqual(["provisional"]);
    const [edition] = editions(closedWith({}));
    expect(edition).toMatch(/^final-[0-9a-f]{16}$/);
    expect(editions(closedWith({}))).toEqual([edition]);
    expect(editions(closedWith({ hash: "cd".repeat(32) }))).not.toEqual([edition]);
    expect(editions(closedWith({ corrections: ["ef".repeat(32)] }))).not.toEqual([edition]);
  });

  it("say that they are at list price where there is no bill", () => {
    const said = "At list price: there is no bill of these costs.";
    const texts = (reports: MonthReports): string[] => [
      ...reports.teams.map((report) => renderTeamReport(report).text),
      renderFinanceSummary(reports.finance).text,
    ];
    for (const text of texts(compose())) expect(text).toContain(said);
    const month = platformMonth(OCTOBER, 31);
    for (const text of texts(compose({ ...month, bills: new Map([["main", new Set()]]) })))
      expect(text).not.toContain(said);
  });

  it("are not made when they would say something else than what was posted", () => {
    const posted = postedAs(compose());
    const other = new Map(posted.charged).set("team/search", 1n);
    expect(() => compose(undefined, { posted: { ...posted, charged: other } })).toThrow(NotAsPostedError);
  });

  it("say that a day waits for a reading, and which", () => {
    const month = monthOf(OCTOBER, platformMonth(OCTOBER, 31).lines, {
      "2026-10-05": { missing: ["usage/mlflow/mlflow"] },
    });
    expect(renderFinanceSummary(compose(month).finance).text).toContain("usage/mlflow/mlflow");
  });

  it("call the way from list prices to the bill by one name, whichever way it goes", () => {
    const textWith = (variance: string): string[] => {
      const nobody = { ownerKind: "unallocated", teamId: "", namespace: "", cluster: "" } as const;
      const lines = [{}, nobody].map((owner) =>
        lineOf("2026-10-01", variance, { category: "rate-variance", ...owner }),
      );
      const { teams, finance } = compose(monthOf(OCTOBER, [lineOf("2026-10-01", "50"), ...lines]));
      const search = teams.find(({ team }) => team.id === "search");
      return [search ? renderTeamReport(search).text : "", renderFinanceSummary(finance).text];
    };
    for (const text of textWith("-12")) expect(text).toMatch(/Kubernetes, bill less list prices +-12.00/);
    for (const text of textWith("12")) expect(text).toMatch(/Kubernetes, bill less list prices +12.00/);
  });

  it("escape what people typed, and keep formulas out of spreadsheets", () => {
    const teams = [teamOf("search", { name: '<script>alert("x")</script>', costCenter: "=HYPERLINK(1)" })];
    const { teams: reports } = compose(monthOf(OCTOBER, [lineOf("2026-10-01", "5")]), { teams });
    const [report] = reports;
    if (!report) throw new Error("The team has a report");
    const { html } = renderTeamReport(report);
    expect(html).not.toContain("<script>");
    expect(html).toContain("&lt;script&gt;");
    expect(teamFile(report).content).toContain("'=HYPERLINK(1)");
  });

  it("go to the team's contacts, to finance where a team has none, and to finance as a whole, last", () => {
    const teams = [teamOf("search"), teamOf("orphan", { contacts: [] })];
    const reports = compose(monthOf(OCTOBER, [lineOf("2026-10-01", "5")]), { teams });
    const mails = reportMails(reports, ["finance@example.com"], new Map());
    expect(mails.map(({ about, to }) => [about.kind, to])).toEqual([
      ["team-report", ["finance@example.com"]],
      ["team-report", ["search-lead@example.com"]],
      ["finance-report", ["finance@example.com"]],
    ]);
  });

  it("reach finance about a team without contacts also where finance's reader leads several others", () => {
    const reader = "finance@example.com";
    const teams = [teamOf("ads", { contacts: [reader] }), teamOf("search", { contacts: [reader] }), teamOf("orphan", { contacts: [] })];
    const reports = compose(monthOf(OCTOBER, [lineOf("2026-10-01", "5")]), { teams });
    const told = reportMails(reports, [reader], new Map()).flatMap(({ about, to }) =>
      to.length === 0 ? [] : [[about.kind, "teamId" in about ? about.teamId : ""]],
    );
    expect(told).toEqual([
      ["team-report", "orphan"],
      ["team-digest", ""],
      ["finance-report", ""],
    ]);
  });

  it("bring the pictures that they show, and stay below what mail programs cut", async () => {
    const { teams, finance } = compose();
    for (const mail of [...teams.map(renderTeamReport), renderFinanceSummary(finance)]) {
      const pictures = ((await mail.files?.()) ?? []).filter(({ cid }) => cid !== undefined);
      const shown = [...mail.html.matchAll(/src="cid:([^"]+)"/g)].map(([, cid]) => cid);
      expect(pictures.map(({ cid }) => cid)).toEqual(shown);
      expect(sum(pictures.map(({ content }) => content.length))).toBeLessThan(150_000);
      expect(mail.html.length).toBeLessThan(102 * 1024);
    }
    // A budget and every day of the month: its course; and each day by itself.
    const [checkout] = teams;
    expect(checkout && renderTeamReport(checkout).html.match(/<img/g)).toHaveLength(2);
  });

  it("are the same text on every machine and at every attempt", () => {
    const [first, second] = [compose(), compose()].map(({ teams }) =>
      teams.map((report) => renderTeamReport(report).html),
    );
    expect(first).toEqual(second);
  });
});

describe("a digest", () => {
  const digestOf = (reports: MonthReports): RenderedMail => renderDigest(reports.finance, reports.teams);
  const beside = (): MonthReports =>
    compose(undefined, { previous: platformMonth("2026-09" as BillingPeriod, 30) });

  it("is for who leads several teams, and has those alone; the others have the reports of their teams", () => {
    const lead = "both@example.com";
    const teams = PLATFORM_TEAMS.map((team) =>
      ["payments", "search"].includes(team.id) ? { ...team, contacts: [...team.contacts, lead] } : team,
    );
    const mails = reportMails(compose(undefined, { teams }), ["finance@example.com"], new Map());
    const [digest, ...others] = mails.filter(({ about }) => about.kind === "team-digest");
    expect([digest?.to, others]).toEqual([[lead], []]);
    expect(digest?.about).toMatchObject({ recipient: lead, alsoTellsOfTeams: ["payments", "search"] });
    expect(mails.filter(({ to }) => to.includes(lead))).toHaveLength(1);
    const said = [digest?.rendered.html, digest?.rendered.text, digest?.rendered.csv?.content].join();
    expect(said).toContain("Payments");
    expect(said).not.toMatch(/Checkout|Recommendations/);
    expect(mails.map(({ to }) => to).filter(([to]) => to?.endsWith("-lead@example.com"))).toHaveLength(4);
  });

  it("adds up: rows, total and lines of the file", () => {
    const reports = beside();
    const { text, csv } = digestOf(reports);
    const total = reports.teams.reduce((all, { statement }) => all + statement.cents, 0n);
    const before = reports.teams.reduce(
      (all, { comparison }) => all + (comparison.kind === "compared" ? comparison.before : 0n),
      0n,
    );
    expect(text).toMatch(new RegExp(`All of them +${groupedCents(total)} .* ${groupedCents(before)} `));
    expect(sum(amounts(csv?.content ?? ""))).toBe(Number(total));
  });

  it("begins with the teams that are over budget, and says what each report does", () => {
    const reports = beside();
    const { text } = digestOf(reports);
    const over = reports.finance.teams.filter(isOver).map(({ team }) => team.name);
    expect(over.length).toBeGreaterThan(0);
    const titles = [...text.matchAll(/^([A-Z]+): USD /gm)].map(([, name = ""]) => name);
    expect(titles.slice(0, over.length).toSorted()).toEqual(
      over.map((name) => name.toUpperCase()).toSorted(),
    );
    expect(titles).toHaveLength(reports.teams.length);
    for (const report of reports.teams)
      for (const line of standingLines(report)) expect(text).toContain(line);
  });

  it("fits a phone, and what mail programs show, however many teams there are", async () => {
    const names = Array.from({ length: 200 }, (_, at) => teamOf(`team-${at}`, { name: `Recommendations ${at}` }));
    const lines = names.flatMap(({ id }) => [lineOf("2026-10-01", "123456.78", { teamId: id })]);
    const many = compose(monthOf(OCTOBER, lines), { teams: names });
    const { html, text, files } = digestOf(many);
    fitsAPhone(html);
    fitsAPhone(digestOf(beside()).html);
    expect(html.length).toBeLessThan(102 * 1024);
    expect(text).toContain("171 other teams");
    expect(text).toContain("Recommendations 99 USD 123,456.78");
    const made = (await files?.()) ?? [];
    const bytes = sum(made.map(({ content }) => content.length));
    expect(made.filter(({ contentType }) => contentType === "application/pdf")).toHaveLength(30);
    expect(bytes).toBeLessThan(5_000_000);
  });

  it("has the same reports as PDF at each attempt", async () => {
    const [first, second] = [await digestOf(compose()).files?.(), await digestOf(compose()).files?.()];
    expect(first?.map(({ filename }) => filename)).toContain("payments-2026-10.pdf");
    expect(second).toEqual(first);
  });
});
