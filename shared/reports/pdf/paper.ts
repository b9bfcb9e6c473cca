import { readFileSync } from "node:fs";
import * as fontkit from "fontkit";
// oxlint-disable-next-line import/no-named-as-default -- its types have the default alone
import PDFDocument from "pdfkit";
import { BOLD_FILE, REGULAR_FILE } from "../charts/fonts.js";
import { LIGHT } from "../charts/palette.js";
import { drawable, FROM_THE_RIGHT } from "./drawable.js";

/** Paper, fonts and running heads of a PDF. All lengths are points, 1/72 of an inch. */

export type Pdf = PDFKit.PDFDocument;

export const MARGIN = 48;
const PAGE = { width: 595.28, height: 841.89 }; // A4
export const CONTENT_WIDTH = PAGE.width - 2 * MARGIN;
const HEAD_Y = 36;
/** Where content begins and ends; above and below stand the running heads. */
export const TOP = 66;
const FOOT_Y = PAGE.height - 42;
export const BOTTOM = FOOT_Y - 14;

/**
 * Reading a font takes as long as writing a report, and pdfkit reads it for each. Fontkit asks its formats in turn who knows a file; this one
 * knows the name of a font that was read before, and gives that.
 */
const FONTS_READ = new Map<string, fontkit.Font>();
class FontThatWasRead {
  static probe(bytes: Uint8Array): boolean {
    return FONTS_READ.has(Buffer.from(bytes).toString("latin1"));
  }
  constructor({ buffer }: { readonly buffer: Uint8Array }) {
    const font = FONTS_READ.get(Buffer.from(buffer).toString("latin1"));
    if (font) return font;
  }
}
// Its types do not have it.
(fontkit as unknown as { registerFormat(format: unknown): void }).registerFormat(FontThatWasRead);

function readOnce(name: string, file: string): Buffer {
  FONTS_READ.set(name, fontkit.create(readFileSync(file)) as fontkit.Font); // one font in a file
  return Buffer.from(name, "latin1");
}

const REGULAR = readOnce("apportion-regular", REGULAR_FILE);
const BOLD = readOnce("apportion-bold", BOLD_FILE);

export interface Title {
  readonly title: string;
  /** At the head of each page, to the left: what this is, and of when. */
  readonly head: string;
  /** To the right: whether its figures can still change. */
  readonly status: { readonly text: string; readonly isFinal: boolean };
  /** Said to be the file's time: the same document is the same bytes. */
  readonly date: Date;
}

/** Runs `write` on new paper; the running heads come last, when the pages are counted. */
export function pdfOf(title: Title, write: (pdf: Pdf) => void): Promise<Buffer> {
  const info = {
    Title: title.title,
    Creator: "Apportion",
    Producer: "Apportion",
    CreationDate: title.date,
    ModDate: title.date,
  };
  const pdf = new PDFDocument({
    size: "A4",
    // Running heads stand in the margins: pdfkit would begin a page for what is below one.
    margins: { left: MARGIN, right: MARGIN, top: 0, bottom: 0 },
    bufferPages: true,
    autoFirstPage: false,
    lang: "en",
    displayTitle: true,
    info,
  });
  pdf.registerFont("regular", REGULAR).registerFont("bold", BOLD);
  const chunks: Buffer[] = [];
  const done = new Promise<Buffer>((resolve, reject) => {
    pdf.on("data", (chunk: Buffer) => chunks.push(chunk));
    pdf.on("end", () => resolve(Buffer.concat(chunks)));
    pdf.on("error", reject);
  });
  newPage(pdf);
  write(pdf);
  runningHeads(pdf, title);
  pdf.end();
  return done;
}

export function newPage(pdf: Pdf): void {
  pdf.addPage();
  pdf.x = MARGIN;
  pdf.y = TOP;
}

/** Begins a page where there is less room than this on the present one. */
export function makeRoom(pdf: Pdf, height: number): void {
  if (pdf.y + height > BOTTOM && pdf.y > TOP) newPage(pdf);
}

