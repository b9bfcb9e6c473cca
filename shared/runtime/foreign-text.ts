import { printable } from "./printable.js";
import { withoutSecrets } from "./secret.js";

/** As much as is shown of what somebody else wrote, in characters. */
const CHARACTERS_MAX = 200;

/**
 * Text of an upstream for a message of ours: on one line, cut, with its control characters and turned directions to be seen, and without any
 * of our secrets, which a proxy that repeats what it was asked would have us print.
 */
export function foreignText(text: string): string {
  const shown = printable(withoutSecrets(text).replace(/\s+/g, " ").trim());
  if (shown.length <= CHARACTERS_MAX) return shown;
  // Half of a character of two is none.
  return `${shown.slice(0, CHARACTERS_MAX - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** The same of anything that was thrown. */
export function foreignMessage(error: unknown): string {
  return foreignText(error instanceof Error ? error.message : String(error));
}
