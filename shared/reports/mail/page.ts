import { html, Html } from "./html.js";
import { COLOURS, DARK_RULES, FONT, LAYOUT } from "./style.js";

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

/** Outlook on Windows knows no widest width: there a table around it has one. */
const OUTLOOK_BEGIN = new Html(
  '<!--[if mso]><table role="presentation" width="640" align="center"><tr><td><![endif]-->',
);
const OUTLOOK_END = new Html("<!--[if mso]></td></tr></table><![endif]-->");

export function page({ title, preheader, kicker, heading, body, footer }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
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
        <style>
          @media (prefers-color-scheme: dark) {
            ${new Html(DARK_RULES)}
          }
        </style>
      </head>
      <body style="margin:0;background:${COLOURS.desk};font-family:${FONT};color:${COLOURS.ink}">
        <div style="display:none;max-height:0;overflow:hidden">${preheader}</div>
        <table ${LAYOUT} style="background:${COLOURS.desk}">
          <tr>
            <td align="center" class="desk" style="padding:24px 12px">
              ${OUTLOOK_BEGIN}
              <table
                ${LAYOUT}
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
              <table ${LAYOUT} style="max-width:640px">
                <tr>
                  <td
                    style="padding:14px 16px;font-size:12px;line-height:1.6;color:${COLOURS.quiet};text-align:left"
                  >
                    ${footer.map((line) => html`<div>${line}</div>`)}
                  </td>
                </tr>
              </table>
              ${OUTLOOK_END}
            </td>
          </tr>
        </table>
      </body>
    </html> `.text;
}
