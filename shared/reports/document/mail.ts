import { ratioOf } from "@apportion/domain/percent";
import { centsText } from "../format.js";
import { barRows, meter } from "../mail/bars.js";
import { bullets, figure, note, paragraph, preformatted, quiet, section, strong, table } from "../mail/blocks.js";
import { html, type Html } from "../mail/html.js";
import type { RenderedMail } from "../mail/mail.js";
import { page } from "../mail/page.js";
import { chartsOf, picture, pictureFiles } from "../mail/pictures.js";
import { COLOURS, TONES, type Tone } from "../mail/style.js";
import { footOf, isSum, type Block, type Document, type Meter, type Paragraph, type Row, type Table } from "./document.js";
import { cellText, columnHead, documentText } from "./text.js";

/** A document as a mail, with its figures as a file where it has some, and files beside it that take longer to make. */
export function renderDocument(
  document: Document,
  csv?: RenderedMail["csv"],
  files?: RenderedMail["files"],
): RenderedMail {
  const { title, blocks, currency } = document;
  const hasPictures = chartsOf(blocks).length > 0;
  return {
    subject: title,
    html: documentHtml(document),
    text: documentText(document),
    ...(csv && { csv }),
    ...((hasPictures || files) && {
      files: async () => [
        ...(hasPictures ? await pictureFiles(blocks, currency) : []),
        ...((await files?.()) ?? []),
      ],
    }),
  };
}

export function documentHtml(document: Document): string {
  const { title, preheader, kicker, heading } = document;
  const footer = footOf(document);
  return page({ title, preheader, kicker, heading, body: blocksHtml(document.blocks, document.currency), footer });
}

function blocksHtml(blocks: readonly Block[], currency: string): Html {
  return html`${blocks.map((block) => blockHtml(block, currency))}`;
}

function blockHtml(block: Block, currency: string): Html {
  switch (block.kind) {
    case "figure":
      return figure(block.amount, block.beside);
    case "meter":
      return meterHtml(block, currency);
    case "note":
      return note(block.tone, linesHtml(block.lines));
    case "paragraph":
      return paragraphHtml(block);
    case "bullets":
      return bullets(block.items);
    case "section":
      return section(block.title, blocksHtml(block.blocks, currency));
    case "code":
      return preformatted(block.text);
    case "table":
      return block.bars === undefined ? tableHtml(block, currency) : barsHtml(block, block.bars, currency);
    case "chart":
      return picture(block);
  }
}

function paragraphHtml({ text, weight }: Paragraph): Html {
  if (weight === "quiet") return quiet(text);
  return paragraph(weight === "strong" ? strong(text) : text);
}

function linesHtml([first = "", ...rest]: readonly string[]): Html {
  return html`${strong(first)}${rest.map((line) => html`<br />${line}`)}`;
}

function meterHtml({ tone, used, expected, budget, says }: Meter, currency: string): Html {
  const full = expected > budget ? expected : budget;
  const solid = ratioOf(used, full);
  return meter({
    tone,
    solid,
    light: ratioOf(expected, full) - solid,
    ...(budget > 0n && { mark: { at: ratioOf(budget, full), text: `budget ${centsText(budget, currency)}` } }),
    label: says,
  });
}

function tableHtml({ columns: all, rows, totals }: Table, currency: string): Html {
  const shown = all.flatMap((column, at) => (column.under ? [] : [at]));
  const below = (at: number): number | undefined => (all[at + 1]?.under ? at + 1 : undefined);
  const cell = (row: Row, at: number, isTotal: boolean): Html => {
    const lower = below(at);
    const text = cellText(row.cells[at]);
    const isWord = lower !== undefined && all[lower]?.of === "text";
    return stacked(
      isTotal ? strong(text) : text,
      lower === undefined ? "" : cellText(row.cells[lower]),
      isWord ? row.tone : undefined,
    );
  };
  const head = (at: number): string => (all[at] ? columnHead(all[at], currency) : "");
  return table(
    shown.map((at) => stacked(head(at), below(at) === undefined ? "" : (all[at + 1]?.head ?? ""))),
    [
      ...rows.map((row) => shown.map((at) => cell(row, at, false))),
      ...totals.map((row) => shown.map((at) => cell(row, at, isSum(row)))),
    ],
    shown.map((at) => all[at]?.of !== "text"),
  );
}

/** A part stands below what it is a part of: that leaves narrow columns for phones. */
function stacked(upper: string | Html, lower: string, tone?: Tone): Html {
  if (lower === "") return html`${upper}`;
  const colour = tone === undefined ? COLOURS.quiet : `${TONES[tone].ink};font-weight:600`;
  return html`${upper}<br /><span style="font-size:12px;color:${colour}">${lower}</span>`;
}

/** Names, amounts and their shares, with a bar for each amount. */
function barsHtml({ columns: all, rows, totals }: Table, bars: number, currency: string): Html {
  const centsOf = (row: Row): bigint => {
    const cell = row.cells[bars];
    return typeof cell === "object" ? cell.cents : 0n;
  };
  const detail = all.findIndex(({ under }) => under);
  const share = all.findIndex(({ of }) => of === "percent");
  const largest = rows.reduce((most, row) => (centsOf(row) > most ? centsOf(row) : most), 0n);
  const [total] = totals;
  return barRows(
    rows.map((row) => ({
      label: cellText(row.cells[0]),
      amount: centsText(centsOf(row), currency),
      ...(detail >= 0 && { detail: cellText(row.cells[detail]) }),
      ...(share >= 0 && { share: cellText(row.cells[share]) }),
      ratio: ratioOf(centsOf(row), largest),
    })),
    total && { label: cellText(total.cells[0]), amount: centsText(centsOf(total), currency) },
  );
}
