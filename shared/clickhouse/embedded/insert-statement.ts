import { meaningful } from "../sql-text.js";
import { EngineError } from "./engine-error.js";
import { literal } from "./literal.js";

/** An INSERT whose rows follow the statement in the request. */
export interface DataInsert {
  /** `INSERT INTO t (a, b)`. */
  readonly target: string;
  /** `SETTINGS …`, or nothing. */
  readonly settings: string;
  readonly format: string;
  /** Where the rows begin. */
  readonly dataStart: number;
}

/**
 * Finds where the rows of an INSERT begin. Rows never become part of the SQL that is run: what follows them, or stands between
 * them, cannot be executed.
 *
 * @param text beginning of the request, one character for each byte (latin1)
 * @returns undefined when it is not an INSERT, or one that brings no rows (`INSERT … SELECT`)
 */
export function dataInsert(text: string): DataInsert | undefined {
  let settingsStart: number | undefined;
  let previous: { readonly start: number; readonly upper: string } | undefined;
  let first = true;
  for (const token of meaningful(text)) {
    const upper = token.kind === "word" && token.depth === 0 ? token.text.toUpperCase() : "";
    if (first && upper !== "INSERT") return undefined;
    first = false;
    if (previous?.upper === "FORMAT" && token.kind === "word") {
      const dataStart = afterLine(text, token.end);
      return cut(text, previous.start, settingsStart, { format: token.text, dataStart });
    }
    if (upper === "VALUES")
      return cut(text, token.start, settingsStart, { format: "Values", dataStart: token.end });
    if (upper === "SELECT" || upper === "WITH") return undefined;
    if (upper === "INFILE")
      throw new EngineError(344, "SUPPORT_IS_DISABLED", "Rows come with the request, not from a file");
    if (upper === "SETTINGS") settingsStart ??= token.start;
    previous = { start: token.start, upper };
  }
  if (first) return undefined;
  throw new EngineError(62, "SYNTAX_ERROR", "Syntax error: an INSERT needs FORMAT, VALUES or SELECT");
}

function cut(
  text: string,
  end: number,
  settingsStart: number | undefined,
  data: { format: string; dataStart: number },
): DataInsert {
  return {
    target: text.slice(0, settingsStart ?? end).trim(),
    settings: settingsStart === undefined ? "" : text.slice(settingsStart, end).trim(),
    ...data,
  };
}

/** After `FORMAT name` come blanks and one line break, then the rows; a first row may also follow on the same line. */
function afterLine(text: string, from: number): number {
  const blanks = /[ \t\f]*(?:\r?\n)?/y;
  blanks.lastIndex = from;
  blanks.test(text);
  return blanks.lastIndex;
}

/** The statement that reads the rows from a file instead. The file's path must hold no glob characters. */
export function fromFile(insert: DataInsert, target: string, settings: string, path: string): string {
  return `${target} FROM INFILE ${literal(path)} COMPRESSION 'none' ${settings} FORMAT ${insert.format}`;
}
