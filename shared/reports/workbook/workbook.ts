import type { Block, Cell, Chart, Document, Row, Table, TotalRow } from "../document/document.js";
import { cellText } from "../document/text.js";
import { cellName, type NamedRange, quotedSheet, rangeOf, sheetNames, xlsx, type CellStyle, type XlsxCell, type XlsxSheet } from "./xlsx.js";

/** Tables of documents as sheets that compute their own totals. */

export interface Sheet {
  readonly title: string;
  /** Sentences above the tables. */
  readonly says: readonly string[];
  readonly tables: readonly SheetTable[];
}

export interface SheetTable extends Table {
  /** Above the table, where a sheet has several. */
  readonly caption?: string;
  /** Place of a column whose amounts are the sum of the others' in the same row. */
  readonly across?: number;
}

export interface About {
  readonly title: string;
  /** Whether its amounts are in the ledger, and not provisional. */
  readonly isPosted: boolean;
  /** Words and what they say: period, status. */
  readonly facts: readonly (readonly [word: string, says: string])[];
  readonly currency: string;
  readonly date: Date;
}

/** A workbook whose first sheet says what it is, and proves that its formulas give the amounts of the report. */
export function renderWorkbook(about: About, sheets: readonly Sheet[]): Buffer {
  const [aboutName = "", ...names] = sheetNames(["About", ...sheets.map(({ title }) => title)]);
  const laid = sheets.map((sheet, at) => laidSheet(sheet, names[at] ?? "", about.currency));
  const checks = laid.flatMap((each) => each.checks);
  return xlsx({
    title: about.title,
    currency: about.currency,
    date: about.date,
    sheets: [aboutSheet(about, aboutName, names, checks), ...laid.map((each) => each.sheet)],
    names: unlike(laid.flatMap((each) => each.names)),
  });
}

/** Sections of a document that have tables, or pictures of amounts, a sheet each. */
export function sheetsOf({ blocks }: Pick<Document, "blocks">): Sheet[] {
  return blocks.flatMap((block) => {
    if (block.kind !== "section") return [];
    const tables = tablesIn(block.blocks);
    return tables.length === 0 ? [] : [{ title: block.title, says: sentencesIn(block.blocks), tables }];
  });
}

/** All tables of a document on one sheet, below each other. */
export function oneSheetOf({ blocks }: Pick<Document, "blocks">, title: string): Sheet {
  const tables = blocks.flatMap((block) =>
    block.kind === "section"
      ? tablesIn(block.blocks).map((table, at) => ({ ...table, caption: at === 0 ? block.title : (table.caption ?? "") }))
      : tablesIn([block]),
  );
  return { title, says: sentencesIn(blocks), tables };
}

function tablesIn(blocks: readonly Block[]): SheetTable[] {
  return blocks.flatMap((block): SheetTable[] => {
    if (block.kind === "table") return [block];
    if (block.kind === "chart") return [tableOfChart(block)];
    return block.kind === "section" ? tablesIn(block.blocks).map((table) => ({ caption: block.title, ...table })) : [];
  });
}

function sentencesIn(blocks: readonly Block[]): string[] {
  return blocks.flatMap((block) => {
    switch (block.kind) {
      case "figure":
        return [`${block.amount} ${block.beside}`];
      case "note":
        return block.lines;
      case "paragraph":
        return [block.text];
      default:
        return [];
    }
  });
}

function tableOfChart({ title, labels, series }: Chart): SheetTable {
  return {
    kind: "table",
    caption: title,
    columns: [
      { head: "", of: "text" },
      ...series.map(({ name }) => ({ head: name, of: "amount" as const })),
    ],
    rows: labels.map((label, at) => ({
      cells: [label, ...series.map(({ cents }) => amountOf(cents[at]))],
    })),
    totals: [],
  };
}

function amountOf(cents: bigint | undefined): Cell {
  return cents === undefined ? undefined : { cents };
}

/** A total that a formula gives, and what was posted of it. */
interface Check {
  readonly sheet: string;
  readonly what: string;
  readonly cents: bigint;
  /** With its sheet. */
  readonly cell: string;
}

interface LaidSheet {
  readonly sheet: XlsxSheet;
  readonly checks: readonly Check[];
  readonly names: readonly NamedRange[];
}

const WIDTH_MAX = 52;
const WIDTH_MIN = 12;
/** Rows whose longest text decides how wide a column is. */
const ROWS_MEASURED = 2_000;

