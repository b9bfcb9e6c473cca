import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NO_HISTORY } from "@apportion/books/forecast/history";
import { chain, monthEntries } from "@apportion/books/ledger/journal";
import { decimalOfCents } from "@apportion/domain/cents";
import type { Day } from "@apportion/domain/period";
import { lineOf, monthOf, OCTOBER, PLATFORM_TEAMS, platformMonth, registryOf, teamOf } from "../testing/months.js";
import { NAMES } from "../testing/documents.js";
import { composeReports, type MonthReports } from "./compose.js";
import { renderFinanceWorkbook } from "./finance-workbook.js";
import { renderTeamWorkbook } from "./team-workbook.js";

const DATE = new Date("2026-10-31T00:00:00Z");
const hasLibreOffice = spawnSync("soffice", ["--version"]).error === undefined;
const TIMEOUT_MS = 120_000;

/** Names that a spreadsheet could take for formulas are names of teams here. */
const TEAMS = [...PLATFORM_TEAMS, ...NAMES.map((name, at) => teamOf(`t${at}`, { name, costCenter: name }))];

function october(): MonthReports {
  const month = platformMonth(OCTOBER, 31);
  const strange = NAMES.map((_, at) => lineOf("2026-10-31", `${at}.337`, { teamId: `t${at}`, namespace: "x" }));
  const reports = composeReports({
    month: monthOf(OCTOBER, [...month.lines, ...strange]),
    previous: monthOf(OCTOBER, []),
    history: NO_HISTORY,
    posted: undefined,
    corrections: [
      {
        correctsPeriod: "2026-09" as typeof OCTOBER,
        kind: "correction",
        reason: "",
        ownerKind: "team",
        teamId: "search",
        costCenter: "cc-search",
        category: "gpu",
        pool: "",
        cents: -4_205n,
        editions: [2],
      },
    ],
    correctedLater: [],
    bill: undefined,
    units: new Map([["mlflow.runs", "runs"]]),
    registry: registryOf(TEAMS),
    currency: "USD",
    today: "2026-11-24" as Day,
    settleDay: 7,
    thresholdsPercent: [80, 90, 100],
    chargingBasis: "net amortised cost",
    questionsTo: "finance@example.com",
  });
  if (!reports) throw new Error("The month has costs");
  return reports;
}

const REPORTS = october();
const JOURNAL = chain(
  {
    kind: "statement",
    billingPeriod: OCTOBER,
    correctsPeriod: "",
    preparedBy: "ledger",
    approvedBy: "",
    reason: "",
    evidence: "{}",
    entries: monthEntries(
      {
        lines: platformMonth(OCTOBER, 31).lines,
        sources: [{ source: "kubecost", picos: platformMonth(OCTOBER, 31).lines.reduce((sum, { picos }) => sum + picos, 0n) }],
      },
      TEAMS,
    ),
  },
  { seq: 2n, hash: "" },
  DATE,
);
const finance = (): Buffer => renderFinanceWorkbook(REPORTS, [JOURNAL], DATE);
const partsOf = (workbook: Buffer): Record<string, string> =>
  Object.fromEntries(Object.entries(unzipSync(workbook)).map(([name, bytes]) => [name, strFromU8(bytes)]));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "apportion-workbook-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each cached value of a formula made wrong: what a reader shows is then what it computed. */
function withWrongValues(workbook: Buffer): Buffer {
  const files = Object.entries(unzipSync(workbook)).map(([name, bytes]) => [
    name,
    name.startsWith("xl/worksheets/")
      ? strToU8(strFromU8(bytes).replace(/<\/f><v>[^<]*<\/v>/g, "</f><v>77</v>"))
      : bytes,
  ]);
  return Buffer.from(zipSync(Object.fromEntries(files)));
}

/** Sheets as LibreOffice computes them, values in full, by name. */
function recalculated(workbook: Buffer): Map<string, string[][]> {
  const out = mkdtempSync(join(folder, "out-"));
  const profile = join(folder, "profile");
  mkdirSync(join(profile, "user"), { recursive: true });
  writeFileSync(
    join(profile, "user", "registrymodifications.xcu"),
    `<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>`,
  );
  writeFileSync(join(out, "w.xlsx"), workbook);
  const csv = "csv:Text - txt - csv (StarCalc):9,0,76,1,,0,false,false,false,false,false,-1"; // tabs, no quotes, all sheets
  const { status, stderr } = spawnSync(
    "soffice",
    [`-env:UserInstallation=file://${profile}`, "--headless", "--convert-to", csv, "--outdir", out, join(out, "w.xlsx")],
    { encoding: "utf8", timeout: TIMEOUT_MS },
  );
  if (status !== 0) throw new Error(stderr);
  return new Map(
    readdirSync(out)
      .filter((name) => name.endsWith(".csv"))
      .map((name) => [
        name.replace(/^w-|\.csv$/g, ""),
        readFileSync(join(out, name), "utf8")
          .split("\n")
          .map((line) => line.split("\t")),
      ]),
  );
}

const cents = (text: string | undefined): string => Number(text).toFixed(2);

