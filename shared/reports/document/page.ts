import { ratioOf } from "@apportion/domain/percent";
import { chartSvg, DARK_VARIABLES } from "../charts/draw.js";
import { centsText } from "../format.js";
import { html, Html } from "../mail/html.js";
import { TONES } from "../mail/style.js";
import { footOf, isSum, type Block, type Chart, type Document, type Meter, type Note, type Paragraph, type Row, type Section, type Table, type TotalRow } from "./document.js";
import { cellText, columnHead } from "./text.js";

/** A document as a page that stands alone: nothing in it asks another host, it is light or dark as its reader is, and it prints. */
export function renderPage(document: Document): string {
  const { title, kicker, heading, currency, blocks } = document;
  const charts = numbered();
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          http-equiv="content-security-policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <p class="kicker">${kicker}</p>
          <h1>${heading}</h1>
          ${blocks.map((block) => blockHtml(block, currency, charts))}
          <footer>${footOf(document).map((line) => html`<p>${line}</p>`)}</footer>
        </main>
      </body>
    </html> `.text;
}

/** Parts of pictures have names, which are unlike each other on a page. */
function numbered(): () => string {
  let count = 0;
  return () => `chart-${++count}`;
}

function blockHtml(block: Block, currency: string, charts: () => string): Html {
  switch (block.kind) {
    case "figure":
      return html`<p class="figure"><strong>${block.amount}</strong> <span>${block.beside}</span></p>`;
    case "meter":
      return meterHtml(block, currency);
    case "note":
      return noteHtml(block);
    case "paragraph":
      return paragraphHtml(block);
    case "bullets":
      return html`<ul>
        ${block.items.map((item) => html`<li>${item}</li>`)}
      </ul>`;
    case "section":
      return sectionHtml(block, currency, charts);
    case "code":
      return html`<pre>${block.text}</pre>`;
    case "table":
      return tableHtml(block, currency);
    case "chart":
      return chartHtml(block, currency, charts());
  }
}

function sectionHtml({ title, blocks }: Section, currency: string, charts: () => string): Html {
  return html`<section>
    <h2>${title}</h2>
    ${blocks.map((block) => blockHtml(block, currency, charts))}
  </section>`;
}

function paragraphHtml({ text, weight }: Paragraph): Html {
  if (weight === "quiet") return html`<p class="quiet">${text}</p>`;
  return weight === "strong" ? html`<p><strong>${text}</strong></p>` : html`<p>${text}</p>`;
}

function noteHtml({ tone, lines: [first = "", ...rest] }: Note): Html {
  return html`<div class="note ${tone}">
    <p><strong>${first}</strong></p>
    ${rest.map((line) => html`<p>${line}</p>`)}
  </div>`;
}

function meterHtml({ tone, used, expected, budget, says }: Meter, currency: string): Html {
  const full = expected > budget ? expected : budget;
  const width = (cents: bigint): string => `${(ratioOf(cents, full) * 100).toFixed(1)}%`;
  return html`<div class="meter ${tone}" role="img" aria-label="${says}">
      <i class="expected" style="width:${width(expected)}"></i><i class="used" style="width:${width(used)}"></i
      ><i class="budget" style="left:${width(budget)}"></i>
    </div>
    <p class="quiet right">budget ${centsText(budget, currency)}</p>`;
}

function tableHtml(table: Table, currency: string): Html {
  const shown = table.columns.flatMap((column, at) => (column.under ? [] : [at]));
  const kind = (at: number): string => (table.columns[at]?.of === "text" ? "text" : "number");
  const lower = (at: number): number | undefined => (table.columns[at + 1]?.under ? at + 1 : undefined);
  const cells = (row: Row | TotalRow): Html[] =>
    shown.map((at) => {
      const below = lower(at);
      const small = below === undefined ? "" : cellText(row.cells[below] ?? "");
      return html`<td class="${kind(at)}">${cellText(row.cells[at])}${small === "" ? undefined : html`<small>${small}</small>`}</td>`;
    });
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${shown.map((at) => {
            const below = lower(at);
            const small = below === undefined ? "" : (table.columns[below]?.head ?? "");
            const head = table.columns[at] ? columnHead(table.columns[at], currency) : "";
            return html`<th scope="col" class="${kind(at)}">${head}${small === "" ? undefined : html`<small>${small}</small>`}</th>`;
          })}
        </tr>
      </thead>
      <tbody>
        ${table.rows.map((row) => html`<tr class="${row.tone ?? ""}">${cells(row)}</tr>${bar(table, row, shown.length)}`)}
      </tbody>
      <tfoot>
        ${table.totals.map((row) => html`<tr class="${row.tone ?? (isSum(row) ? "" : "aside")}">${cells(row)}</tr>`)}
      </tfoot>
    </table>
  </div>`;
}