function laidSheet({ title, says, tables }: Sheet, name: string, currency: string): LaidSheet {
  const rows: (readonly XlsxCell[])[] = [[text(title, "title")], ...says.map((each) => [text(each, "quiet")]), []];
  const checks: Check[] = [];
  const names: NamedRange[] = [];
  let headRows = 0;
  tables.forEach((table, at) => {
    if (at > 0) rows.push([]);
    if (table.caption !== undefined && table.caption !== "") rows.push([text(table.caption, "caption")]);
    const laid = laidTable(table, name, rows.length);
    if (tables.length === 1) headRows = rows.length + 1;
    rows.push(headsOf(table, currency), ...laid.rows);
    checks.push(...laid.checks);
    names.push(...laid.names.map((each) => ({ ...each, name: `${identifier(name)}_${each.name}` })));
  });
  const widths = widthsOf(tables, currency);
  const total = widths.reduce((sum, each) => sum + each, 0);
  const wide = Math.max(...tables.map(({ columns }) => columns.length), 0) > 6;
  return {
    sheet: { name, widths, rows, headRows, headColumns: wide && headRows > 0 ? 1 : 0, isLandscape: total > 95 },
    checks,
    names,
  };
}

function headsOf({ columns }: Table, currency: string): XlsxCell[] {
  return columns.map(({ head, of }) => text(of === "amount" ? `${head}, ${currency}`.replace(/^, /, "") : head, of === "text" ? "head" : "headRight"));
}

/** @param start the row of its heads */
function laidTable(table: SheetTable, sheet: string, start: number): Omit<LaidSheet, "sheet"> & { readonly rows: XlsxCell[][] } {
  const first = start + 1;
  const last = start + table.rows.length;
  const checks: Check[] = [];
  const names: NamedRange[] = [];
  const rowOfTotal = (place: number): number => last + 1 + place;
  const rows = table.rows.map((row, at) => row.cells.map((cell, column) => bodyCell(table, row, { cell, column, at: first + at })));
  const totals = table.totals.map((total, place) =>
    total.cells.map((cell, column): XlsxCell => {
      const style = styleOf(table, cell, column, true);
      if (typeof cell !== "object") return text(cellText(cell ?? ""), style);
      const formula = sumOf(total, column, { first, last, rowOfTotal });
      if (formula === undefined) return { cents: cell.cents, style };
      const at = { row: rowOfTotal(place), column };
      const what = `${table.caption ? `${table.caption}: ` : ""}${cellText(total.cells[0])}${table.columns.filter(({ of }) => of === "amount").length > 1 ? `, ${table.columns[column]?.head}` : ""}`;
      checks.push({ sheet, what, cents: cell.cents, cell: `${quotedSheet(sheet)}!${cellName(at.row, at.column)}` });
      return { cents: cell.cents, style, formula };
    }),
  );
  table.columns.forEach(({ of, head }, column) => {
    if (of !== "amount" || table.rows.length === 0) return;
    names.push({ name: identifier(head), range: rangeOf(sheet, { row: first, column }, { row: last, column }) });
    const total = table.totals.findIndex(({ adds, cells }) => adds !== undefined && typeof cells[column] === "object");
    if (total >= 0) names.push({ name: `${identifier(head)}_total`, range: rangeOf(sheet, { row: rowOfTotal(total), column }) });
  });
  return { rows: [...rows, ...totals], checks, names };
}

interface Place {
  readonly cell: Cell;
  readonly column: number;
  readonly at: number;
}

function bodyCell(table: SheetTable, row: Row, { cell, column, at }: Place): XlsxCell {
  if (cell === undefined) return undefined;
  const style = styleOf(table, cell, column, false);
  if (typeof cell === "string") return cell === "" ? undefined : text(cell, style);
  if (column !== table.across) return { cents: cell.cents, style };
  const others = table.columns.flatMap(({ of }, other) =>
    of === "amount" && other !== column && typeof row.cells[other] === "object" ? [other] : [],
  );
  const [from, to] = [others[0], others.at(-1)];
  if (from === undefined || to === undefined) return { cents: cell.cents, style };
  return { cents: cell.cents, style, formula: `ROUND(SUM(${cellName(at, from)}:${cellName(at, to)}),2)` };
}

