import type { z } from "zod";

type RawIssue = z.core.$ZodRawIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a section of options",
  record: "a section of options",
};

/**
 * What is wrong with a value of a configuration, for who writes it: what it has to be, and how. Schemas that know better say it themselves.
 * @returns undefined for what has no better words than the schema library's
 */
export function issueInWords(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return typeInWords(KINDS[issue.expected] ?? issue.expected, issue.input);
    case "too_small":
      return issue.origin === "string" && issue.minimum === 1
        ? "may not be empty"
        : `needs ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${unitOf(issue.origin, Number(issue.minimum))}`;
    case "too_big":
      return `may have at most ${issue.maximum}${unitOf(issue.origin, Number(issue.maximum))}`;
    case "invalid_value":
      return `has to be ${listed(issue.values.map(String))}`;
    case "invalid_union":
      return unionInWords(issue);
    case "invalid_format":
      if (issue.format === "url") return "has to be an address such as http://host:9003";
      return issue.format === "email" ? "has to be an e-mail address such as finops@example.com" : undefined;
    default:
      return undefined;
  }
}

function typeInWords(expected: string, input: unknown): string {
  if (input === undefined) return `is missing: ${expected}`;
  // Not the value: YAML may have made another number of it, as 42 of 0042.
  if (expected === KINDS["string"] && typeof input === "number") return "has to be a text: put it in quotes";
  return `has to be ${expected}, not ${given(input)}`;
}

function given(input: unknown): string {
  if (input === null) return "empty";
  if (Array.isArray(input)) return "a list";
  if (typeof input === "number") return Number.isInteger(input) ? `${input}` : `the number ${input}`;
  return KINDS[typeof input] ?? "this";
}

/** Of a number the bound says it all. */
function unitOf(origin: string, count: number): string {
  if (origin === "array" || origin === "set") return count === 1 ? " entry" : " entries";
  return origin === "string" ? " characters" : "";
}

function unionInWords(issue: Extract<RawIssue, { code: "invalid_union" }>): string {
  const { options } = issue as { readonly options?: readonly unknown[] };
  if (options !== undefined) return `has to be ${listed(options.map(String))}`;
  const forms = (issue.errors as readonly (readonly RawIssue[])[]).map(([first]) =>
    first?.code === "invalid_value"
      ? first.values.map(String).join(", ")
      : first?.code === "invalid_type" && first.path?.length === 0
        ? (KINDS[first.expected] ?? first.expected)
        : undefined,
  );
  const known = [...new Set(forms.filter((form) => form !== undefined))];
  if (known.length === 0) return "has none of the forms that it may have";
  return `${issue.input === undefined ? "is missing:" : "has to be"} ${listed(known)}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
