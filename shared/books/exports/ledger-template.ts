import { z } from "zod";
import { decimalOfCents, sumOfCents } from "@apportion/domain/cents";
import { csvRows, withoutFormula } from "@apportion/runtime/csv";
import { printable } from "@apportion/runtime/printable";
import type { LedgerDocument, LedgerLine } from "./general-ledger.js";

/** What a template can say of a document, and of each of its lines besides. */
const DOCUMENT_FIELDS = [
  "document",
  "documentNumber",
  "documentType",
  "documentDate",
  "documentText",
  "postingDate",
  "billingPeriod",
  "correctsPeriod",
  "companyCode",
  "currency",
  "status",
] as const;
const LINE_FIELDS = [
  "line",
  "account",
  "costCenter",
  "team",
  "text",
  "reference",
  "debit",
  "credit",
  "amount",
] as const;
type DocumentField = (typeof DOCUMENT_FIELDS)[number];
type LineField = (typeof LINE_FIELDS)[number];
type Fields = Readonly<Partial<Record<DocumentField | LineField, string>>>;

const PLACEHOLDER = /\{(\w*)\}/g;

/** A text with `{fields}`; mistyped names are told with those that there are. */
function text(fields: readonly string[]): z.ZodType<string> {
  return z.string().check((context) => {
    for (const [, name = ""] of context.value.matchAll(PLACEHOLDER))
      if (!fields.includes(name))
        context.issues.push({
          code: "custom",
          input: context.value,
          message: `there is no field {${name}}; there are ${fields.join(", ")}`,
        });
  });
}

function sectionOf(fields: readonly (DocumentField | LineField)[]) {
  const column = z
    .strictObject({
      header: z
        .union([z.string(), z.array(z.string()).min(1).max(5)])
        .describe("Title of the column; several are rows below each other"),
      value: text(fields).default("").describe("What stands in it: a text with {fields}"),
      max: z.int().min(1).max(10_000).optional().describe("Characters that the target takes"),
      cut: z
        .boolean()
        .default(false)
        .describe(
          "Whether a longer value is cut, and ends with …; else it is refused. For words, never for codes",
        ),
      required: z.boolean().default(false).describe("Whether the target refuses an empty value"),
      onlyWith: z.enum(fields).optional().describe("Left empty where this field is"),
      separatedBy: z
        .string()
        .min(1)
        .max(3)
        .optional()
        .describe("What separates parts of the value: a field that holds it is refused"),
    })
    .refine(({ cut, max }) => !cut || max !== undefined, { error: "`cut` needs `max`", path: ["cut"] });
  return z.strictObject({
    opening: z
      .array(z.array(text(fields)))
      .max(20)
      .default([])
      .describe("Rows before the titles"),
    columns: z.array(column).min(1).max(100),
  });
}

const DATE_PARTS = ["YYYY", "MM", "DD"] as const;

/** How a ledger wants its journals: a YAML file for each. */
export const ledgerTemplate = z.strictObject({
  target: z.string().min(1).max(100).describe("The program that reads the file, for messages"),
  documentation: z.array(z.url()).default([]).describe("Where its rules are written down"),
  dates: z
    .string()
    .max(20)
    .refine((format) => DATE_PARTS.every((part) => format.replace("MMM", "MM").includes(part)), {
      error: "needs YYYY, MM (or MMM: Nov) and DD, such as DD/MM/YYYY",
    })
    .default("YYYY-MM-DD"),
  decimals: z.int().min(2).max(6).default(2).describe("Places of amounts; they are cents, so no less than 2"),
  decimalPoint: z.enum([".", ","]).default("."),
  noAmount: z
    .enum(["empty", "zero"])
    .default("empty")
    .describe("What stands in {debit} of a credit, and in {credit} of a debit"),
  positive: z
    .enum(["debit", "credit"])
    .default("debit")
    .describe("Which of them {amount} has without a sign"),
  separator: z.enum([",", ";", "\t"]).default(",").describe("Between cells"),
  linesPerDocumentMax: z.int().min(2).optional(),
  linesPerFileMax: z.int().min(2).optional(),
  opening: z.array(z.array(z.string())).max(20).default([]).describe("Rows at the beginning of the file"),
  document: sectionOf(DOCUMENT_FIELDS)
    .optional()
    .describe("Rows before the lines of each document; without them, titles stand once in the file"),
  lines: sectionOf([...DOCUMENT_FIELDS, ...LINE_FIELDS]),
});
export type LedgerTemplate = z.output<typeof ledgerTemplate>;
type Section = LedgerTemplate["lines"];
type Column = Section["columns"][number];

