import { EngineError } from "./engine-error.js";

/** A ClickHouse string literal. Backslash first: escaping the quote alone would let `\'` end the literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** A quoted identifier. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}

const SETTING = /^[a-z_][a-z0-9_]{0,127}$/i;

/** `SET a='1', b='2'`, or nothing when there is nothing to set. Names cannot be escaped, so they must be plain. */
export function setStatement(settings: Iterable<readonly [string, string]>): string | undefined {
  const parts: string[] = [];
  for (const [name, value] of settings) {
    if (!SETTING.test(name))
      throw new EngineError(115, "UNKNOWN_SETTING", `Not a setting: ${JSON.stringify(name)}`);
    parts.push(`${name}=${literal(value)}`);
  }
  return parts.length === 0 ? undefined : `SET ${parts.join(", ")}`;
}
