import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decimalOfCents, groupedCents } from "@apportion/domain/cents";
import { parsePicos } from "@apportion/domain/money";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { runCli, type RunningCli } from "./cli.js";
import { copyToldDemo, startUp, stop } from "./told-demo.js";

/**
 * What a controller does before signing: one sum, asked everywhere. The demo's November is closed by hand, with a restated day of October
 * corrected in it and an amount moved between two teams, and every surface has to say the same of every team, to the cent.
 */

/** A guard against hanging: a whole demo, and LibreOffice, beside other work. */
const TIMEOUT_MS = 600_000;
const MONTH = "2026-11";
const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

let folder: string;
let reports: string;
let up: RunningCli;
const ask = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCli([...args, "--data", join(folder, "data")]);
  if (code !== 0) throw new Error(`apportion ${args.join(" ")} ends with ${code}: ${stderr}`);
  return stdout;
};
const json = async (...args: string[]): Promise<unknown> => JSON.parse(await ask(...args, "--json"));

/** In cents: what the ledger posted into the month of each team, and of everything. */
const posted = new Map<string, bigint>();
/** Of it the statement, without what concerns October. */
const stated = new Map<string, bigint>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "apportion-sum-"));
  const signed = ["--prepared-by", "an analyst", "--approved-by", "a controller"];
  const told = await copyToldDemo(join(folder, "data"));
  up = await startUp(join(folder, "data"));
  const { quarantined } = JSON.parse(told.stdout) as { quarantined: { id: string }[] };
  for (const { id } of quarantined)
    await ask("quarantine", "drop", id, ...signed, "--reason", "not on the bill");
  const move = ["--from", "team:nlp", "--to", "team:search", "--amount", "120.50", "--month", "2026-10"];
  const draft = (await json(
    "adjust",
    "propose",
    ...move,
    "--reason",
    "theirs",
    "--prepared-by",
    "an analyst",
  )) as {
    id: string;
  };
  await ask("adjust", "approve", draft.id, "--approved-by", "a controller");
  await ask("close", "--month", MONTH, ...signed);
  reports = join(folder, "reports");
  await ask("report", "--month", MONTH, "--out", reports, "--format", "html,text,csv,pdf,xlsx");
  const rows = await ask(
    "sql",
    `SELECT team_id, kind, toString(sum(if(side = 'debit', amount, -amount))) FROM posted_entries
     WHERE billing_period = '${MONTH}' AND account = 'team' GROUP BY team_id, kind`,
    "--format",
    "TSV",
  );
  for (const row of rows.trim().split("\n")) {
    const [team = "", kind = "", amount = ""] = row.split("\t");
    const cents = parsePicos(amount) / PICOS_PER_CENT;
    posted.set(team, (posted.get(team) ?? 0n) + cents);
    if (kind === "statement") stated.set(team, cents);
  }
}, TIMEOUT_MS);
afterAll(async () => {
  await stop(up);
  rmSync(folder, { recursive: true, force: true });
});

/** Sums of a file's amounts, in cents, by what `keyOf` makes of its rows. */
function sumsOf(...of: Parameters<typeof picosOf>): Map<string, bigint> {
  return new Map([...picosOf(...of)].map(([key, picos]) => [key, picos / PICOS_PER_CENT]));
}

/** The same, exactly. */
function picosOf(
  file: string,
  keyOf: (row: Row) => string,
  amountOf: (row: Row) => string,
): Map<string, bigint> {
  const [head = [], ...rows] = rowsOf(readFileSync(file, "utf8").replace(/^\uFEFF/, ""));
  const sums = new Map<string, bigint>();
  for (const cells of rows) {
    const row: Row = Object.fromEntries(head.map((name, at) => [name, cells[at] ?? ""]));
    sums.set(keyOf(row), (sums.get(keyOf(row)) ?? 0n) + parsePicos(amountOf(row) || "0"));
  }
  return sums;
}

type Row = Readonly<Record<string, string>>;

