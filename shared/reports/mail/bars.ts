import { COLOURS, LAYOUT, TONES, type Tone } from "./style.js";
import { html, type Html } from "./html.js";

/** Bars made of table cells. What they show is also said in words: beside them, or in their label. */

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
    return html`<table ${LAYOUT}>
      <tr>
        <td width="${percent(at)}" style="font-size:1px">&nbsp;</td>
        <td style="${style}">&#9650; ${text}</td>
      </tr>
    </table>`;
  return html`<table ${LAYOUT}>
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
  return html`<table ${LAYOUT} style="table-layout:fixed">
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
  /** Printed smaller, below. */
  readonly detail?: string;
  readonly amount: string;
  readonly share?: string;
  /** Length of the bar as a part of 1; without it there is no bar. */
  readonly ratio?: number;
}

/** One line each: name, amount, share, and a bar below. */
export function barRows(
  rows: readonly BarRow[],
  total?: { readonly label: string; readonly amount: string },
): Html {
  return html`<table width="100%" cellpadding="0" cellspacing="0" border="0" style="font-size:14px">
    ${rows.map(barRow)}${
      total &&
      html`<tr>
        <td style="padding-top:8px;font-weight:600">${total.label}</td>
        <td style="padding-top:8px;font-weight:600;${NUMBER}">${total.amount}</td>
        <td></td>
      </tr>`
    }
  </table> `;
}

const NUMBER =
  "text-align:right;white-space:nowrap;vertical-align:top;padding-left:12px;font-variant-numeric:tabular-nums";

function barRow({ label, detail, amount, share, ratio }: BarRow): Html {
  return html`<tr>
      <td style="padding:7px 0 2px;vertical-align:top">
        ${label}${detail === undefined ? undefined : html`<div style="font-size:13px;color:${COLOURS.quiet}">${detail}</div>`}
      </td>
      <td style="padding-top:7px;${NUMBER}">${amount}</td>
      ${share === undefined ? undefined : html`<td width="58" style="padding-top:7px;color:${COLOURS.quiet};${NUMBER}">${share}</td>`}
    </tr>
    ${
      ratio === undefined
        ? undefined
        : html`<tr>
            <td colspan="3" style="padding-bottom:4px">
              ${cells(6, [
                { width: ratio, colour: COLOURS.accent },
                { width: 1 - ratio, colour: COLOURS.track },
              ])}
            </td>
          </tr> `
    }`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)}%`;
}
