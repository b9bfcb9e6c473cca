import { createCanvas, loadImage } from "@napi-rs/canvas";
import { describe, expect, it } from "vitest";
import type { Chart } from "../document/document.js";
import { CHARTS, COLUMNS, COURSE, STACK, WATERFALL } from "../testing/charts.js";
import { chartPng, chartSvg, sizeOf } from "./draw.js";

const svg = (chart: Chart): string => chartSvg(chart, "USD", "c0");
const textsOf = (picture: string): string[] =>
  [...picture.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text);

/** Colours of a picture that cover more than a line would, as numbers. */
async function inksOf(chart: Chart): Promise<Set<number>> {
  const image = await loadImage(await chartPng(chart, "USD"));
  const canvas = createCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const pixels = new Uint32Array(canvas.data().buffer);
  const counts = new Map<number, number>();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count > 100).map(([pixel]) => pixel));
}

describe("a chart", () => {
  it.each(CHARTS)("is the same bytes each time, whatever was drawn before: $shape", async (chart) => {
    const [before, png] = [svg(chart), await chartPng(chart, "USD")];
    svg(COLUMNS);
    expect(svg(chart)).toBe(before);
    expect((await chartPng(chart, "USD")).equals(png)).toBe(true);
  });

  it.each(CHARTS)("is a picture that says the same in words: $shape", (chart) => {
    expect(svg(chart)).toContain(`<title id="c0-title">${chart.title}</title>`);
    expect(svg(chart)).toContain(`<desc id="c0-says">${chart.says}</desc>`);
    expect(svg(chart)).toContain('role="img" aria-labelledby="c0-title c0-says"');
  });

  it.each(CHARTS)("as PNG is twice as fine as a phone shows it, and small enough for a mail: $shape", async (chart) => {
    const png = await chartPng(chart, "USD");
    const { width, height } = await loadImage(png);
    expect({ width, height }).toEqual({ width: 840, height: (sizeOf(chart).height + 24) * 2 });
    expect(png.length).toBeLessThan(75_000);
  });

  it.each(CHARTS)("as PNG has a ground of its own, on which all that it says can be read in the dark: $shape", async (chart) => {
    const image = await loadImage(await chartPng(chart, "USD"));
    const canvas = createCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const pixels = new Uint32Array(canvas.data().buffer);
    expect([pixels[0], pixels.at(-1)]).toEqual([0xfff9f6f4, 0xfff9f6f4]); // #f4f6f9, little endian
    expect(pixels.every((pixel) => pixel >>> 24 === 0xff)).toBe(true);
  });

  it("has the unit at its axis, in thousands where amounts are long", () => {
    expect(textsOf(svg(COLUMNS))).toContain("USD");
    const large = { ...COLUMNS, series: COLUMNS.series.map((each) => ({ ...each, cents: [123_456_789n] })) };
    expect(textsOf(svg(large))).toContain("USD thousand");
    expect(textsOf(svg(large))).toContain("1,000");
  });

  it("names the parts of a stack in the order in which they lie", () => {
    const names = STACK.series.map(({ name }) => name).toReversed();
    expect(textsOf(svg(STACK)).filter((text) => names.includes(text))).toEqual(names);
  });

  it("shows the budget line with its amount, and what is expected", () => {
    expect(textsOf(svg(COURSE))).toEqual(expect.arrayContaining(["Budget USD 3,200.00", "Spent", "Expected"]));
  });

  it("prints the steps of a waterfall exactly, with their signs", () => {
    expect(textsOf(svg(WATERFALL))).toEqual(
      expect.arrayContaining(["USD 184,220.10", "-52,000.00", "+48,301.22", "USD 180,521.32"]),
    );
  });

  it("draws a category in the same colour wherever it stands", async () => {
    const gpu = 0xff005ed5; // #d55e00, little endian
    const alone = { ...STACK, series: STACK.series.filter(({ colour }) => colour === "gpu") };
    expect((await inksOf(STACK)).has(gpu)).toBe(true);
    expect((await inksOf(alone)).has(gpu)).toBe(true);
  });

  it("takes names as text, whatever they are", async () => {
    const name = `<script>alert(1)</script> {a|b} "q" \u202e\u0000 ${"x".repeat(300)} 💸 שלום`;
    const strange = {
      ...WATERFALL,
      title: name,
      says: name,
      labels: WATERFALL.labels.map(() => name),
    };
    const stack = { ...STACK, series: STACK.series.map((each) => ({ ...each, name })) };
    for (const chart of [strange, stack]) {
      expect(svg(chart)).not.toContain("<script");
      expect((await chartPng(chart, "USD")).length).toBeGreaterThan(1_000);
    }
  });

  it("without any amount, or of nothing but zero, is drawn empty", async () => {
    for (const chart of CHARTS) {
      const empty = { ...chart, series: chart.series.map((each) => ({ ...each, cents: [] })) };
      const zero = { ...chart, series: chart.series.map((each) => ({ ...each, cents: chart.labels.map(() => 0n) })) };
      for (const each of [empty, zero, { ...empty, labels: [] }])
        expect((await chartPng(each, "USD")).length).toBeGreaterThan(100);
    }
  });
});