describe("the workbook of finance", () => {
  it("is the same bytes each time", () => {
    expect(finance().equals(finance())).toBe(true);
  });

  it("has no formula but its own, whatever names begin with", () => {
    const formulas = Object.values(partsOf(finance())).flatMap((xml) =>
      [...xml.matchAll(/<f>([^<]*)<\/f>/g)].map(([, formula = ""]) => formula),
    );
    expect(formulas.length).toBeGreaterThan(30);
    for (const formula of formulas)
      expect(formula).toMatch(/^(?:ROUND\([A-Z0-9:+\-()SUM]+,2\)|'[A-Z][a-z ]+'![A-Z]+\d+|IF\(SUMPRODUCT.*)$/);
  });

  it("freezes and repeats heads, and names what is added up", () => {
    const { "xl/workbook.xml": workbook = "", ...others } = partsOf(finance());
    expect(workbook).toContain('<definedName name="Team_by_category_Total_total">');
    expect(workbook).toContain('<definedName name="Cost_centres_Charged">');
    expect(workbook).toMatch(/_xlnm.Print_Titles" localSheetId="2">'Team by category'!\$1:\$\d+</);
    expect(workbook).toMatch(/_xlnm.Print_Area" localSheetId="0">'About'!\$A\$1:\$E\$\d+</);
    expect(others["xl/worksheets/sheet3.xml"]).toMatch(/<pane xSplit="1" ySplit="\d+"[^>]*state="frozen"/);
    expect(others["xl/styles.xml"]).toContain("[$USD]");
  });

  it("has amounts as decimal text of their cents, also where a floating number has no room for them", () => {
    const large = { ...JOURNAL, entries: JOURNAL.entries.map((entry) => ({ ...entry, cents: 900_719_925_474_099_301n })) };
    const journal = Object.values(partsOf(renderFinanceWorkbook(REPORTS, [large], DATE))).join("");
    expect(journal).toContain("<v>9007199254740993.01</v>");
  });

  describe.skipIf(!hasLibreOffice)("recalculated by LibreOffice (skipped without soffice)", { timeout: TIMEOUT_MS }, () => {
    it("gives the posted cents by its formulas alone", () => {
      const sheets = recalculated(withWrongValues(finance()));
      const about = sheets.get("About") ?? [];
      expect(about.find(([what]) => what === "Formulas give what this report says")?.[1]).toBe("yes");
      const checks = about.slice(about.findIndex(([, , posted]) => posted === "As reported") + 1).filter((row) => row[3]);
      expect(checks.length).toBeGreaterThan(25);
      for (const [, , posted, computed, difference] of checks)
        expect([cents(posted), cents(difference)]).toEqual([cents(computed), "0.00"]);
      const matrix = sheets.get("Team by category") ?? [];
      const { statements, teams } = REPORTS.finance;
      expect(cents(matrix.find(([name]) => name?.startsWith("Statements of"))?.at(-1))).toBe(decimalOfCents(statements.cents));
      for (const { team, statement } of teams.slice(0, 4))
        expect(cents(matrix.find(([name]) => name === team.name)?.at(-1))).toBe(decimalOfCents(statement.cents));
    });

    it("measures budgets by what is settled, as its report does, and sums those that there are", () => {
      const [first, ...others] = REPORTS.finance.teams;
      if (!first) throw new Error("There is a team");
      const teams = [
        { ...first, unsettledCents: 5_000n, budgetCents: 100_000n },
        ...others.map((row) => ({ ...row, budgetCents: undefined })),
      ];
      const workbook = renderFinanceWorkbook({ ...REPORTS, finance: { ...REPORTS.finance, teams } }, [], DATE);
      const sheet = recalculated(withWrongValues(workbook)).get("Budgets") ?? [];
      const settled = first.statement.cents - 5_000n;
      const row = [first.statement.cents, 5_000n, settled, 100_000n, settled - 100_000n].map(decimalOfCents);
      for (const name of [first.team.name, "Teams with a budget"])
        expect(sheet.find(([what]) => what === name)?.slice(1, 6).map(cents)).toEqual(row);
      expect(sheet.flat().join()).toContain(`Without a budget for the month: ${others[0]?.team.name}`);
    });

    it("says so where a row was changed", () => {
      const files = unzipSync(finance());
      const changed = Object.entries(files).map(([name, bytes]) => {
        const xml = strFromU8(bytes);
        const isMatrix = xml.includes("Cost centre</t>") && xml.includes("Persistent volumes");
        return [name, isMatrix ? strToU8(xml.replace(/(<c r="C\d+" s="10">)<v>[^<]*<\/v>/, "$1<v>1.00</v>")) : bytes];
      });
      const about = recalculated(Buffer.from(zipSync(Object.fromEntries(changed)))).get("About") ?? [];
      expect(about.find(([what]) => what === "Formulas give what this report says")?.[1]).toContain("NO");
    });

    it("of a team gives its statement", () => {
      const [report] = REPORTS.teams.filter(({ team }) => team.id === "search");
      if (!report) throw new Error("There is a team search");
      const sheets = recalculated(withWrongValues(renderTeamWorkbook(report, DATE)));
      const total = sheets.get("Lines")?.find(([what]) => what?.startsWith("Charged in"));
      expect(cents(total?.at(-1))).toBe(decimalOfCents(report.statement.cents - 4_205n));
      expect(sheets.get("About")?.find(([what]) => what === "Formulas give what this report says")?.[1]).toBe("yes");
    });
  });
});