/** A file of comma-separated values, with its quotes. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}

const teamsOf = (sums: ReadonlyMap<string, bigint>): Record<string, string> =>
  Object.fromEntries(
    [...posted.keys()].toSorted().map((team) => [team, decimalOfCents(sums.get(team) ?? 0n)]),
  );
const currency = (row: Row): string => row["currency"] ?? "";
const file = (name: string): string => join(reports, MONTH, name);

describe("one sum, asked everywhere", { timeout: TIMEOUT_MS }, () => {
  it("has what is asked: teams with a statement, a correction and an adjustment", () => {
    expect(posted.size).toBeGreaterThan(20);
    expect(posted.get("nlp")).not.toBe(stated.get("nlp"));
  });

  it("is that of each team's own file, and of finance's", () => {
    const amount = (row: Row): string => row["amount"] ?? "";
    const own = new Map(
      [...posted.keys()].map((team) => [
        team,
        sumsOf(file(`${team}-${MONTH}.csv`), currency, amount).get("USD") ?? 0n,
      ]),
    );
    expect(teamsOf(own)).toEqual(teamsOf(posted));
    expect(
      teamsOf(sumsOf(file(`finance-summary-${MONTH}.csv`), ({ team_id = "" }) => team_id, amount)),
    ).toEqual(teamsOf(posted));
  });

  it.each(["nlp.txt", "finance-summary.txt"])(
    "is said as it was looked through (golden/2026-11-%s)",
    async (name) => {
      const said = readFileSync(file(name), "utf8").replace(/(journal \d+), [0-9a-f]{12}/g, "$1, …"); // the hash has the time of the posting in it
      await expect(said).toMatchFileSnapshot(`golden/${MONTH}-${name}`);
    },
  );

  it("is that of the ledger's file, in detail and summed up, and of FOCUS", async () => {
    const net = ({ debit = "", credit = "" }: Row): string => debit || (credit && `-${credit}`);
    expect(teamsOf(sumsOf(file(`general-ledger-${MONTH}.csv`), ({ team = "" }) => team, net))).toEqual(
      teamsOf(posted),
    );
    const summary = join(folder, "summary.csv");
    await ask("export", "gl", "--month", MONTH, "--summary", "--out", summary);
    expect(sumsOf(summary, currency, net).get("USD")).toBe(0n);
    const invoices = join(folder, "invoices.csv");
    const issuer = ["--issuer", "Platform finance"];
    await ask(
      "export",
      "focus",
      "--dataset",
      "invoice-detail",
      ...issuer,
      "--month",
      MONTH,
      "--out",
      invoices,
    );
    const teamOf = ({ InvoiceId = "" }: Row): string => InvoiceId.replace(/^INV-\d{4}-\d\d-(.*)-\d+$/, "$1");
    const billed = sumsOf(invoices, teamOf, ({ BilledCost = "" }) => BilledCost);
    expect(teamsOf(billed)).toEqual(teamsOf(posted));
    // What was used is exact there and not in cents: at most a cent away, since all statements add up to the month's rounded total.
    const used = sumsOf(
      file(`focus-${MONTH}.csv`),
      ({ SubAccountId = "" }) => SubAccountId,
      ({ EffectiveCost = "" }) => EffectiveCost,
    );
    for (const [team, cents] of posted) {
      const off = (used.get(team) ?? 0n) - cents;
      expect([team, off >= -1n && off <= 1n]).toEqual([team, true]);
    }
  });

  it("is what FOCUS bills on each invoice where an issuer is declared, exactly", async () => {
    const charges = join(folder, "charges.csv");
    await ask("export", "focus", "--issuer", "Platform finance", "--month", MONTH, "--out", charges);
    const billed = picosOf(
      charges,
      ({ InvoiceId = "" }) => InvoiceId,
      ({ BilledCost = "" }) => BilledCost,
    );
    // Statements are the first edition of their month, what is posted about it besides the ones after it.
    const rows = await ask(
      "sql",
      `SELECT concat('INV-', about, '-', payer, '-', toString(edition)), toString(sum(signed_amount)) FROM (
         SELECT signed_amount, billing_period, if(corrects_period = '', billing_period, corrects_period) AS about, if(account = 'team', team_id, upper(account)) AS payer,
           if(kind = 'statement', 1, 1 + dense_rank() OVER (PARTITION BY about, kind = 'statement' ORDER BY seq)) AS edition
         FROM posted_entries WHERE account != 'clearing')
       WHERE billing_period = '${MONTH}' GROUP BY about, payer, edition`,
      "--format",
      "TSV",
    );
    const invoices = rows.trim().split("\n");
    expect(Object.fromEntries(billed)).toEqual(
      Object.fromEntries(
        invoices.map((row) => {
          const [invoice = "", amount = ""] = row.split("\t");
          return [invoice, parsePicos(amount)];
        }),
      ),
    );
    expect(billed.size).toBeGreaterThan(posted.size);
  });

  it("is that of `explain`, of the report as text and page, and of the mail as it was sent of October", async () => {
    for (const [team, cents] of posted) {
      const explained = (await json("explain", "--month", MONTH, "--team", team)) as { charged: string };
      const text = readFileSync(file(`${team}.txt`), "utf8");
      const page = readFileSync(file(`${team}.html`), "utf8").replaceAll("&nbsp;", " ");
      const statement = stated.get(team) ?? 0n;
      expect([team, parsePicos(explained.charged) / PICOS_PER_CENT]).toEqual([team, statement]);
      for (const said of [text, page]) {
        expect(said).toContain(`USD ${groupedCents(statement)}`);
        const inAll = cents === statement ? "" : `= USD ${groupedCents(cents)} charged in November 2026`;
        expect(said).toContain(inAll);
      }
    }
    const mails = readdirSync(join(folder, "data", "mail")).filter((name) =>
      /-in-october-2026-[0-9a-f]+\.eml$/.test(name),
    );
    expect(mails.length).toBeGreaterThanOrEqual(posted.size);
    const october = (await json("explain", "--month", "2026-10", "--team", "nlp")) as { charged: string };
    const subjects = mails.map((name) => readFileSync(join(folder, "data", "mail", name), "utf8"));
    expect(
      subjects.some((mail) =>
        mail.includes(`USD ${groupedCents(parsePicos(october.charged) / PICOS_PER_CENT)} in Oc`),
      ),
    ).toBe(true);
  });

  it.skipIf(!has("pdftotext"))("is that of the PDF (skipped without pdftotext)", () => {
    for (const [team, cents] of posted) {
      const { stdout } = spawnSync("pdftotext", ["-layout", file(`${team}.pdf`), "-"], { encoding: "utf8" });
      const said = stdout.replace(/\s+/g, " ");
      expect(said).toContain(`USD ${groupedCents(stated.get(team) ?? 0n)}`);
      const inAll = cents === stated.get(team) ? "" : `USD ${groupedCents(cents)} charged in November 2026`;
      expect(said).toContain(inAll);
    }
  });

  it.skipIf(!has("soffice"))(
    "is that of the workbook, computed again by LibreOffice (skipped without soffice)",
    () => {
      const sheets = recalculated(file(`finance-${MONTH}.xlsx`));
      const about = sheets.get("About") ?? [];
      expect(about.find(([what]) => what === "Formulas give what was posted")?.[1]).toBe("yes");
      const matrix = sheets.get("Team by category") ?? [];
      const cents = matrix.map((row) => [row[0] ?? "", row.at(-1) ?? ""] as const);
      for (const amount of stated.values())
        expect(cents.map(([, text]) => Number(text).toFixed(2))).toContain(decimalOfCents(amount));
    },
  );
});

/** Sheets of a workbook as LibreOffice computes them, whatever values lie in it, by name. */
function recalculated(workbook: string): Map<string, string[][]> {
  const out = mkdtempSync(join(folder, "sheets-"));
  const profile = join(folder, "profile");
  mkdirSync(join(profile, "user"), { recursive: true });
  writeFileSync(
    join(profile, "user", "registrymodifications.xcu"),
    `<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>`,
  );
  const tabs = "csv:Text - txt - csv (StarCalc):9,0,76,1,,0,false,false,false,false,false,-1"; // no quotes, all sheets
  const args = [
    `-env:UserInstallation=file://${profile}`,
    "--headless",
    "--convert-to",
    tabs,
    "--outdir",
    out,
    workbook,
  ];
  const { status, stderr } = spawnSync("soffice", args, { encoding: "utf8", timeout: TIMEOUT_MS });
  if (status !== 0) throw new Error(stderr);
  return new Map(
    readdirSync(out).map((name) => [
      name.replace(`finance-${MONTH}-`, "").replace(".csv", ""),
      readFileSync(join(out, name), "utf8")
        .split("\n")
        .map((line) => line.split("\t")),
    ]),
  );
}
