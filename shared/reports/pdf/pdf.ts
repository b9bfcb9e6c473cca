import { ratioOf } from "@apportion/domain/percent";
import { LIGHT } from "../charts/palette.js";
import { COLOURS, TONES } from "../mail/style.js";
import { footOf, type Block, type Bullets, type Chart, type Code, type Document, type Figure, type Meter, type Note, type Paragraph, type Section } from "../document/document.js";
import { chartHeight, drawChart } from "./chart.js";
import { BOTTOM, CONTENT_WIDTH, makeRoom, MARGIN, newPage, type Pdf, pdfOf, printable, rule, TOP, typeset } from "./paper.js";
import { drawTable } from "./table.js";

/** What the pages of a document say of it beside what it says itself. */
export interface Edition {
  readonly isFinal: boolean;
  /** Of the file; the same document with the same date is the same bytes. */
  readonly date: Date;
}

/** A document as pages that can be printed and handed on. */
export function renderPdf(document: Document, { isFinal, date }: Edition): Promise<Buffer> {
  const { title, kicker, heading, currency, blocks } = document;
  const status = { isFinal, text: isFinal ? "Final" : "PROVISIONAL – figures can change" };
  return pdfOf({ title, head: `${kicker} · ${heading}`, status, date }, (pdf) => {
    write(pdf, kicker, { size: 9, colour: LIGHT.quiet });
    write(pdf, heading, { size: 20, font: "bold", after: 10 });
    drawBlocks(pdf, blocks, currency);
    drawFooter(pdf, footOf(document));
  });
}

function drawBlocks(pdf: Pdf, blocks: readonly Block[], currency: string): void {
  for (const block of blocks) drawBlock(pdf, block, currency);
}

function drawBlock(pdf: Pdf, block: Block, currency: string): void {
  switch (block.kind) {
    case "figure":
      return drawFigure(pdf, block);
    case "meter":
      return drawMeter(pdf, block);
    case "note":
      return drawNote(pdf, block);
    case "paragraph":
      return drawParagraph(pdf, block);
    case "bullets":
      return drawBullets(pdf, block);
    case "section":
      return drawSection(pdf, block, currency);
    case "code":
      return drawCode(pdf, block);
    case "table":
      return drawTable(pdf, block, currency);
    case "chart":
      return drawCaptioned(pdf, block, currency);
  }
}

interface Style {
  readonly size?: number;
  readonly font?: "regular" | "bold";
  readonly colour?: string;
  readonly before?: number;
  readonly after?: number;
  readonly indent?: number;
}

/** Text over the width of the page; where a page ends, it goes on by lines. */
function write(pdf: Pdf, text: string, style: Style = {}): void {
  const { size = 9.5, font = "regular", colour = LIGHT.ink, before = 0, after = 4, indent = 0 } = style;
  pdf.font(font).fontSize(size);
  const options = { width: CONTENT_WIDTH - indent, lineGap: size * 0.2 };
  const shown = typeset(pdf, printable(text), options.width);
  const height = pdf.heightOfString(shown, options);
  makeRoom(pdf, Math.min(height + before, BOTTOM - TOP));
  pdf.y += before;
  pdf.fillColor(colour).text(shown, MARGIN + indent, pdf.y, { ...options, height: BOTTOM - pdf.y, ellipsis: true });
  pdf.x = MARGIN;
  pdf.y += after;
}

function drawFigure(pdf: Pdf, { amount, beside }: Figure): void {
  makeRoom(pdf, 34);
  const { y } = pdf;
  pdf.font("bold").fontSize(22);
  const width = pdf.widthOfString(printable(amount));
  pdf.fillColor(LIGHT.ink).text(printable(amount), MARGIN, y, { lineBreak: false });
  pdf.font("regular").fontSize(10).fillColor(LIGHT.quiet);
  pdf.text(printable(beside), MARGIN + width + 8, y + 11, { width: Math.max(60, CONTENT_WIDTH - width - 8), height: 14, ellipsis: true });
  pdf.x = MARGIN;
  pdf.y = y + 34;
}

