import { readFileSync } from "node:fs";
import { create, type Font } from "fontkit";
import { describe, expect, it } from "vitest";
import { BOLD_FILE, REGULAR_FILE } from "../charts/fonts.js";
import { drawable } from "./drawable.js";

const FONTS = [REGULAR_FILE, BOLD_FILE].map((file) => create(readFileSync(file)) as Font);

describe("a text in the characters that the fonts have", () => {
  it.each([
    ["Checkout – 3 runs", "Checkout – 3 runs"],
    ["Ω größe → шрифт, שלום", "Ω größe → шрифт, שלום"],
    ["u\u0308ber", "u\u0308ber"],
    ["🔴 Platform", "[U+1F534] Platform"],
    ["🟢 Platform", "[U+1F7E2] Platform"],
    ["  indented 🚀", "  indented [U+1F680]"],
    ["🏷\uFE0F Search", "[U+1F3F7] Search"],
    ["🇩🇪", "[U+1F1E9 U+1F1EA]"],
    ["کے لیے", "ک [U+06D2] لی [U+06D2]"],
    ["搜索 team 研究", "[U+641C U+7D22] team [U+7814 U+7A76]"],
  ])("%s → %s", (text, shown) => {
    expect(drawable(text, FONTS)).toBe(shown);
  });
});
