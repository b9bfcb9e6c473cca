/** `a/b` as a part of a text whose parts a slash separates: `a%2Fb`. Most names have no such sign and stay as they are. */
export function escapePart(part: string, separator: "/" | ","): string {
  return part.replaceAll("%", "%25").replaceAll(separator, encodeURIComponent(separator));
}

/** The inverse of {@link escapePart}. */
export function unescapePart(part: string): string {
  return part.replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%25", "%");
}
