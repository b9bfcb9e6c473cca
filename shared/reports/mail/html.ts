/** Text that is HTML already. Everything else is escaped where {@link html} puts it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Part = Html | string | number | readonly Html[] | undefined;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * A template whose values are escaped, so that no name from a cluster or a configuration becomes markup. The indentation of the template is left
 * out: mail programs cut what is longer than about 100 KiB.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const [first = "", ...others] = strings.map((string) => string.replace(/\n\s+/g, "\n"));
  return new Html(others.reduce((text, string, index) => text + partText(parts[index]) + string, first));
}

function partText(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map((each) => each.text).join("");
  return glued(escapeHtml(String(part)));
}

/** Keeps together on one line what is read as one: `12.5 %`, `USD 3.20`, `-USD 3.20`, `23 Nov 2026`. */
function glued(text: string): string {
  return text
    .replace(/(\d) %/g, "$1&nbsp;%")
    .replace(/(^|[\s(])-([A-Z]{3}) (\d)/g, "$1-&#8288;$2 $3")
    .replace(/\b([A-Z]{3}) (-?\d)/g, "$1&nbsp;$2")
    .replace(/\b(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})\b/g, "$1&nbsp;$2&nbsp;$3");
}
