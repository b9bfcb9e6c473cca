import { sha256 } from "@apportion/domain/hash";
import type { Block, Chart } from "../document/document.js";
import { html, type Html } from "./html.js";
import type { MailFile } from "./mail.js";
import { COLOURS } from "./style.js";

/** Charts as pictures that come with the mail: nothing is fetched when it is read. */

/** Of all pictures of a mail: somebody reads it on the way. */
const PICTURES_BYTES_MAX = 150_000;
/** In pixels; a phone shows it narrower. */
const WIDTH = 520;
/** A longer sentence is for those who do not see the picture. */
const CAPTION_CHARACTERS_MAX = 160;

/** What it shows, the picture, and the same in words; `alt` has them all. */
export function picture(chart: Chart): Html {
  const { title, says, series } = chart;
  const below = [
    ...(says.length <= CAPTION_CHARACTERS_MAX ? [says] : []),
    ...(series.some(({ provisional = [] }) => provisional.length > 0) ? ["Paler: can still change."] : []),
  ].join(" ");
  const quiet = `font-size:13px;color:${COLOURS.quiet}`;
  return html`<div style="margin:10px 0 6px;${quiet};font-weight:600">${title}</div>
    <img
      src="cid:${contentId(chart)}"
      width="${WIDTH}"
      alt="${says}"
      style="display:block;width:100%;max-width:${WIDTH}px;height:auto;border:0;border-radius:8px;${quiet}"
    />
    ${below === "" ? undefined : html`<div style="margin:6px 0 12px;${quiet}">${below}</div>`} `;
}

/** The pictures of a document, drawn. What is beyond the limit says in words what it shows. */
export async function pictureFiles(blocks: readonly Block[], currency: string): Promise<MailFile[]> {
  // It takes longer to load than most programs that know of mails ever need.
  const { chartPng } = await import("../charts/draw.js");
  const files: MailFile[] = [];
  let bytes = 0;
  for (const chart of chartsOf(blocks)) {
    const content = await chartPng(chart, currency);
    if (bytes + content.length > PICTURES_BYTES_MAX) continue;
    bytes += content.length;
    const filename = `chart-${files.length + 1}.png`;
    files.push({ filename, contentType: "image/png", content, cid: contentId(chart) });
  }
  return files;
}

export function chartsOf(blocks: readonly Block[]): Chart[] {
  return blocks.flatMap((block) => {
    if (block.kind === "section") return chartsOf(block.blocks);
    return block.kind === "chart" ? [block] : [];
  });
}

/** The same for the same chart, so that a mail that is sent again is the same. */
function contentId(chart: Chart): string {
  const json = JSON.stringify(chart, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  );
  return `${sha256(json).slice(0, 32)}@charts.apportion`;
}
