import { COLOURS, TONES } from "../mail/style.js";
import { LIGHT } from "../charts/palette.js";
import { ratioOf } from "@apportion/domain/percent";
import { type Cell, isSum, type Row, type Table } from "../document/document.js";
import { cellText, columnHead } from "../document/text.js";
import { BOTTOM, CONTENT_WIDTH, makeRoom, MARGIN, newPage, type Pdf, printable, rule, typeset } from "./paper.js";

/** Tables that go over pages: heads are repeated, rows are whole, and totals are not without the row that they follow. */

const PADDING = 4;
const GAP = 10;
const FONT_SIZE = 8.5;
const FONT_SIZE_MIN = 3;
/** What a column of text has at least, at the usual size of letters. */
const TEXT_MIN = 90;
const BAR_HEIGHT = 3;
/** Characters of a head that is not broken. */
const HEAD_ON_ONE_LINE = 15;

interface Layout {
  readonly table: Table;
  readonly heads: readonly string[];
  readonly widths: readonly number[];
  readonly fontSize: number;
}

export function drawTable(pdf: Pdf, table: Table, currency: string): void {
  const layout = layoutOf(pdf, table, currency);
  const headHeight = heightOf(pdf, layout, layout.heads, true);
  const totals = table.totals.map((row) => ({ row, cells: textsOf(row), height: heightOf(pdf, layout, textsOf(row), isSum(row)) }));
  const totalsHeight = totals.reduce((sum, { height }) => sum + height, 0);
  const rows = table.rows.map((row) => ({ row, cells: textsOf(row), height: heightOf(pdf, layout, textsOf(row), false) + barHeight(table) }));
  makeRoom(pdf, headHeight + (rows[0]?.height ?? 0) + (rows.length < 2 ? totalsHeight : 0));
  drawHeads(pdf, layout, headHeight);
  rows.forEach(({ row, cells, height }, at) => {
    const after = at === rows.length - 1 && totalsHeight < CONTENT_WIDTH / 2 ? totalsHeight : 0;
    if (pdf.y + height + after > BOTTOM) {
      newPage(pdf);
      drawHeads(pdf, layout, headHeight);
    }
    drawRow(pdf, layout, { row, cells, height });
  });
  totals.forEach(({ row, cells, height }, at) => {
    if (pdf.y + height > BOTTOM) {
      newPage(pdf);
      drawHeads(pdf, layout, headHeight);
    }
    if (at === 0) rule(pdf, pdf.y, LIGHT.ink);
    drawCells(pdf, layout, cells, { isBold: isSum(row), colour: row.tone ? TONES[row.tone].ink : LIGHT.ink });
    pdf.y += height;
  });
  pdf.y += 6;
}

/** Figures take what the longest of them takes; texts share what is left, by how long they are. */
function layoutOf(pdf: Pdf, table: Table, currency: string): Layout {
  const heads = table.columns.map((column) => printable(columnHead(column, currency)));
  const all = [...table.rows, ...table.totals].map(textsOf);
  const isText = table.columns.map(({ of }) => of === "text");
  for (let fontSize = FONT_SIZE; ; fontSize *= 0.9) {
    pdf.font("bold").fontSize(fontSize);
    const longest = table.columns.map((_, at) =>
      all.reduce((most, cells) => Math.max(most, pdf.widthOfString((cells[at] ?? "").slice(0, 200))), 0),
    );
    const words = heads.map((head) => Math.max(0, ...(head.length <= HEAD_ON_ONE_LINE ? [head] : head.split(" ")).map((word) => pdf.widthOfString(`${word} `))));
    const figures = table.columns.map((_, at) => (isText[at] ? 0 : Math.max(longest[at] ?? 0, words[at] ?? 0) + 1));
    const gap = (GAP * fontSize) / FONT_SIZE;
    const gaps = gap * (table.columns.length - 1);
    const left = CONTENT_WIDTH - gaps - figures.reduce((sum, each) => sum + each, 0);
    const texts = isText.filter(Boolean).length;
    const enough = texts * TEXT_MIN * (fontSize / FONT_SIZE);
    if (left < enough && fontSize > FONT_SIZE_MIN) continue;
    const wanted = longest.map((width, at) => (isText[at] ? Math.min(Math.max(width, words[at] ?? 0, 40), 320) + 1 : 0));
    const sum = wanted.reduce((total, each) => total + each, 0);
    const widths = table.columns.map((_, at) =>
      isText[at] ? Math.max(10, ((wanted[at] ?? 0) / sum) * Math.max(left, 0)) : (figures[at] ?? 0),
    );
    return { table, heads, widths, fontSize };
  }
}

