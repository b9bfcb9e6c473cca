import { COLOURS, LAYOUT, TONES, type Tone } from "./style.js";
import { html, type Html } from "./html.js";

/** Texts and tables of a mail. */

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

/** A remark with a coloured edge; its text says by itself how serious it is. A table, since Outlook pads nothing else. */
export function note(tone: Tone, text: string | Html): Html {
  const { ink, paper } = TONES[tone];
  return html`<table ${LAYOUT} style="margin:12px 0">
    <tr>
      <td style="padding:10px 14px;background:${paper};border-left:4px solid ${ink}">${text}</td>
    </tr>
  </table> `;
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
    <span style="display:inline-block;color:${COLOURS.quiet}">${beside}</span>
  </div> `;
}

export type Cell = string | Html;

/**
 * Numbers stand to the right, in digits of one width. All that may not be broken has to fit into 358 px, which a phone has.
 * @param numeric which columns are numbers
 */
export function table(
  header: readonly Cell[],
  rows: readonly (readonly Cell[])[],
  numeric: readonly boolean[],
): Html {
  const style = (column: number): string =>
    `padding:6px 0 6px ${column === 0 ? 0 : 10}px;border-bottom:1px solid ${COLOURS.line};vertical-align:top;${numeric[column] ? "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums" : "text-align:left"}`;
  return html`<table width="100%" cellpadding="0" cellspacing="0" border="0" style="font-size:14px">
    <tr>
      ${header.map(
        (text, column) =>
          html`<th
            scope="col"
            style="${style(column)};white-space:normal;font-weight:600;font-size:13px;color:${COLOURS.quiet}"
          >
            ${text}
          </th>`,
      )}
    </tr>
    ${rows.map(
      (row) =>
        html`<tr>
          ${row.map((cell, column) => html`<td style="${style(column)}">${cell}</td>`)}
        </tr>`,
    )}
  </table> `;
}
