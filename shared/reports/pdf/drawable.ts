import type { Font } from "fontkit";

/** Pictures beside words: emoji with their colours of skin, flags and keys. */
const PICTURE = /[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\uFE0F\u20E3]/u;
const ALWAYS_THERE = /^[\u0020-\u007E\u00A0-\u017F\u2013\u2014\u2018-\u201D\u2026]*$/;

/**
 * A text in characters that all of the fonts have. What they lack would be boxes, one like the other: pictures beside words are left out, and letters are named
 * by their number, so that two names are never the same. `🚀 Search` → `Search`, `搜索` → `[U+641C U+7D22]`.
 */
export function drawable(text: string, fonts: readonly Font[]): string {
  if (ALWAYS_THERE.test(text)) return text;
  const isThere = (character: string): boolean =>
    fonts.every((font) => font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0));
  const characters = Array.from(text.normalize("NFC"));
  const lacking = characters.filter((character) => !isThere(character));
  if (lacking.length === 0) return text;
  const words = characters.filter((character) => isThere(character) || !PICTURE.test(character));
  const isWords = words.some((character) => /[\p{L}\p{N}]/u.test(character));
  return named(isWords ? words : characters, isThere)
    .replace(/ {2,}/g, " ")
    .trim();
}

function named(characters: readonly string[], isThere: (character: string) => boolean): string {
  const shown: string[] = [];
  let numbers: string[] = [];
  const close = (): void => {
    if (numbers.length > 0) shown.push(`[${numbers.join(" ")}]`);
    numbers = [];
  };
  for (const character of characters) {
    if (isThere(character)) {
      close();
      shown.push(character);
    } else
      numbers.push(`U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`);
  }
  close();
  return shown.join("");
}
