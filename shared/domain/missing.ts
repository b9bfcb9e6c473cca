import type { Dataset } from "./facts.js";

/** A reading: what of which source and part of it. */
export interface ReadingId {
  readonly dataset: Dataset;
  readonly source: string;
  readonly scope: string;
}

/** A reading without which a day is not whole, and why it does not count. */
export interface Missing extends ReadingId {
  readonly why:
    | { readonly kind: "not-read" }
    /** It claims the same dollars as another one, which counts. */
    | { readonly kind: "rival"; readonly claim: string; readonly of: string }
    /** A settled bill without any line of the machines of its clusters: these are on another bill, or on none. */
    | { readonly kind: "silent" };
}

/** `cost/kubecost/shared-eu-1` */
export function readingId({ dataset, source, scope }: ReadingId): string {
  return `${dataset}/${source}/${scope}`;
}

/** As runs and mails name it: `cost/kubecost/shared-eu-1`, with why in brackets where it was read. */
export function printMissing({ why, ...reading }: Missing): string {
  const name = readingId(reading);
  switch (why.kind) {
    case "not-read":
      return name;
    case "rival":
      return `${name} (claims ${why.claim}, as ${why.of} does)`;
    case "silent":
      return `${name} (has nothing of the clusters that are on it)`;
  }
}

/** The inverse of {@link printMissing}, as far as anybody asks: which reading it is. Names of datasets and sources have no slash. */
export function parseMissing(text: string): ReadingId {
  const [name = ""] = text.split(" (", 1);
  const [dataset = "", source = "", ...scope] = name.split("/");
  return { dataset: dataset as Dataset, source, scope: scope.join("/") };
}

/** Accounts whose bill is among what is missing. */
export function missingBills(missing: readonly string[]): string[] {
  return missing.map(parseMissing).flatMap(({ dataset, scope }) => (dataset === "bill" ? [scope] : []));
}
