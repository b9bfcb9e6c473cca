/**
 * Characters that do something to a terminal, a line of a log or the order of a text instead of being seen: those of control (C0, C1, with
 * line breaks), line and paragraph separators, and those that turn the direction of writing or have no width.
 */
const UNSEEN = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

export function isPrintable(text: string): boolean {
  return text.search(UNSEEN) === -1;
}

/** Each of them as `\u001b`: so that it is seen, as JSON would have it. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What a name in the configuration must be, and how to say so. */
export const PRINTABLE_NAME = {
  error: "may hold no line break, no other control character and none that turns the direction of writing",
};