function textsOf({ cells }: Row): string[] {
  return cells.map((cell: Cell) => printable(cellText(cell)));
}

function heightOf(pdf: Pdf, { widths, fontSize }: Layout, cells: readonly string[], isBold: boolean): number {
  pdf.font(isBold ? "bold" : "regular").fontSize(fontSize);
  const heights = widths.map((width, at) => pdf.heightOfString(typeset(pdf, cells[at] || " ", width), { width }));
  return Math.min(Math.max(...heights) + 2 * PADDING, BOTTOM / 2);
}

function barHeight({ bars }: Table): number {
  return bars === undefined ? 0 : BAR_HEIGHT + 3;
}

function drawHeads(pdf: Pdf, layout: Layout, height: number): void {
  drawCells(pdf, layout, layout.heads, { isBold: true, colour: LIGHT.quiet });
  pdf.y += height;
  rule(pdf, pdf.y, LIGHT.quiet);
}

interface DrawnRow {
  readonly row: Row;
  readonly cells: readonly string[];
  readonly height: number;
}

function drawRow(pdf: Pdf, layout: Layout, { row, cells, height }: DrawnRow): void {
  const { y } = pdf;
  if (row.tone) {
    pdf.rect(MARGIN - 4, y, CONTENT_WIDTH + 8, height).fill(TONES[row.tone].paper);
    pdf.rect(MARGIN - 4, y, 2, height).fill(TONES[row.tone].ink);
  }
  drawCells(pdf, layout, cells, { isBold: false, colour: LIGHT.ink });
  pdf.y = y + height;
  drawBar(pdf, layout.table, row);
  rule(pdf, pdf.y, LIGHT.line, 0.5);
}

function drawCells(
  pdf: Pdf,
  { table, widths, fontSize }: Layout,
  cells: readonly string[],
  { isBold, colour }: { readonly isBold: boolean; readonly colour: string },
): void {
  const { y } = pdf;
  pdf.font(isBold ? "bold" : "regular").fontSize(fontSize).fillColor(colour);
  let x = MARGIN;
  widths.forEach((width, at) => {
    const align = table.columns[at]?.of === "text" ? "left" : "right";
    const text = cells[at] ?? "";
    if (text !== "") pdf.text(typeset(pdf, text, width), x, y + PADDING, { width, align, height: BOTTOM / 2 - 2 * PADDING, ellipsis: true });
    x += width + (GAP * fontSize) / FONT_SIZE;
  });
  pdf.x = MARGIN;
  pdf.y = y;
}

/** Over the whole width, as long as the amount is beside the largest. */
function drawBar(pdf: Pdf, { bars, rows }: Table, row: Row): void {
  if (bars === undefined) return;
  const centsOf = ({ cells }: Row): bigint => {
    const cell = cells[bars];
    return typeof cell === "object" && cell.cents > 0n ? cell.cents : 0n;
  };
  const most = rows.map(centsOf).reduce((largest, each) => (each > largest ? each : largest), 0n);
  const y = pdf.y - BAR_HEIGHT - 3;
  pdf.rect(MARGIN, y, CONTENT_WIDTH, BAR_HEIGHT).fill(COLOURS.track);
  pdf.rect(MARGIN, y, CONTENT_WIDTH * ratioOf(centsOf(row), most), BAR_HEIGHT).fill(COLOURS.accent);
}
