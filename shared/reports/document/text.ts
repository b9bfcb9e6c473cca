import { groupedCents } from "@apportion/domain/cents";
import { ratioOf } from "@apportion/domain/percent";
import { textBar, textTable } from "../mail/text-table.js";
import { footOf, type Block, type Cell, type Chart, type Column, type Document, type Paragraph, type Row, type Table } from "./document.js";

/** A document for people who read plain text: the same sentences and figures. */
export function documentText(document: Document): string {
  const { kicker, heading, currency, blocks } = document;
  return [heading, kicker, "", ...blocksLines(blocks, currency, ""), "", ...footOf(document), ""].join("\n");
}

/** What follows rows is set apart from them. */
function blocksLines(blocks: readonly Block[], currency: string, indent: string): string[] {
  return blocks.flatMap((block, at) => {
    const before = blocks[at - 1]?.kind;
    const isApart = before === "table" || before === "chart" || before === "bullets";
    return [
      ...(isApart && block.kind !== "section" ? [""] : []),
      ...blockLines(block, currency, indent),
    ];
  });
}

function blockLines(block: Block, currency: string, indent: string): string[] {
  switch (block.kind) {
    case "figure":
      return [`${block.amount} ${block.beside}`];
    case "meter":
      return [textBar(ratioOf(block.used, block.budget))];
    case "note":
      return [...block.lines];
    case "paragraph":
      return paragraphLines(block, indent);
    case "bullets":
      return block.items.map((item) => `${indent}- ${item}`);
    case "section":
      return ["", block.title.toUpperCase(), ...blocksLines(block.blocks, currency, "  ")];
    case "code":
      return block.text.split("\n").map((line) => `${indent}    ${line}`);
    case "table":
      return tableLines(block, currency);
    case "chart":
      return chartLines(block, currency, indent);
  }
}

/** A strong one inside of a section begins something. */
function paragraphLines({ text, weight }: Paragraph, indent: string): string[] {
  return [...(weight === "strong" && indent !== "" ? [""] : []), `${indent}${text}`];
}

/** What is text and stands below another column is a line of its own: it may be long. */
function tableLines({ columns, rows, totals }: Table, currency: string): string[] {
  const below = columns.findIndex(({ under, of }) => under && of === "text");
  const across = columns.flatMap((_, at) => (at === below ? [] : [at]));
  const cells = (row: Row): string[] => across.map((at) => cellText(row.cells[at]));
  const heads = across.map((at) => (columns[at] ? columnHead(columns[at], currency) : ""));
  const [head = "", ...lines] = textTable([heads, ...[...rows, ...totals].map(cells)]);
  return [
    head,
    ...lines.flatMap((line, at) => {
      const detail = rows[at]?.cells[below];
      return detail === undefined || detail === "" ? [line] : [line, `    ${cellText(detail)}`];
    }),
  ];
}

/** One series has a line for each label with a bar; of several, and of what is added up, the sentence says what there is to see. */
function chartLines({ shape, says, labels, series }: Chart, currency: string, indent: string): string[] {
  const [first, ...others] = series;
  if (!first || others.length > 0 || shape === "course") return [`${indent}${says}`];
  const largest = first.cents.reduce<bigint>((most, cents = 0n) => (cents > most ? cents : most), 0n);
  const pale = new Set(first.provisional);
  const rows = labels.flatMap((label, at) => {
    const cents = first.cents[at];
    const bar = cents === undefined ? "" : textBar(ratioOf(cents, largest));
    return cents === undefined ? [] : [[`${label}${pale.has(at) ? " *" : ""}`, groupedCents(cents), bar]];
  });
  const known = labels.some((_, at) => pale.has(at) && first.cents[at] !== undefined);
  return [`${indent}${says}`, ...textTable([["", currency, ""], ...rows]), ...(known ? ["  * can still change"] : [])];
}

/** `Statement, USD` over amounts, so that their cells need no currency. */
export function columnHead({ head, of }: Column, currency: string): string {
  return of === "amount" ? `${head}, ${currency}` : head;
}

/** `1,234.56`, `+12.00` for a difference, `–` for what is not known or does not apply. */
export function cellText(cell: Cell): string {
  if (cell === undefined) return "–";
  if (typeof cell === "string") return cell;
  return `${cell.signed && cell.cents > 0n ? "+" : ""}${groupedCents(cell.cents)}`;
}
