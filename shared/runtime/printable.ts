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

/** What a name in the configuration must be, and what somebody says that stays on record, and how to say so. */
export const PRINTABLE_NAME = {
  error: "may hold no line break, no other control character and none that turns the direction of writing",
};

/** What somebody says and that cannot be kept as it is; the message says which, and how to mend it. */
class UnprintableError extends Error {
  readonly code = "USAGE";
}

/**
 * Reasons and names that stay on record are shown in ledgers, files, mails and terminals for as long as these are kept: nobody could take such a character back.
 * @param said by how it is given, such as `--reason`
 * @throws UnprintableError naming the first that holds what {@link isPrintable} refuses, and all of that
 */
export function requirePrintable(said: Readonly<Record<string, string | undefined>>): void {
  for (const [given, text = ""] of Object.entries(said)) {
    const unseen = new Set(text.match(UNSEEN));
    if (unseen.size === 0) continue;
    const named = Array.from(unseen, (character) => `U+${codeOf(character)}`).join(", ");
    throw new UnprintableError(`${given} ${PRINTABLE_NAME.error}: take out ${named}`);
  }
}

/** `202E` */
function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
