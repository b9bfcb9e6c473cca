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
    ["🚀 Search", "Search"],
    ["Search 🚀🇩🇪", "Search"],
    ["A 💸 B", "A B"],
    ["👩 🚀 Launch", "Launch"],
    ["🚀", "[U+1F680]"],
    ["搜索", "[U+641C U+7D22]"],
    ["搜索 team 研究", "[U+641C U+7D22] team [U+7814 U+7A76]"],
    ["🚀 搜", "[U+641C]"],
  ])("%s → %s", (text, shown) => {
    expect(drawable(text, FONTS)).toBe(shown);
  });
});