function runningHeads(pdf: Pdf, { head, status, title }: Title): void {
  const { start, count } = pdf.bufferedPageRange();
  for (let page = start; page < start + count; page += 1) {
    pdf.switchToPage(page);
    pdf.font("bold").fontSize(8);
    const statusWidth = pdf.widthOfString(status.text);
    pdf.fillColor(status.isFinal ? LIGHT.quiet : "#96580a");
    oneLine(pdf, status.text, PAGE.width - MARGIN - statusWidth, HEAD_Y, statusWidth + 1);
    pdf.font("regular").fontSize(8).fillColor(LIGHT.quiet);
    oneLine(pdf, head, MARGIN, HEAD_Y, CONTENT_WIDTH - statusWidth - 16);
    rule(pdf, HEAD_Y + 14, LIGHT.line);
    const pages = `Page ${page - start + 1} of ${count}`;
    const pagesWidth = pdf.widthOfString(pages);
    oneLine(pdf, pages, PAGE.width - MARGIN - pagesWidth, FOOT_Y, pagesWidth + 1);
    oneLine(pdf, title, MARGIN, FOOT_Y, CONTENT_WIDTH - pagesWidth - 16);
  }
}

/** As much of the text as fits beside what else stands there. */
function oneLine(pdf: Pdf, text: string, x: number, y: number, width: number): void {
  const lineHeight = pdf.currentLineHeight(true);
  const [first = "", ...more] = typeset(pdf, printable(text), width).split("\n");
  const shown = more.length > 0 ? `${first}…` : first;
  pdf.text(shown, x, y, { width, height: lineHeight, ellipsis: true, lineBreak: true });
}

export function rule(pdf: Pdf, y: number, colour: string, width = 0.75): void {
  pdf.moveTo(MARGIN, y).lineTo(MARGIN + CONTENT_WIDTH, y).lineWidth(width).strokeColor(colour).stroke();
}

/** Names come from people and clusters. */
const CHARACTERS_MAX = 2_000;

/** A line does not end between the minus and what it is before. */
const MINUS = /(?<=^|[\s(])-(?=[A-Z]{3}\s\d)/g;

/** Without what has no shape: control characters, those that turn the direction of what follows, and what the fonts lack. */
export function printable(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]+/gu, " ");
  const characters = Array.from(plain);
  const some = characters.length > CHARACTERS_MAX ? `${characters.slice(0, CHARACTERS_MAX).join("")}…` : plain;
  return drawable(some, [...FONTS_READ.values()]).replace(MINUS, "\u2011");
}

/**
 * A text as pdfkit has to be given it, in its present font: where words are read from the right, lines are broken here, since the last word of a line
 * comes first.
 */
export function typeset(pdf: Pdf, text: string, width: number): string {
  if (!FROM_THE_RIGHT.test(text)) return text;
  const lines: string[] = [];
  let line: string[] = [];
  const fits = width - pdf.widthOfString("  "); // pdfkit does not count the spaces at a line's end alike
  for (const word of text.split(" ")) {
    if (line.length > 0 && pdf.widthOfString(asDrawn([...line, word])) > fits) {
      lines.push(asDrawn(line));
      line = [];
    }
    line.push(word);
  }
  return [...lines, asDrawn(line)].join("\n");
}

/**
 * Pdfkit draws a line word by word from the left, each with its letters in their order and the space after it, which stands to the left of a word that is
 * read from the right. So words that are, with the numbers among and after them, come in reverse, and where two would touch there is a space more.
 */
function asDrawn(words: readonly string[]): string {
  const drawn: string[] = [];
  for (let at = 0; at < words.length;) {
    const end = endOfRun(words, at);
    drawn.push(...words.slice(at, end).toReversed());
    at = end;
  }
  const spaced = drawn.map((word, at) => {
    const next = drawn[at + 1];
    const touches =
      next === undefined ? isFromTheRight(drawn[at - 1]) : !isFromTheRight(next);
    return touches && isFromTheRight(word) ? `${word} ` : word;
  });
  return spaced.join(" ");
}

/** After the last of the words that are read from the right in one go, from this one on; after this one where it is not. */
function endOfRun(words: readonly string[], start: number): number {
  let end = start + 1;
  if (!isFromTheRight(words[start])) return end;
  for (let at = end; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const hasLetters = /\p{L}/u.test(word);
    if (hasLetters && !isFromTheRight(word)) break;
    if (hasLetters || /\d/.test(word)) end = at + 1;
  }
  return end;
}

/** By its first letter, as fonts are asked to lay it out. */
function isFromTheRight(word = ""): boolean {
  const [first = ""] = /\p{L}/u.exec(word) ?? [];
  return FROM_THE_RIGHT.test(first);
}