function bar({ bars, rows }: Table, row: Row, columns: number): Html | undefined {
  if (bars === undefined) return undefined;
  const centsOf = ({ cells }: Row): bigint => {
    const cell = cells[bars];
    return typeof cell === "object" && cell.cents > 0n ? cell.cents : 0n;
  };
  const most = rows.map(centsOf).reduce((largest, each) => (each > largest ? each : largest), 0n);
  const width = (ratioOf(centsOf(row), most) * 100).toFixed(1);
  return html`<tr class="bar" aria-hidden="true">
    <td colspan="${columns}"><i style="width:${width}%"></i></td>
  </tr>`;
}

function chartHtml(chart: Chart, currency: string, id: string): Html {
  return html`<figure>
    <figcaption>${chart.title}</figcaption>
    ${new Html(chartSvg(chart, currency, id))}
    <p class="quiet">${chart.says}</p>
  </figure>`;
}

const TONES_STYLE = Object.entries(TONES)
  .map(([tone, { ink, light, paper }]) => `.${tone}{--tone:${ink};--tone-light:${light};--tone-paper:${paper}}`)
  .join("\n");
/** Of remarks on a dark page: the same inks, on grounds that are nearly black. */
const DARK_TONES = Object.entries({
  calm: ["#4fb08a", "#1d4a3a", "#14261f"],
  notice: ["#6ea3e8", "#274468", "#152234"],
  warning: ["#e0a040", "#5a4212", "#2a2110"],
  danger: ["#f08078", "#66231e", "#331614"],
})
  .map(([tone, [ink, light, paper]]) => `.${tone}{--tone:${ink};--tone-light:${light};--tone-paper:${paper}}`)
  .join("");

const STYLE = `
:root{--ink:#1c2733;--quiet:#536171;--line:#dfe4ea;--paper:#fff;--desk:#f2f4f7;--track:#e6eaef;--accent:#2457a6}
${TONES_STYLE}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf3;--quiet:#a7b3c0;--line:#36424f;--paper:#18212b;--desk:#10171f;--track:#2a3541;--accent:#3d9bd6;${DARK_VARIABLES}}${DARK_TONES}}
*{box-sizing:border-box}
body{margin:0;background:var(--desk);color:var(--ink);font:15px/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:760px;margin:24px auto;padding:28px 32px;background:var(--paper);border:1px solid var(--line);border-radius:6px}
h1{margin:4px 0 16px;font-size:22px;line-height:1.3}
h2{margin:0 0 8px;font-size:16px;line-height:1.3}
p{margin:8px 0}
section{margin-top:26px;padding-top:16px;border-top:1px solid var(--line)}
.kicker,.quiet,footer{color:var(--quiet);font-size:13px}
.kicker{margin:0}.right{text-align:right;margin-top:2px}
.figure{margin:0 0 10px;line-height:1.25}.figure strong{font-size:32px;font-weight:600}.figure span{color:var(--quiet)}
.note{margin:12px 0;padding:8px 14px;background:var(--tone-paper);border-left:4px solid var(--tone)}.note p{margin:2px 0}
.meter{position:relative;height:16px;background:var(--track)}.meter i{position:absolute;top:0;bottom:0;left:0}
.meter .used{background:var(--tone)}.meter .expected{background:var(--tone-light)}.meter .budget{top:-3px;bottom:-3px;width:2px;margin-left:-2px;background:var(--ink)}
.wide{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:14px}
th,td{padding:6px 0 6px 12px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{padding-left:0}
th{color:var(--quiet);font-size:13px}
.number{text-align:right;font-variant-numeric:tabular-nums}td.number{white-space:nowrap}td.text{min-width:8em}
small{display:block;color:var(--quiet);font-size:12px;font-weight:400}
tfoot td{font-weight:600;border-bottom:0}tfoot .aside td{font-weight:400}tfoot tr:first-child td{border-top:1px solid var(--ink)}
tr.danger small,tr.warning small{color:var(--tone);font-weight:600}
tr:has(+.bar) td{border-bottom:0;padding-bottom:2px}
.bar td{padding:0 0 6px;line-height:0}.bar td{background:linear-gradient(var(--track),var(--track)) 0 0/100% 6px no-repeat}.bar i{display:block;height:6px;background:var(--accent)}
figure{margin:14px 0}figcaption{font-weight:600;margin-bottom:4px}
svg{display:block;width:100%;max-width:640px;height:auto}
pre{padding:12px;background:var(--desk);font-size:12px;white-space:pre-wrap}
ul{padding-left:20px}li{margin:6px 0}
footer{margin-top:26px;padding-top:12px;border-top:1px solid var(--line);font-size:12px}footer p{margin:2px 0}
@media (max-width:480px){main{margin:0;padding:20px 16px;border:0;border-radius:0}.figure strong{font-size:27px}}
@media print{:root{color-scheme:light}body{background:#fff;font-size:11px}main{max-width:none;margin:0;padding:0;border:0}section,figure,tr,.note{break-inside:avoid}section:has(table){break-inside:auto}thead{display:table-header-group}.wide{overflow:visible}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