/** What the target would refuse, all at once. The command line exits with 2. */
export class LedgerFileError extends Error {
  override readonly name = "LedgerFileError";
  readonly code = "USAGE";
}

/** Of the company, for every document alike. */
export interface LedgerHead {
  readonly companyCode: string;
  readonly documentType: string;
  /** ISO 4217. */
  readonly currency: string;
}

const PROBLEMS_SHOWN = 10;

/**
 * The documents as the file that the template describes. Texts are cut where it says so; everything else that its target would refuse is
 * refused here: an account that is too long must not become another one.
 * @throws LedgerFileError
 */
export function ledgerFile(
  documents: readonly LedgerDocument[],
  template: LedgerTemplate,
  head: LedgerHead,
): string {
  const problems = new Set<string>();
  const { target, linesPerDocumentMax, linesPerFileMax } = template;
  const count = documents.reduce((sum, { lines }) => sum + lines.length, 0);
  const longest = Math.max(0, ...documents.map(({ lines }) => lines.length));
  if (linesPerFileMax !== undefined && count > linesPerFileMax)
    problems.add(`${target} takes ${linesPerFileMax} lines in a file, and this has ${count}: ${SHORTER}`);
  if (linesPerDocumentMax !== undefined && longest > linesPerDocumentMax)
    problems.add(
      `${target} takes ${linesPerDocumentMax} lines in a document, and one has ${longest}: ${SHORTER}`,
    );
  for (const { number, lines } of documents)
    if (sumOfCents(lines) !== 0n)
      problems.add(`${number} is out of balance: \`apportion verify\` says where the ledger was changed`);
  const rows = documents.flatMap((document, at) => documentRows(document, at, template, head, problems));
  if (problems.size > 0) throw new LedgerFileError(problemText([...problems], target));
  const titles = template.document ? [] : [...template.lines.opening, ...titleRows(template.lines)];
  return csvRows([...template.opening, ...titles, ...rows], template.separator);
}

const SHORTER = "with --summary it has one for each account and cost center";

