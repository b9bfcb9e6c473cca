import { strToU8, zipSync } from "fflate";
import { decimalOfCents } from "@apportion/domain/cents";

/**
 * Workbooks as Office Open XML (ECMA-376). Written here, because what writes workbooks for others takes amounts as floating numbers, and leaves
 * out the cached values of formulas, named ranges or what is repeated in print. Amounts are decimal texts up to the file.
 */

export type CellStyle =
  | "title"
  | "caption"
  | "text"
  | "wrapped"
  | "quiet"
  | "head"
  | "headRight"
  | "right"
  | "totalText"
  | "totalRight"
  | "amount"
  | "signed"
  | "totalAmount"
  | "totalSigned";

export type XlsxCell =
  | { readonly text: string; readonly style: CellStyle; readonly formula?: string }
  | { readonly cents: bigint; readonly style: CellStyle; readonly formula?: string }
  | undefined;

export interface XlsxSheet {
  readonly name: string;
  /** In characters. */
  readonly widths: readonly number[];
  readonly rows: readonly (readonly XlsxCell[])[];
  /** Rows at the top that stay where they are, and are on each printed page. */
  readonly headRows: number;
  /** Columns at the left that do. */
  readonly headColumns: number;
  readonly isLandscape: boolean;
}

export interface NamedRange {
  readonly name: string;
  /** With its sheet, as {@link rangeOf} gives it. */
  readonly range: string;
}

export interface Workbook {
  readonly title: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly sheets: readonly XlsxSheet[];
  readonly names: readonly NamedRange[];
  readonly date: Date;
}

const STYLES: readonly CellStyle[] = [
  "text",
  "title",
  "caption",
  "wrapped",
  "quiet",
  "head",
  "headRight",
  "right",
  "totalText",
  "totalRight",
  "amount",
  "signed",
  "totalAmount",
  "totalSigned",
];

/** The same bytes for the same workbook: the files in it have no time of their own. */
export function xlsx(workbook: Workbook): Buffer {
  const { sheets } = workbook;
  const files: Record<string, string> = {
    "[Content_Types].xml": contentTypes(sheets.length),
    "_rels/.rels": relationships([
      ["officeDocument", "xl/workbook.xml"],
      ["metadata/core-properties", "docProps/core.xml"],
    ]),
    "docProps/core.xml": coreProperties(workbook),
    "xl/workbook.xml": workbookXml(workbook),
    "xl/_rels/workbook.xml.rels": relationships([
      ...sheets.map((_, at): [string, string] => ["worksheet", `worksheets/sheet${at + 1}.xml`]),
      ["styles", "styles.xml"],
    ]),
    "xl/styles.xml": stylesXml(workbook.currency),
    ...Object.fromEntries(
      sheets.map((sheet, at) => [`xl/worksheets/sheet${at + 1}.xml`, sheetXml(sheet, workbook.title)]),
    ),
  };
  const zipped = zipSync(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(`${DECLARATION}${text}`)])),
    // By the machine's own calendar, as the format has it: so it is the same in each time zone.
    { level: 6, mtime: new Date(1980, 0, 1) },
  );
  return Buffer.from(zipped.buffer, zipped.byteOffset, zipped.length);
}

/** `A`, `Z`, `AA`; places from 0. */
function columnName(place: number): string {
  const rest = place % 26;
  const before = Math.floor(place / 26);
  return `${before > 0 ? columnName(before - 1) : ""}${String.fromCharCode(65 + rest)}`;
}

/** `C7`; places from 0. */
export function cellName(row: number, column: number): string {
  return `${columnName(column)}${row + 1}`;
}

/** `'Cost centres'!$C$4:$C$9` */
export function rangeOf(
  sheet: string,
  from: { readonly row: number; readonly column: number },
  to = from,
): string {
  const fixed = ({ row, column }: typeof from): string => `$${columnName(column)}$${row + 1}`;
  const cells = from === to ? fixed(from) : `${fixed(from)}:${fixed(to)}`;
  return `${quotedSheet(sheet)}!${cells}`;
}

export function quotedSheet(sheet: string): string {
  return `'${sheet.replaceAll("'", "''")}'`;
}

const SHEET_NAME_MAX = 31;

