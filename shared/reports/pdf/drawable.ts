import type { Font } from "fontkit";

/** Letters of words that are read from the right. */
export const FROM_THE_RIGHT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

const ALWAYS_THERE = /^[\u0020-\u007E\u00A0-\u017F\u2013\u2014\u2018-\u201D\u2026]*$/;
/** Which of several shapes the character before has: none by itself. */
const CHOICE_OF_SHAPE = /\p{Variation_Selector}/gu;

/**
 * A text in characters that all of the fonts have. What they lack would be boxes, one like the other: it is named by its number, so that two names are never the
 * same. `搜索 team` → `[U+641C U+7D22] team`.
 */
export function drawable(text: string, fonts: readonly Font[]): string {
  if (ALWAYS_THERE.test(text)) return text;
  const shown: string[] = [];
  let numbers: string[] = [];
  // A word of their own beside letters that are read from the right: drawn as one with them they would stand in reverse.
  const spaceAt = (letter = ""): string => (FROM_THE_RIGHT.test(letter) ? " " : "");
  const close = (next?: string): void => {
    if (numbers.length > 0) shown.push(`${spaceAt(shown.at(-1))}[${numbers.join(" ")}]${spaceAt(next)}`);
    numbers = [];
  };
  for (const character of text.replace(CHOICE_OF_SHAPE, "")) {
    const point = character.codePointAt(0) ?? 0;
    if (fonts.every((font) => font.hasGlyphForCodePoint(point))) {
      close(character);
      shown.push(character);
    } else numbers.push(`U+${point.toString(16).toUpperCase().padStart(4, "0")}`);
  }
  close();
  return shown.join("");
}
