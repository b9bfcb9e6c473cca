import { type Canvas, createCanvas, GlobalFonts } from "@napi-rs/canvas";
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent } from "echarts/components";
import { type EChartsType, init, setPlatformAPI, use } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import type { Chart } from "../document/document.js";
import { REGULAR_FILE } from "./fonts.js";
import { heightOf, optionOf, WIDTH } from "./option.js";
import { CARD, DARK, FONT_FAMILY, LIGHT } from "./palette.js";

/**
 * Charts as SVG, as PNG and on pages of a PDF, drawn without a browser. ECharts and the canvas take longer to load than a command to start, so
 * whoever draws loads this module when it does.
 */
use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer, CanvasRenderer]);
GlobalFonts.registerFromPath(REGULAR_FILE, FONT_FAMILY);
const measuring = createCanvas(1, 1).getContext("2d");
setPlatformAPI({
  measureText(text, font) {
    if (font !== undefined) measuring.font = font;
    // By its width ECharts takes the height of a line. Our font lacks it, and whichever font of the machine has it would move labels.
    if (text === "国") return { width: Number(/([\d.]+)px/.exec(measuring.font)?.[1] ?? 12) };
    return measuring.measureText(text);
  },
});

/** Pictures are twice as fine as they are shown, for sharp screens. */
const FINE = 2;
/** Of a mail: narrower than on a page, since a phone shows it in 358 px, and letters have to be read there. */
const MAIL_WIDTH = 396;
/** Around a chart, so that nothing touches the edge of its ground. */
const MARGIN = 12;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export function sizeOf(chart: Chart): Size {
  return { width: WIDTH, height: heightOf(chart) };
}

/** A chart that is laid out; closed by who asked for it. */
export function laidOut(chart: Chart, currency: string, theme = LIGHT): EChartsType {
  const laid = init(null, null, { renderer: "svg", ssr: true, ...sizeOf(chart) });
  laid.setOption(optionOf(chart, currency, theme));
  return laid;
}

/**
 * For a page that is light or dark as its reader has it: what differs is a variable, `--chart-0` and on, whose light value stands beside it.
 * @param id unlike that of any other chart on the page
 */
export function chartSvg(chart: Chart, currency: string, id: string): string {
  const laid = laidOut(chart, currency);
  try {
    const svg = THEMED.reduce(
      (text, { light, name }) => text.replaceAll(`"${light}"`, `"var(${name},${light})"`),
      laid.renderToSVGString(),
    );
    return svg
      .replace(/zr\d+-/g, `${id}-`) // a count of all charts that the process drew
      .replace(/cls-\d+/g, "part")
      .replace(/ class="[^"]*"/g, "")
      .replace(
        /^<svg [^>]*?viewBox="([^"]*)"[^>]*>/,
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="$1" role="img" aria-labelledby="${id}-title ${id}-says">` +
          `<title id="${id}-title">${escaped(chart.title)}</title><desc id="${id}-says">${escaped(chart.says)}</desc>`,
      );
  } finally {
    laid.dispose();
  }
}

interface Themed {
  readonly light: string;
  readonly dark: string;
  readonly name: string;
}

const THEMED: readonly Themed[] = [
  [LIGHT.ink, DARK.ink],
  [LIGHT.quiet, DARK.quiet],
  [LIGHT.line, DARK.line],
  [LIGHT.paper, DARK.paper],
  ...Object.entries(LIGHT.colours).map(([name, light]) => [light, DARK.colours[name as keyof typeof LIGHT.colours]]),
]
  .filter(([light, dark]) => light !== dark)
  .filter(([light], at, all) => all.findIndex(([other]) => other === light) === at)
  .map(([light = "", dark = ""], at) => ({ light, dark, name: `--chart-${at}` }));

/** Declarations for a page that is dark. */
export const DARK_VARIABLES = THEMED.map(({ name, dark }) => `${name}:${dark}`).join(";");

/** For mails: on a ground of its own, so that it is read where the page around it is dark. */
export async function chartPng(chart: Chart, currency: string): Promise<Buffer> {
  const { width, height } = { width: MAIL_WIDTH, height: heightOf(chart) };
  const canvas = createCanvas(width * FINE, height * FINE);
  const laid = init(canvas, null, { renderer: "canvas", devicePixelRatio: FINE, width, height });
  try {
    laid.setOption({ ...optionOf(chart, currency, CARD), backgroundColor: CARD.paper });
    return await onCard(canvas).encode("png");
  } finally {
    laid.dispose();
  }
}

function onCard(canvas: Canvas): Canvas {
  const edge = MARGIN * FINE;
  const card = createCanvas(canvas.width + 2 * edge, canvas.height + 2 * edge);
  const pen = card.getContext("2d");
  pen.fillStyle = CARD.paper;
  pen.fillRect(0, 0, card.width, card.height);
  pen.drawImage(canvas, edge, edge);
  return card;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
