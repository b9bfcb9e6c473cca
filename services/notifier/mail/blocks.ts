import { html, Html } from "./html.js";

/**
 * What mails are built of. Mail programs know tables, inline styles and little else: widths are percentages, so a phone shows
 * the same page narrower, and a bar is a table row whose cells are coloured. Whatever a colour says, a word says too.
 */

/** Each has a contrast of at least 4.5 : 1 on what it is printed on (WCAG AA). */
const COLOURS = {
  ink: "#1c2733",
  quiet: "#536171",
  line: "#dfe4ea",
  paper: "#ffffff",
  desk: "#f2f4f7",
  track: "#e6eaef",
  accent: "#2457a6",
  accentLight: "#a9c2e8",
  calm: "#1f6f50",
  warning: "#96580a",
  danger: "#b3261e",
} as const;

/** How serious something is. */
export type Tone = "calm" | "notice" | "warning" | "danger";

const TONES: Readonly<
  Record<Tone, { readonly ink: string; readonly light: string; readonly paper: string }>
> = {
  calm: { ink: COLOURS.calm, light: "#b5d9c9", paper: "#edf6f2" },
  notice: { ink: COLOURS.accent, light: COLOURS.accentLight, paper: "#eef3fb" },
  warning: { ink: COLOURS.warning, light: "#ebcd9f", paper: "#fdf5e8" },
  danger: { ink: COLOURS.danger, light: "#efb8b4", paper: "#fcefee" },
};

const FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
const TABLE = 'role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"';

export interface Page {
  readonly title: string;
  /** What mailboxes show beside the subject. */
  readonly preheader: string;
  /** One line above the heading: what kind of mail this is. */
  readonly kicker: string;
  readonly heading: string;
  readonly body: Html;
  readonly footer: readonly string[];
}

