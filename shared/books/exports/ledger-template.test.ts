import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csv } from "@apportion/runtime/csv";
import { ledgerDocuments } from "./general-ledger.js";
import { ledgerFile, ledgerTemplate } from "./ledger-template.js";
import { readLedgerTemplate } from "./read-template.js";
import { entryOf, journalOf, settingOf } from "./examples.js";

const CHART = {
  companyCode: "1010",
  documentType: "SA",
  charges: "61003000",
  idle: "61003100",
  unallocated: "61003200",
  clearing: "10010000",
};
const HEAD = { companyCode: "1010", documentType: "SA", currency: "USD" };
const entries = [
  entryOf({ teamId: "a", costCenter: "CC1", category: "gpu", cents: 123_456n }),
  entryOf({ teamId: "a", costCenter: "CC1", category: "rate-variance", cents: -56n }),
  entryOf({ account: "idle", category: "idle-cpu", cents: 600n }),
  entryOf({ account: "clearing", source: "kubecost", cents: -124_000n }),
];
const rowsOf = (target: string, more: object = {}, journal: Parameters<typeof journalOf>[0] = { entries }) =>
  ledgerFile(
    ledgerDocuments([journalOf(journal)], settingOf({ ...CHART, ...more })),
    readLedgerTemplate(target),
    {
      ...HEAD,
      ...more,
    },
  )
    .trimEnd()
    .split("\r\n");

/** Titles and rules as the import documentation of each vendor has them; where that is, each template says. */
describe("the file of", () => {
  it("SAP has a header and line items for each document, by technical names, with dates and limits of the app", () => {
    expect(rowsOf("sap")).toEqual([
      "Upload General Journal Entry",
      "Batch ID",
      "",
      "1,Header",
      ",BUKRS,BLART,BLDAT,BUDAT,BKTXT,WAERS,XBLNR",
      ",*Company Code (4),*Journal Entry Type (2),*Journal Entry Date,*Posting Date,Document Header Text (25),*Transaction Currency (5),Reference Document Number (16)",
      ",1010,SA,20261112,20261031,Statement of Oct 2026,USD,1-abababab",
      "",
      ",Line Items",
      ",,,,Transaction Currency",
      ",BUKRS,HKONT,SGTXT,WRSOL,WRHAB,KOSTL",
      ",Company Code (4),G/L Account (10),Item Text (50),Debit,Credit,Cost Center (10)",
      ',1010,61003000,"INV-2026-10-a-1 GPU, October 2026",1234.56,,CC1',
      ',1010,61003000,"INV-2026-10-a-1 Kubernetes, bill less list prices…",,0.56,CC1',
      ',1010,61003100,"INV-2026-10-IDLE-1 Idle CPU, October 2026",6.00,,',
      ',1010,10010000,"Read from Kubecost or OpenCost, October 2026",,1240.00,',
    ]);
  });

  it("NetSuite has one External ID on all lines of an entry, and debit and credit of at most 13 characters", () => {
    const [titles, first, second] = rowsOf("netsuite");
    expect(titles).toBe(
      "External ID,Date,Subsidiary,Currency,Memo,Journal Entry - Line: Account,Journal Entry - Line: Debit,Journal Entry - Line: Credit,Journal Entry - Line: Memo,Journal Entry - Line: Department",
    );
    expect(first).toBe(
      '1-abababab,10/31/2026,1010,USD,Statement of Oct 2026,61003000,1234.56,,"GPU, October 2026 INV-2026-10-a-1",CC1',
    );
    expect(second).toMatch(/^1-abababab,.*,,0\.56,/);
    const large = [
      entryOf({ teamId: "a", category: "gpu", cents: 10n ** 13n }),
      entryOf({ account: "clearing", cents: -(10n ** 13n) }),
    ];
    expect(() => rowsOf("netsuite", {}, { entries: large })).toThrow(
      'Journal Entry - Line: Debit: "100000000000.00" has 15 characters, of which 13 are taken',
    );
  });

  it("Xero has one amount, negative for a credit, British dates, and tracking where there is a cost center", () => {
    const [titles, first, second, third] = rowsOf("xero");
    expect(titles).toBe(
      "*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2",
    );
    expect(first).toBe(
      'Statement of Oct 2026 1-abababab,31/10/2026,"GPU, October 2026 INV-2026-10-a-1",61003000,Tax Exempt,1234.56,Cost center,CC1,,',
    );
    expect(second).toContain(",-0.56,");
    expect(third).toMatch(/,6\.00,,,,$/);
    const many = Array.from({ length: 301 }, (_, at) => entryOf({ teamId: `t${at}`, category: "gpu" }));
    expect(() => rowsOf("xero", {}, { entries: many })).toThrow(
      "Xero takes 300 lines in a file, and this has 301: with --summary",
    );
  });

  it("Dynamics has a line as in Microsoft's example: months by name, both amounts, an account with its segments", () => {
    const [titles, ...rows] = rowsOf("dynamics", { documentType: "GenJrn" });
    expect(titles).toBe(
      "JOURNALBATCHNUMBER,LINENUMBER,JOURNALNAME,DESCRIPTION,ACCOUNTTYPE,ACCOUNTDISPLAYVALUE,TRANSDATE,VOUCHER,CURRENCYCODE,DEBITAMOUNT,CREDITAMOUNT,TEXT,DOCUMENT,DOCUMENTDATE",
    );
    expect(rows[0]).toBe(
      '1,1,GenJrn,Statement of Oct 2026,Ledger,61003000---CC1,31-Oct-2026,1-abababab,USD,1234.56,0.00,"INV-2026-10-a-1 GPU, October 2026",1-abababab,12-Nov-2026',
    );
    expect(rows.at(-1)).toContain(",4,GenJrn,Statement of Oct 2026,Ledger,10010000---,31-Oct-2026,");
    expect(rows.at(-1)).toContain(",0.00,1240.00,");
    expect(() => rowsOf("dynamics", { charges: "6100-3000" })).toThrow(
      'ACCOUNTDISPLAYVALUE: "6100-3000" holds -, which separates the parts',
    );
  });
});