function problemText(problems: readonly string[], target: string): string {
  const more = problems.length - PROBLEMS_SHOWN;
  const shown = problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  ${problem}`);
  return [
    `${target} would not take this file (accounts and codes are in allocation.chartOfAccounts):`,
    ...shown,
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join("\n");
}

function documentRows(
  document: LedgerDocument,
  at: number,
  template: LedgerTemplate,
  head: LedgerHead,
  problems: Set<string>,
): string[][] {
  const fields = documentFields(document, at, template, head);
  const rowOf = (section: Section, values: Fields): string[] =>
    section.columns.map((column) => cellOf(column, values, template.target, problems));
  const lines = document.lines.map((line, index) =>
    rowOf(template.lines, { ...fields, ...lineFields(line, index, template) }),
  );
  if (!template.document) return lines;
  const opening = (section: Section): string[][] => [
    ...section.opening.map((row) => row.map((each) => filled(each, fields))),
    ...titleRows(section),
  ];
  return [
    ...opening(template.document),
    rowOf(template.document, fields),
    ...opening(template.lines),
    ...lines,
  ];
}

function titleRows({ columns }: Section): string[][] {
  const titles = columns.map(({ header }) => (Array.isArray(header) ? header : [header]));
  const height = Math.max(...titles.map((each) => each.length));
  return Array.from({ length: height }, (_, row) => titles.map((each) => each[row] ?? ""));
}

function documentFields(
  document: LedgerDocument,
  at: number,
  { dates }: LedgerTemplate,
  head: LedgerHead,
): Fields {
  return {
    document: String(at + 1),
    documentNumber: document.number,
    documentType: head.documentType,
    documentDate: dateText(document.documentDate, dates),
    documentText: document.text,
    postingDate: dateText(document.postingDate, dates),
    billingPeriod: document.billingPeriod,
    correctsPeriod: document.correctsPeriod,
    companyCode: head.companyCode,
    currency: head.currency,
    status: document.status,
  };
}

function lineFields(line: LedgerLine, at: number, template: LedgerTemplate): Fields {
  const { cents } = line;
  const amount = (value: bigint): string => amountText(value, template);
  const none = template.noAmount === "zero" ? amount(0n) : "";
  return {
    line: String(at + 1),
    account: line.account,
    costCenter: line.costCenter,
    team: line.teamId,
    text: line.text,
    reference: line.reference,
    ...(line.concerns && { correctsPeriod: line.concerns }),
    debit: cents > 0n ? amount(cents) : none,
    credit: cents < 0n ? amount(-cents) : none,
    amount: amount(template.positive === "debit" ? cents : -cents),
  };
}

function amountText(cents: bigint, { decimals, decimalPoint }: LedgerTemplate): string {
  return `${decimalOfCents(cents)}${"0".repeat(decimals - 2)}`.replace(".", decimalPoint);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `2026-10-31` as `DD-MMM-YYYY` → `31-Oct-2026` */
function dateText(day: string, format: string): string {
  const [year = "", month = "", date = ""] = day.split("-");
  const parts: Readonly<Record<string, string>> = {
    YYYY: year,
    MMM: MONTHS[Number(month) - 1] ?? "",
    MM: month,
    DD: date,
  };
  return format.replaceAll(/YYYY|MMM|MM|DD/g, (part) => parts[part] ?? part);
}

function cellOf(column: Column, fields: Fields, target: string, problems: Set<string>): string {
  if (column.onlyWith !== undefined && (fields[column.onlyWith] ?? "") === "") return "";
  const name = Array.isArray(column.header) ? column.header.filter(Boolean).join(" ") : column.header;
  const { separatedBy, max } = column;
  if (separatedBy !== undefined)
    for (const value of valuesIn(column.value, fields).filter((each) => each.includes(separatedBy)))
      problems.add(
        `${name}: "${printable(value)}" holds ${separatedBy}, which separates the parts there: another code, or a template of your own`,
      );
  const value = withoutFormula(oneLine(filled(column.value, fields)));
  if (value === "" && column.required)
    problems.add(`${name}: ${target} needs it, and {${namesIn(column.value).join("}, {")}} is empty`);
  if (max === undefined || value.length <= max) return value;
  if (column.cut) return cutTo(value, max);
  problems.add(`${name}: "${printable(value)}" has ${value.length} characters, of which ${max} are taken`);
  return value;
}

function namesIn(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name = ""]) => name);
}

function valuesIn(template: string, fields: Fields): string[] {
  return namesIn(template).map((name) => fields[name as keyof Fields] ?? "");
}

/** Spaces where fields are empty are taken away with them. */
function filled(template: string, fields: Fields): string {
  return template.replaceAll(PLACEHOLDER, (_, name: string) => fields[name as keyof Fields] ?? "").trim();
}

/** Importers read line by line, whatever stands in quotes. */
function oneLine(value: string): string {
  return value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

const CHARACTERS = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Not within a character that people see as one; the last that is left says that something is missing. */
function cutTo(value: string, max: number): string {
  let kept = "";
  for (const { segment } of CHARACTERS.segment(value)) {
    if (kept.length + segment.length > max - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}
