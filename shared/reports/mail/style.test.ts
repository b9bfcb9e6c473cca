import { expect, it } from "vitest";
import { documentHtml } from "../document/mail.js";
import { COLOURS, DARK_COLOURS, TONES, type Tone } from "./style.js";

/** Contrast of two colours as WCAG 2 computes it. */
function contrast(one: string, other: string): number {
  const [brighter = 0, darker = 0] = [one, other].map(luminance).toSorted((a, b) => b - a);
  return (brighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const TONE_NAMES = Object.keys(TONES) as Tone[];

it("prints words with a contrast of 4.5 : 1 at least on what they stand on, in the light and in the dark", () => {
  const words: [ink: string, ground: string][] = [
    [COLOURS.ink, COLOURS.paper],
    [COLOURS.quiet, COLOURS.paper],
    [COLOURS.quiet, COLOURS.desk],
    [COLOURS.danger, COLOURS.paper],
    ...TONE_NAMES.map((tone): [string, string] => [COLOURS.ink, TONES[tone].paper]),
  ];
  const dark = (colour: string): string => DARK_COLOURS.get(colour) ?? "";
  for (const [ink, ground] of words) {
    expect(contrast(ink, ground)).toBeGreaterThan(4.5);
    expect(contrast(dark(ink), dark(ground))).toBeGreaterThan(4.5);
  }
});

it("has a colour of the dark for each that a mail is written in", () => {
  const html = documentHtml({
    title: "t",
    preheader: "",
    kicker: "k",
    heading: "h",
    currency: "USD",
    blocks: TONE_NAMES.flatMap((tone) => [
      { kind: "note", tone, lines: ["n", "m"] } as const,
      { kind: "meter", tone, used: 5n, expected: 7n, budget: 10n, says: "half" } as const,
    ]),
    footer: ["f"],
  });
  const written = [...html.matchAll(/style="([^"]*)"/g)].flatMap(([, style = ""]) => style.match(/#[0-9a-f]{6}/g) ?? []);
  expect(new Set(written).size).toBeGreaterThan(12);
  expect(written.filter((colour) => !DARK_COLOURS.has(colour))).toEqual([]);
});