/** Names of sheets have 31 characters at most, none of `[]:*?/\`, and are unlike each other. */
export function sheetNames(titles: readonly string[]): string[] {
  const taken = new Set<string>();
  return titles.map((title) => {
    const plain = title.replace(/[[\]:*?/\\\p{Cc}\p{Cs}]/gu, " ").replace(/^'+|'+$/g, "").trim() || "Sheet";
    for (let count = 1; ; count += 1) {
      const suffix = count === 1 ? "" : ` ${count}`;
      const name = `${Array.from(plain).slice(0, SHEET_NAME_MAX - suffix.length).join("").trim()}${suffix}`;
      if (taken.has(name.toLowerCase())) continue;
      taken.add(name.toLowerCase());
      return name;
    }
  });
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
/** What a cell may hold. */
const TEXT_MAX = 32_767;

/** What XML has no place for is left out; `_x0041_` would be read as a letter. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, "_x005F_")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function contentTypes(sheets: number): string {
  const part = (name: string, type: string): string =>
    `<Override PartName="/${name}" ContentType="application/vnd.openxmlformats-${type}+xml"/>`;
  const spreadsheet = "officedocument.spreadsheetml";
  return `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${part("xl/workbook.xml", `${spreadsheet}.sheet.main`)}${part("xl/styles.xml", `${spreadsheet}.styles`)}${part("docProps/core.xml", "package.core-properties")}${Array.from({ length: sheets }, (_, at) => part(`xl/worksheets/sheet${at + 1}.xml`, `${spreadsheet}.worksheet`)).join("")}</Types>`;
}

function relationships(targets: readonly (readonly [type: string, target: string])[]): string {
  const each = targets.map(([type, target], at) => {
    const kind = type.startsWith("metadata") ? `${PACKAGE}/relationships/${type}` : `${OFFICE}/${type}`;
    return `<Relationship Id="rId${at + 1}" Type="${kind}" Target="${target}"/>`;
  });
  return `<Relationships xmlns="${PACKAGE}/relationships">${each.join("")}</Relationships>`;
}

function coreProperties({ title, date }: Workbook): string {
  const when = `${date.toISOString().slice(0, 19)}Z`;
  return `<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>${escaped(title)}</dc:title><dc:creator>Apportion</dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">${when}</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">${when}</dcterms:modified></cp:coreProperties>`;
}

/** Formulas are computed again when the workbook is opened, so that nobody trusts what was cached. */
function workbookXml({ sheets, names }: Workbook): string {
  const listed = sheets.map(({ name }, at) => `<sheet name="${escaped(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"/>`);
  const printed = sheets.flatMap((sheet, at) => {
    const last = { row: Math.max(sheet.rows.length - 1, 0), column: Math.max(sheet.widths.length - 1, 0) };
    const area = rangeOf(sheet.name, { row: 0, column: 0 }, last);
    return [
      `<definedName name="_xlnm.Print_Area" localSheetId="${at}">${escaped(area)}</definedName>`,
      ...(sheet.headRows > 0
        ? [
            `<definedName name="_xlnm.Print_Titles" localSheetId="${at}">${escaped(quotedSheet(sheet.name))}!$1:$${sheet.headRows}</definedName>`,
          ]
        : []),
    ];
  });
  const named = names.map(({ name, range }) => `<definedName name="${name}">${escaped(range)}</definedName>`);
  return `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><bookViews><workbookView activeTab="0"/></bookViews><sheets>${listed.join("")}</sheets><definedNames>${[...printed, ...named].join("")}</definedNames><calcPr calcId="191029" fullCalcOnLoad="1"/></workbook>`;
}

function stylesXml(currency: string): string {
  const amount = `[$${currency}]\\ #,##0.00`;
  const formats = [
    `${amount};[Red]\\-${amount};${amount}`,
    `\\+${amount};[Red]\\-${amount};${amount}`,
  ].map((code, at) => `<numFmt numFmtId="${164 + at}" formatCode="${escaped(code)}"/>`);
  const font = (inside: string): string => `<font>${inside}<name val="Arial"/><family val="2"/></font>`;
  const fonts = [
    font('<sz val="10"/>'),
    font('<b/><sz val="14"/>'),
    font('<sz val="9"/><color rgb="FF536171"/>'),
    font('<b/><sz val="10"/>'),
    font('<b/><sz val="10"/><color rgb="FFFFFFFF"/>'),
  ];
  const fill = '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FF2457A6"/></patternFill></fill>';
  const none = "<border><left/><right/><top/><bottom/><diagonal/></border>";
  const above = '<border><left/><right/><top style="thin"><color rgb="FF1C2733"/></top><bottom/><diagonal/></border>';
  const xf = (id: { font?: number; fill?: number; border?: number; format?: number }, alignment = ""): string =>
    `<xf numFmtId="${id.format ?? 0}" fontId="${id.font ?? 0}" fillId="${id.fill ?? 0}" borderId="${id.border ?? 0}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="top"${alignment}/></xf>`;
  const right = ' horizontal="right"';
  const wrap = ' wrapText="1"';
  const left = ' horizontal="left" wrapText="1"';
  const xfs: Readonly<Record<CellStyle, string>> = {
    text: xf({ format: 49 }, ' horizontal="left"'),
    title: xf({ font: 1 }),
    caption: xf({ font: 3, format: 49 }, ' horizontal="left"'),
    wrapped: xf({ format: 49 }, left),
    quiet: xf({ font: 2, format: 49 }, ' horizontal="left"'),
    head: xf({ font: 4, fill: 2 }, left),
    headRight: xf({ font: 4, fill: 2 }, `${right}${wrap}`),
    right: xf({ format: 49 }, right),
    totalText: xf({ font: 3, border: 1, format: 49 }, left),
    totalRight: xf({ font: 3, border: 1, format: 49 }, right),
    amount: xf({ format: 164 }, right),
    signed: xf({ format: 165 }, right),
    totalAmount: xf({ font: 3, border: 1, format: 164 }, right),
    totalSigned: xf({ font: 3, border: 1, format: 165 }, right),
  };
  return `<styleSheet xmlns="${MAIN}"><numFmts count="${formats.length}">${formats.join("")}</numFmts><fonts count="${fonts.length}">${fonts.join("")}</fonts><fills count="3">${fill}</fills><borders count="2">${none}${above}</borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="${STYLES.length}">${STYLES.map((style) => xfs[style]).join("")}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;
}

function sheetXml(sheet: XlsxSheet, title: string): string {
  const { widths, rows, isLandscape } = sheet;
  const columns = widths.map((width, at) => `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"/>`);
  const cells = rows.map((row, at) => {
    const texts = row.map((cell, column) => cellXml(cell, cellName(at, column))).join("");
    return `<row r="${at + 1}" ht="${heightOf(row, widths)}" customHeight="1">${texts}</row>`;
  });
  return `<worksheet xmlns="${MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0" showGridLines="0">${paneXml(sheet)}</sheetView></sheetViews><sheetFormatPr defaultRowHeight="14"/>${columns.length > 0 ? `<cols>${columns.join("")}</cols>` : ""}<sheetData>${cells.join("")}</sheetData><pageMargins left="0.5" right="0.5" top="0.7" bottom="0.7" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="${isLandscape ? "landscape" : "portrait"}" fitToWidth="1" fitToHeight="0"/><headerFooter><oddFooter>&amp;L${escaped(title.replaceAll("&", "&&").slice(0, 120))}&amp;R&amp;A, page &amp;P of &amp;N</oddFooter></headerFooter></worksheet>`;
}

const LINE_HEIGHT = 13.5;
/** A row that is higher than this is cut: who wants all of a name finds it in the cell. */
const LINES_MAX = 12;
const ONE_LINE: ReadonlySet<CellStyle> = new Set(["text", "caption", "quiet", "right", "totalRight"]);

/** In points, for the lines into which its texts break: not every program finds that out when it opens a file. */
function heightOf(row: readonly XlsxCell[], widths: readonly number[]): number {
  if (row.some((cell) => cell?.style === "title")) return 20;
  const lines = row.map((cell, at) => {
    if (!cell || !("text" in cell) || ONE_LINE.has(cell.style)) return 1;
    const room = Math.max(1, (widths[at] ?? 10) - 1.5);
    return cell.text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / room)), 0);
  });
  return Math.min(LINES_MAX, Math.max(1, ...lines)) * LINE_HEIGHT + 1;
}

