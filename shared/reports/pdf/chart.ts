import { laidOut, sizeOf } from "../charts/draw.js";
import type { Chart } from "../document/document.js";
import { CONTENT_WIDTH, MARGIN, type Pdf, printable, typeset } from "./paper.js";

/** What of ECharts' drawing is read here: shapes and texts in the order in which they are painted. */
interface Painted {
  readonly type: string;
  readonly ignore?: boolean;
  readonly invisible?: boolean;
  /** To the chart's own units, where it is moved or turned. */
  readonly transform?: readonly [number, number, number, number, number, number] | null;
  readonly style: {
    readonly fill?: string | null;
    readonly stroke?: string | null;
    readonly opacity?: number;
    readonly fillOpacity?: number;
    readonly lineWidth?: number;
    readonly lineDash?: readonly number[] | "dashed" | "dotted" | "solid" | false | null;
    readonly text?: string;
    readonly x?: number;
    readonly y?: number;
    readonly font?: string;
    readonly textAlign?: string;
    readonly textBaseline?: string;
  };
  readonly shape?: unknown;
  buildPath?(pen: unknown, shape: unknown, inBundle: boolean): void;
}

/** As wide as the page, as lines and letters: sharp at any size. */
export function drawChart(pdf: Pdf, chart: Chart, currency: string): void {
  const { width, height } = sizeOf(chart);
  const scale = CONTENT_WIDTH / width;
  const { y } = pdf;
  const laid = laidOut(printableChart(chart), currency);
  try {
    pdf.save().translate(MARGIN, y).scale(scale);
    for (const each of laid.getZr().storage.getDisplayList(true)) draw(pdf, each as unknown as Painted);
    pdf.restore();
  } finally {
    laid.dispose();
  }
  pdf.x = MARGIN;
  pdf.y = y + height * scale;
}

/** Its names, before there is room made for them. */
function printableChart({ labels, series, mark, ...chart }: Chart): Chart {
  return {
    ...chart,
    labels: labels.map(printable),
    series: series.map((each) => ({ ...each, name: printable(each.name) })),
    ...(mark && { mark: { ...mark, label: printable(mark.label) } }),
  };
}

export function chartHeight(chart: Chart): number {
  const { width, height } = sizeOf(chart);
  return (height * CONTENT_WIDTH) / width;
}

function draw(pdf: Pdf, each: Painted): void {
  if (each.ignore || each.invisible || each.style.opacity === 0) return;
  pdf.save();
  if (each.transform) pdf.transform(...each.transform);
  if (each.type === "tspan") drawText(pdf, each);
  else drawShape(pdf, each);
  pdf.restore();
}

function drawShape(pdf: Pdf, each: Painted): void {
  const { opacity = 1, fillOpacity = 1, lineWidth = 1 } = each.style;
  const fill = inkOf(each.style.fill);
  const stroke = lineWidth > 0 ? inkOf(each.style.stroke) : undefined;
  if (!each.buildPath || (fill === undefined && stroke === undefined)) return;
  each.buildPath(penOf(pdf), each.shape, false);
  pdf.lineWidth(lineWidth);
  const dash = dashOf(each.style.lineDash, lineWidth);
  if (dash.length > 0) pdf.dash(dash[0] ?? 1, { space: dash[1] ?? 1 });
  pdf.fillOpacity(opacity * fillOpacity).strokeOpacity(opacity);
  if (fill !== undefined && stroke !== undefined) pdf.fillAndStroke(fill, stroke);
  else if (fill === undefined) pdf.stroke(stroke);
  else pdf.fill(fill);
}

/** A canvas closes what is closed already; a page of a PDF must not. */
function penOf(pdf: Pdf): object {
  let isOpen = false;
  return {
    moveTo: (x: number, y: number) => {
      pdf.moveTo(x, y);
      isOpen = true;
    },
    lineTo: (x: number, y: number) => pdf.lineTo(x, y),
    bezierCurveTo: (...to: Parameters<Pdf["bezierCurveTo"]>) => pdf.bezierCurveTo(...to),
    quadraticCurveTo: (...to: Parameters<Pdf["quadraticCurveTo"]>) => pdf.quadraticCurveTo(...to),
    // Of symbols, which are whole circles.
    arc: (x: number, y: number, radius: number) => {
      pdf.circle(x, y, radius);
      isOpen = false;
    },
    rect: (x: number, y: number, width: number, height: number) => {
      pdf.rect(x, y, width, height);
      isOpen = false;
    },
    closePath: () => {
      if (isOpen) pdf.closePath();
      isOpen = false;
    },
  };
}

function drawText(pdf: Pdf, { style }: Painted): void {
  const { text: said = "", x = 0, y = 0, font = "", textAlign, textBaseline, opacity = 1 } = style;
  const ink = inkOf(style.fill);
  if (said === "" || ink === undefined) return;
  pdf.font("regular").fontSize(Number(/([\d.]+)px/.exec(font)?.[1] ?? 12));
  const text = typeset(pdf, said, Number.POSITIVE_INFINITY);
  const width = pdf.widthOfString(text);
  const left = textAlign === "center" ? x - width / 2 : textAlign === "right" ? x - width : x;
  const baseline = textBaseline === "middle" ? "middle" : textBaseline === "bottom" ? "bottom" : "top";
  pdf.fillColor(ink).fillOpacity(opacity).text(text, left, y, { lineBreak: false, baseline });
}

function inkOf(colour: string | null | undefined): string | undefined {
  return typeof colour === "string" && !/^(?:none|transparent|rgba\(0,\s*0,\s*0,\s*0\))$/.test(colour) ? colour : undefined;
}

function dashOf(dash: Painted["style"]["lineDash"], lineWidth: number): readonly number[] {
  if (dash === "dashed") return [4 * lineWidth, 2 * lineWidth];
  if (dash === "dotted") return [lineWidth, lineWidth];
  return typeof dash === "object" && dash ? dash : [];
}