function drawMeter(pdf: Pdf, { tone, used, expected, budget, says }: Meter): void {
  makeRoom(pdf, 40);
  const full = expected > budget ? expected : budget;
  const { y } = pdf;
  const until = (cents: bigint): number => CONTENT_WIDTH * ratioOf(cents, full);
  pdf.rect(MARGIN, y, CONTENT_WIDTH, 10).fill(COLOURS.track);
  pdf.rect(MARGIN, y, until(expected), 10).fill(TONES[tone].light);
  pdf.rect(MARGIN, y, until(used), 10).fill(TONES[tone].ink);
  const mark = MARGIN + until(budget);
  pdf.moveTo(mark, y - 2).lineTo(mark, y + 12).lineWidth(1.5).strokeColor(LIGHT.ink).stroke();
  pdf.y = y + 16;
  write(pdf, says, { size: 8, colour: LIGHT.quiet, after: 6 });
}

function drawNote(pdf: Pdf, { tone, lines }: Note): void {
  const [indent, padding] = [10, 7];
  const width = CONTENT_WIDTH - 2 * indent;
  const height = lines.reduce((sum, line, at) => {
    pdf.font(at === 0 ? "bold" : "regular").fontSize(9.5);
    return sum + pdf.heightOfString(typeset(pdf, printable(line), width), { width, lineGap: 2 });
  }, 2 * padding);
  if (height > BOTTOM - TOP) return lines.forEach((line, at) => write(pdf, line, { font: at === 0 ? "bold" : "regular" }));
  makeRoom(pdf, height);
  const { y } = pdf;
  pdf.rect(MARGIN, y, CONTENT_WIDTH, height).fill(TONES[tone].paper);
  pdf.rect(MARGIN, y, 3, height).fill(TONES[tone].ink);
  pdf.y = y + padding;
  lines.forEach((line, at) => {
    pdf.font(at === 0 ? "bold" : "regular").fontSize(9.5).fillColor(LIGHT.ink);
    pdf.text(typeset(pdf, printable(line), width), MARGIN + indent, pdf.y, { width, lineGap: 2 });
  });
  pdf.x = MARGIN;
  pdf.y = y + height + 8;
}

function drawParagraph(pdf: Pdf, { text, weight }: Paragraph): void {
  if (weight === "quiet") write(pdf, text, { size: 8.5, colour: LIGHT.quiet });
  else write(pdf, text, { font: weight === "strong" ? "bold" : "regular" });
}

function drawBullets(pdf: Pdf, { items }: Bullets): void {
  for (const item of items) {
    write(pdf, `•  ${item}`, { indent: 8 });
  }
}

/** Its title is not left alone at the end of a page. */
function drawSection(pdf: Pdf, { title, blocks }: Section, currency: string): void {
  const [first] = blocks;
  makeRoom(pdf, 40 + (first?.kind === "chart" ? chartHeight(first) + 40 : 60));
  pdf.y += 10;
  rule(pdf, pdf.y, LIGHT.line);
  write(pdf, title, { size: 12, font: "bold", before: 8, after: 4 });
  drawBlocks(pdf, blocks, currency);
}

function drawCode(pdf: Pdf, { text }: Code): void {
  for (const line of text.split("\n"))
    write(pdf, line === "" ? " " : line, { size: 8, colour: LIGHT.ink, indent: 10, after: 0 });
  pdf.y += 6;
}

function drawCaptioned(pdf: Pdf, chart: Chart, currency: string): void {
  makeRoom(pdf, chartHeight(chart) + 50);
  write(pdf, chart.title, { font: "bold", size: 9.5, after: 4 });
  drawChart(pdf, chart, currency);
  pdf.y += 4;
  write(pdf, chart.says, { size: 8, colour: LIGHT.quiet, after: 8 });
}

function drawFooter(pdf: Pdf, footer: readonly string[]): void {
  if (footer.length === 0) return;
  if (pdf.y + 40 > BOTTOM) newPage(pdf);
  pdf.y += 10;
  rule(pdf, pdf.y, LIGHT.line);
  pdf.y += 6;
  for (const line of footer) write(pdf, line, { size: 7.5, colour: LIGHT.quiet, after: 2 });
}