function paneXml({ headRows, headColumns }: XlsxSheet): string {
  if (headRows === 0 && headColumns === 0) return "";
  const pane = headRows > 0 && headColumns > 0 ? "bottomRight" : headRows > 0 ? "bottomLeft" : "topRight";
  const split = `${headColumns > 0 ? ` xSplit="${headColumns}"` : ""}${headRows > 0 ? ` ySplit="${headRows}"` : ""}`;
  return `<pane${split} topLeftCell="${cellName(headRows, headColumns)}" activePane="${pane}" state="frozen"/>`;
}

function cellXml(cell: XlsxCell, name: string): string {
  if (!cell) return "";
  const attributes = `r="${name}" s="${STYLES.indexOf(cell.style)}"`;
  const formula = cell.formula === undefined ? "" : `<f>${escaped(cell.formula)}</f>`;
  if ("cents" in cell) return `<c ${attributes}>${formula}<v>${decimalOfCents(cell.cents)}</v></c>`;
  const text = escaped(Array.from(cell.text).slice(0, TEXT_MAX).join(""));
  if (formula !== "") return `<c ${attributes} t="str">${formula}<v>${text}</v></c>`;
  // In the cell itself, as text: whatever it begins with, it is no formula.
  return `<c ${attributes} t="inlineStr"><is><t xml:space="preserve">${text}</t></is></c>`;
}
