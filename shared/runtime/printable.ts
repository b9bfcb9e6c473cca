/**
 * Characters that do something to a terminal, a line of a log or the order of a text instead of being seen: those of control (C0, C1, with
 * line breaks), line and paragraph separators, those that turn the direction of writing or have no width, and what is no character. Two
 * without width stay, which letters of some languages and emoji are joined by.
 */
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

export function isPrintable(text: string): boolean {
  return text.search(UNSEEN) === -1;
}

/** Each of them as `\u001b`: so that it is seen, as JSON would have it. */
export function printable(text: string): string {
  const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;
  return text.replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(""),
  );
}

/** What a name in the configuration must be, and how to say so. */
export const PRINTABLE_NAME = {
  error: "may hold no line break, no other control character and none that turns the direction of writing",
};