/** Sums of numbers with two places, rounded to two: floating sums of them are off by what nobody sees and a comparison does. */
function sumOf(
  { adds }: TotalRow,
  column: number,
  { first, last, rowOfTotal }: { readonly first: number; readonly last: number; readonly rowOfTotal: (place: number) => number },
): string | undefined {
  if (adds === undefined) return undefined;
  if (adds === "rows") return last < first ? "0" : `ROUND(SUM(${cellName(first, column)}:${cellName(last, column)}),2)`;
  return `ROUND(${adds.map((place) => cellName(rowOfTotal(place), column)).join("+")},2)`;
}

function styleOf({ columns }: Table, cell: Cell, column: number, isTotal: boolean): CellStyle {
  if (typeof cell === "object") {
    if (cell.signed) return isTotal ? "totalSigned" : "signed";
    return isTotal ? "totalAmount" : "amount";
  }
  const isText = columns[column]?.of === "text";
  if (isTotal) return isText ? "totalText" : "totalRight";
  return isText ? "wrapped" : "right";
}

function text(value: string, style: CellStyle): XlsxCell {
  return { text: value, style };
}

function widthsOf(tables: readonly SheetTable[], currency: string): number[] {
  const columns = Math.max(1, ...tables.map((table) => table.columns.length));
  return Array.from({ length: columns }, (_, at) =>
    tables.reduce((most, table) => {
      const column = table.columns[at];
      if (!column) return most;
      const [head] = headsOf({ ...table, columns: [column] }, currency);
      const headWords = head && "text" in head ? head.text.split(" ").map((word) => word.length) : [];
      const cells = [...table.rows.slice(0, ROWS_MEASURED), ...table.totals].map(({ cells: each }) => cellText(each[at] ?? ""));
      const longest = Math.max(0, ...headWords, ...cells.map(({ length }) => length));
      return Math.max(most, Math.min(WIDTH_MAX, longest + (column.of === "amount" ? currency.length + 4 : 2)));
    }, WIDTH_MIN),
  );
}

/** `Cost centres` → `Cost_centres`: what a name of a range may be. */
function identifier(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return /^[A-Za-z]/.test(plain) ? plain.slice(0, 80) : `_${plain.slice(0, 80)}`;
}

/** Names are unlike each other, whatever sheets and columns are called. */
function unlike(names: readonly NamedRange[]): NamedRange[] {
  const taken = new Map<string, number>();
  return names.map(({ name, range }) => {
    const count = (taken.get(name.toLowerCase()) ?? 0) + 1;
    taken.set(name.toLowerCase(), count);
    return { name: count === 1 ? name : `${name}_no${count}`, range };
  });
}

function aboutSheet({ title, facts, isPosted }: About, name: string, others: readonly string[], checks: readonly Check[]): XlsxSheet {
  const sheets = others.map((each): XlsxCell[] => [text("Sheet", "text"), text(each, "wrapped")]);
  const rows: XlsxCell[][] = [
    [text(title, "title")],
    [],
    ...facts.map(([word, says]): XlsxCell[] => [text(word, "text"), text(says, "wrapped")]),
    ...sheets,
    [],
  ];
  const verdict = rows.length;
  const start = verdict + 2;
  const checked = checks.map((check, at): XlsxCell[] => {
    const row = start + 1 + at;
    return [
      text(check.sheet, "wrapped"),
      text(check.what, "wrapped"),
      { cents: check.cents, style: "amount" },
      { cents: check.cents, style: "amount", formula: check.cell },
      { cents: 0n, style: "signed", formula: `ROUND(${cellName(row, 3)}-${cellName(row, 2)},2)` },
    ];
  });
  const differences = `${cellName(start + 1, 4)}:${cellName(start + Math.max(checks.length, 1), 4)}`;
  const heads: XlsxCell[] = [text("Sheet", "head"), text("Total", "head"), text(isPosted ? "As posted" : "As reported", "headRight"), text("By formula", "headRight"), text("Difference", "headRight")];
  const agreed: XlsxCell = {
    text: "yes",
    style: "totalText",
    formula: `IF(SUMPRODUCT(ABS(${differences}))=0,"yes","NO: see the differences below")`,
  };
  return {
    name,
    widths: [28, 60, 20, 20, 16],
    rows:
      checks.length === 0
        ? rows
        : [...rows, [text(isPosted ? "Formulas give what was posted" : "Formulas give what this report says", "totalText"), agreed], [], heads, ...checked],
    headRows: 0,
    headColumns: 0,
    isLandscape: true,
  };
}