describe("a template", () => {
  it("cuts words only, and between what people see as characters; codes that are too long are refused, all at once", () => {
    const template = ledgerTemplate.parse({
      target: "Ours",
      lines: { columns: [{ header: "t", value: "{text}", max: 6, cut: true }] },
    });
    const document = ledgerDocuments([journalOf({ entries })], settingOf())[0];
    if (document === undefined) throw new Error("no document");
    const line = { ...document.lines[0], text: "ab👩‍👩‍👧cd" } as (typeof document.lines)[number];
    expect(ledgerFile([{ ...document, lines: [{ ...line, cents: 0n }] }], template, HEAD)).toBe(
      "t\r\nab…\r\n",
    );
    const refused = (): unknown => rowsOf("sap", { charges: "platform-charges", companyCode: "" });
    expect(refused).toThrow(
      'HKONT G/L Account (10): "platform-charges" has 16 characters, of which 10 are taken',
    );
    expect(refused).toThrow("BUKRS *Company Code (4): SAP S/4HANA needs it, and {companyCode} is empty");
    expect(refused).toThrow("allocation.chartOfAccounts");
  });

  it("is not filled with a journal whose debits are not its credits", () => {
    const off = { entries: [...entries, entryOf({ teamId: "a", category: "gpu", cents: 1n })] };
    expect(() => rowsOf("csv", {}, off)).toThrow("1-abababab is out of balance");
  });

  it("makes no formula of a name, no line of a line break, and leaves numbers numbers", () => {
    const costCenter = '=HYPERLINK("http://x")\r\n@b';
    const [, row] = rowsOf(
      "csv",
      { costCenters: { idle: "+1" } },
      {
        entries: [
          entryOf({ teamId: "a", costCenter, category: "gpu" }),
          entryOf({ account: "clearing", cents: -100n }),
        ],
      },
    );
    expect(row).toContain(`"'=HYPERLINK(""http://x"") @b"`);
    const numbers = [["-12.34", "-12,34", "-cmd", "+1", "@a", "=1"]];
    expect(csv(["h"], numbers)).toBe(`h\r\n-12.34,"-12,34",'-cmd,'+1,'@a,'=1\r\n`);
  });

  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "apportion-template-"))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const own = (yaml: string): string => {
    const file = join(folder, "own.yaml");
    writeFileSync(file, yaml);
    return file;
  };

  it("of one's own has other dates, points, signs, places and separators", () => {
    const file = own(`target: Ours
dates: DD.MM.YYYY
decimals: 3
decimalPoint: ","
positive: credit
separator: ";"
lines:
  columns:
    - { header: Datum, value: "{postingDate}" }
    - { header: Betrag, value: "{amount}" }
    - { header: Soll, value: "{debit}" }
`);
    expect(rowsOf(file)).toEqual([
      "Datum;Betrag;Soll",
      "31.10.2026;-1234,560;1234,560",
      "31.10.2026;0,560;",
      "31.10.2026;-6,000;6,000",
      "31.10.2026;1240,000;",
    ]);
  });

  it("of one's own is refused with each mistake and its line", () => {
    const file = own(`target: Ours
dates: DD.MM
lines:
  columns:
    - { header: Konto, value: "{acount}" }
    - { header: Text, value: "{text}", cut: true }
`);
    expect(() => readLedgerTemplate(file)).toThrow(`${file}:2  dates: needs YYYY, MM (or MMM: Nov) and DD`);
    expect(() => readLedgerTemplate(file)).toThrow(
      `${file}:5  lines.columns[0].value: there is no field {acount}; there are document, documentNumber`,
    );
    expect(() => readLedgerTemplate(file)).toThrow(`${file}:6  lines.columns[1].cut: \`cut\` needs \`max\``);
    expect(() => readLedgerTemplate("sage")).toThrow('"sage" is none of csv, sap, netsuite, xero, dynamics');
    expect(() => readLedgerTemplate(join(folder, "none.yaml"))).toThrow("none.yaml cannot be read (ENOENT)");
  });
});