export function page({ title, preheader, kicker, heading, body, footer }: Page): Html["text"] {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light" />
        <title>${title}</title>
        <style>
          body {
            margin: 0;
            padding: 0;
            -webkit-text-size-adjust: 100%;
          }
          @media (max-width: 480px) {
            .card {
              padding: 20px 16px !important;
            }
            .desk {
              padding: 0 !important;
            }
            .big {
              font-size: 27px !important;
            }
          }
        </style>
      </head>
      <body style="margin:0;background:${COLOURS.desk};font-family:${FONT};color:${COLOURS.ink}">
        <div style="display:none;max-height:0;overflow:hidden">${preheader}</div>
        <table ${raw(TABLE)} style="background:${COLOURS.desk}">
          <tr>
            <td align="center" class="desk" style="padding:24px 12px">
              <table
                ${raw(TABLE)}
                style="max-width:640px;background:${COLOURS.paper};border:1px solid ${COLOURS.line};border-radius:6px;text-align:left"
              >
                <tr>
                  <td class="card" style="padding:28px 32px;font-size:15px;line-height:1.5">
                    <div style="font-size:13px;color:${COLOURS.quiet}">${kicker}</div>
                    <h1 style="margin:4px 0 16px;font-size:21px;line-height:1.3;font-weight:600">
                      ${heading}
                    </h1>
                    ${body}
                  </td>
                </tr>
              </table>
              <table ${raw(TABLE)} style="max-width:640px">
                <tr>
                  <td
                    style="padding:14px 16px;font-size:12px;line-height:1.6;color:${COLOURS.quiet};text-align:left"
                  >
                    ${footer.map((line) => html`<div>${line}</div>`)}
                  </td>
                </tr>
              </table>
            </td>
          </tr>
        </table>
      </body>
    </html> `.text;
}

export function section(title: string, content: Html): Html {
  return html`<h2
      style="margin:28px 0 8px;padding-top:16px;border-top:1px solid ${COLOURS.line};font-size:16px;line-height:1.3;font-weight:600"
    >
      ${title}
    </h2>
    ${content}`;
}

export function paragraph(text: string | Html): Html {
  return html`<p style="margin:8px 0">${text}</p> `;
}

export function quiet(text: string | Html): Html {
  return html`<p style="margin:6px 0;font-size:13px;color:${COLOURS.quiet}">${text}</p> `;
}

export function strong(text: string): Html {
  return html`<strong style="font-weight:600">${text}</strong>`;
}

/** A remark with a coloured edge; its text says by itself how serious it is. */
export function note(tone: Tone, text: string | Html): Html {
  const { ink, paper } = TONES[tone];
  return html`<div style="margin:12px 0;padding:10px 14px;background:${paper};border-left:4px solid ${ink}">
    ${text}
  </div> `;
}

export function bullets(items: readonly (string | Html)[]): Html {
  return html`<ul style="margin:8px 0;padding-left:20px">
    ${items.map((item) => html`<li style="margin:6px 0">${item}</li>`)}
  </ul> `;
}

export function preformatted(text: string): Html {
  return html`<pre
    style="margin:12px 0;padding:12px;background:${COLOURS.desk};font-size:12px;line-height:1.5;white-space:pre-wrap"
  >
${text}</pre> `;
}

/** The figure for which the mail is opened. */
export function figure(big: string, beside: string): Html {
  return html`<div style="margin:0 0 10px;line-height:1.25">
    <span class="big" style="font-size:32px;font-weight:600;white-space:nowrap">${big}</span>
    <span style="color:${COLOURS.quiet};white-space:nowrap">${beside}</span>
  </div> `;
}

export interface Meter {
  readonly tone: Tone;
  /** Widths as parts of 1, from the left; together at most 1. */
  readonly solid: number;
  /** What is expected on top, in a lighter shade. */
  readonly light: number;
  /** Where a mark goes, as a part of 1, and what it says. */
  readonly mark?: { readonly at: number; readonly text: string };
  /** The same in words, for those who do not see it. */
  readonly label: string;
}

/** A wide bar, such as a budget and how much of it is used. */
export function meter({ tone, solid, light, mark, label }: Meter): Html {
  const { ink, light: pale } = TONES[tone];
  return html`<div role="img" aria-label="${label}">
    ${cells(16, [
      { width: solid, colour: ink },
      { width: light, colour: pale },
      { width: 1 - solid - light, colour: COLOURS.track },
    ])}${mark && markRow(mark)}
  </div> `;
}

/** The text lies on the side of the mark where there is room for it. */
function markRow({ at, text }: { readonly at: number; readonly text: string }): Html {
  const style = `font-size:12px;line-height:1.4;color:${COLOURS.quiet};white-space:nowrap`;
  if (at < 0.4)
    return html`<table ${raw(TABLE)}>
      <tr>
        <td width="${percent(at)}" style="font-size:1px">&nbsp;</td>
        <td style="${style}">&#9650; ${text}</td>
      </tr>
    </table>`;
  return html`<table ${raw(TABLE)}>
    <tr>
      <td width="${percent(at)}" align="right" style="${style}">${text} &#9650;</td>
      <td style="font-size:1px">&nbsp;</td>
    </tr>
  </table>`;
}

function cells(
  heightPx: number,
  parts: readonly { readonly width: number; readonly colour: string }[],
): Html {
  const shown = parts.filter((part) => part.width > 0.001);
  return html`<table ${raw(TABLE)} style="table-layout:fixed">
    <tr>
      ${shown.map(
        ({ width, colour }) =>
          html`<td
            width="${percent(width)}"
            height="${heightPx}"
            bgcolor="${colour}"
            style="width:${percent(width)};height:${heightPx}px;background:${colour};font-size:1px;line-height:1px"
          >
            &nbsp;
          </td>`,
      )}
    </tr>
  </table>`;
}

export interface BarRow {
  readonly label: string;
  readonly detail?: string;
  readonly amount: string;
  readonly share: string;
  /** Length of the bar as a part of 1; 0 shows none. */
  readonly ratio: number;
}

/** One line each: name, amount, share, and a bar below. */
export function barRows(
  rows: readonly BarRow[],
  total?: { readonly label: string; readonly amount: string },
): Html {
  const number =
    "text-align:right;white-space:nowrap;vertical-align:top;padding-left:12px;font-variant-numeric:tabular-nums";
  return html`<table width="100%" cellpadding="0" cellspacing="0" border="0" style="font-size:14px">
    ${rows.map(
      ({ label, detail, amount, share, ratio }) =>
        html`<tr>
            <td style="padding:7px 0 2px;vertical-align:top">
              ${label}${detail === undefined ? undefined : html`<div style="font-size:13px;color:${COLOURS.quiet}">${detail}</div>`}
            </td>
            <td style="padding-top:7px;${number}">${amount}</td>
            <td width="58" style="padding-top:7px;color:${COLOURS.quiet};${number}">${share}</td>
          </tr>
          <tr>
            <td colspan="3" style="padding-bottom:4px">
              ${cells(6, [
                { width: ratio, colour: COLOURS.accent },
                { width: 1 - ratio, colour: COLOURS.track },
              ])}
            </td>
          </tr> `,
    )}${
      total &&
      html`<tr>
        <td style="padding-top:8px;font-weight:600">${total.label}</td>
        <td style="padding-top:8px;font-weight:600;${number}">${total.amount}</td>
        <td></td>
      </tr>`
    }
  </table> `;
}

/** Columns from the second on are numbers when they look like it: to the right, in digits of one width. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): Html {
  const numeric = header.map((_, column) => column > 0 && rows.every((row) => isNumber(row[column] ?? "")));
  const style = (column: number): string =>
    `padding:6px 0 6px ${column === 0 ? 0 : 10}px;border-bottom:1px solid ${COLOURS.line};vertical-align:top;${numeric[column] ? "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums" : "text-align:left"}`;
  return html`<table width="100%" cellpadding="0" cellspacing="0" border="0" style="font-size:14px">
    <tr>
      ${header.map(
        (text, column) =>
          html`<th scope="col" style="${style(column)};font-weight:600;font-size:13px;color:${COLOURS.quiet}">
            ${text}
          </th>`,
      )}
    </tr>
    ${rows.map(
      (row) =>
        html`<tr>
          ${row.map((text, column) => html`<td style="${style(column)}">${text}</td>`)}
        </tr>`,
    )}
  </table> `;
}

function isNumber(text: string): boolean {
  return /^([-+]?[A-Z]{3} ?-?[\d,.]+|-?[\d,.]+ %|–|)$/.test(text);
}

export interface Column {
  /** Height as a part of 1. */
  readonly ratio: number;
  /** Drawn paler: not all of it is there yet. */
  readonly pale?: boolean;
}

const COLUMNS_HEIGHT_PX = 72;

/** Days side by side. `axis` is printed below: at the left, in the middle and at the right. */
export function columns(values: readonly Column[], axis: readonly string[], label: string): Html {
  return html`<div role="img" aria-label="${label}">
    <table ${raw(TABLE)} style="table-layout:fixed;border-bottom:1px solid ${COLOURS.line}">
      <tr>
        ${values.map(({ ratio, pale }) => {
          const heightPx = Math.max(ratio > 0 ? 1 : 0, Math.round(ratio * COLUMNS_HEIGHT_PX));
          const colour = pale ? COLOURS.accentLight : COLOURS.accent;
          return html`<td
            valign="bottom"
            height="${COLUMNS_HEIGHT_PX}"
            style="height:${COLUMNS_HEIGHT_PX}px;padding:0 1px;vertical-align:bottom;font-size:1px;line-height:1px"
          >
            ${
              heightPx > 0
                ? html`<table ${raw(TABLE)}>
                    <tr>
                      <td
                        height="${heightPx}"
                        bgcolor="${colour}"
                        style="height:${heightPx}px;background:${colour};font-size:1px;line-height:1px"
                      >
                        &nbsp;
                      </td>
                    </tr>
                  </table>`
                : html`&nbsp;`
            }
          </td>`;
        })}
      </tr>
    </table>
    <table ${raw(TABLE)} style="font-size:12px;color:${COLOURS.quiet}">
      <tr>
        ${axis.map(
          (text, index) =>
            html`<td
              width="33%"
              align="${index === 0 ? "left" : index === axis.length - 1 ? "right" : "center"}"
            >
              ${text}
            </td>`,
        )}
      </tr>
    </table>
  </div> `;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)}%`;
}

/** Markup of our own, not a value. */
function raw(attributes: string): Html {
  return new Html(attributes);
}
