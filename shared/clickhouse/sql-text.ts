/** A piece of SQL. `comment` and `space` mean nothing to the statement; the other kinds do. */
export interface Token {
  readonly kind: "word" | "string" | "quoted" | "comment" | "space" | "symbol";
  readonly start: number;
  /** Index after the last character. */
  readonly end: number;
}

const SPACE = /\s+/y;
const WORD = /[A-Za-z0-9_]+/y;
const LINE_COMMENT = /(?:--|#[ !])[^\n]*/y;
const BLOCK_COMMENT = /\/\*[\s\S]*?(?:\*\/|$)/y;
const STRING = /'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/y;
const QUOTED = /"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)|`(?:[^`\\]|\\[\s\S]|``)*(?:`|$)/y;
const HEREDOC = /\$(\w*)\$[\s\S]*?(?:\$\1\$|$)/y;

const KINDS: readonly (readonly [RegExp, Token["kind"]])[] = [
  [SPACE, "space"],
  [WORD, "word"],
  [LINE_COMMENT, "comment"],
  [BLOCK_COMMENT, "comment"],
  [STRING, "string"],
  [QUOTED, "quoted"],
  [HEREDOC, "string"],
];

/** Cuts SQL as ClickHouse's lexer does, as far as quotes, comments and words go. An unclosed quote runs to the end. */
export function* tokens(sql: string): Generator<Token> {
  for (let start = 0; start < sql.length;) {
    const token = tokenAt(sql, start);
    yield token;
    start = token.end;
  }
}

function tokenAt(sql: string, start: number): Token {
  for (const [pattern, kind] of KINDS) {
    pattern.lastIndex = start;
    if (pattern.test(sql)) return { kind, start, end: pattern.lastIndex };
  }
  return { kind: "symbol", start, end: start + 1 };
}

/** Tokens that mean something, with the nesting depth of brackets before each. */
export function* meaningful(
  sql: string,
): Generator<Token & { readonly depth: number; readonly text: string }> {
  let depth = 0;
  for (const token of tokens(sql)) {
    if (token.kind === "space" || token.kind === "comment") continue;
    const text = sql.slice(token.start, token.end);
    const symbol = token.kind === "symbol" ? text : "";
    if (symbol === ")" || symbol === "]" || symbol === "}") depth -= 1;
    yield { ...token, depth, text };
    if (symbol === "(" || symbol === "[" || symbol === "{") depth += 1;
  }
}

/** The statements between semicolons, without surrounding space; pieces of comments alone are left out. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let empty = true;
  for (const token of tokens(sql)) {
    if (token.kind === "space" || token.kind === "comment") continue;
    if (token.kind === "symbol" && sql[token.start] === ";") {
      if (!empty) statements.push(sql.slice(start, token.start).trim());
      start = token.end;
      empty = true;
    } else {
      empty = false;
    }
  }
  if (!empty) statements.push(sql.slice(start).trim());
  return statements;
}
