import { categoryName } from "./category.js";
import { escapePart, unescapePart } from "./printed.js";
import { type Proportion, PROPORTIONS } from "./proportion.js";

/** Why nobody owns an amount, or why a policy's method had nothing to go by and the next one was taken. */
export type Reason =
  /** A cost of the bill without a team tag. */
  | { readonly kind: "untagged" }
  /** Lines of the bill for which no collector is configured. */
  | { readonly kind: "no-collector" }
  /** Network cost that no namespace's bytes explain. */
  | { readonly kind: "no-bytes" }
  /** A namespace or label that belongs to no team. */
  | { readonly kind: "no-owner" }
  /** A share of a pool whose use nobody owns. */
  | { readonly kind: "usage-without-owner" }
  /** Nothing was read of the meter: unknown, which is not zero. */
  | { readonly kind: "no-reading"; readonly meter: string }
  | { readonly kind: "no-usage"; readonly meter: string }
  /** No team has such a cost, on the cluster to which the pool belongs or at all; that is empty for a pool of none. */
  | { readonly kind: "no-cost"; readonly of: Proportion; readonly cluster: string }
  /** Services that were used by each other only. */
  | { readonly kind: "closed-loop"; readonly services: readonly string[] }
  | { readonly kind: "no-fixed-taker" }
  | { readonly kind: "no-teams" };

/** The rungs of a ladder one after the other; of what nobody owns, the one reason. */
export type Reasons = readonly Reason[];

const BETWEEN = ", ";
/** No id of a service has it. */
const BETWEEN_SERVICES = "+";

/** As lines, journals and views have them: `no-usage-of-mlflow.runs, no-direct-cost`; empty without any. */
export function printReasons(reasons: Reasons): string {
  return reasons.map(printReason).join(BETWEEN);
}

function printReason(reason: Reason): string {
  switch (reason.kind) {
    case "no-reading":
    case "no-usage":
      return `${reason.kind}-of-${escapePart(reason.meter, ",")}`;
    case "no-cost":
      return `no-${reason.of}-cost${reason.cluster === "" ? "" : `-on-${escapePart(reason.cluster, ",")}`}`;
    case "closed-loop":
      return `${reason.kind}-of-${reason.services.join(BETWEEN_SERVICES)}`;
    default:
      return reason.kind;
  }
}

const PLAIN = [
  "untagged",
  "no-collector",
  "no-bytes",
  "no-owner",
  "usage-without-owner",
  "no-fixed-taker",
  "no-teams",
] as const;

/**
 * The inverse of {@link printReasons}.
 * @throws RangeError for a text that no reason gives
 */
export function parseReasons(text: string): Reasons {
  return text === "" ? [] : text.split(BETWEEN).map(parseReason);
}

function parseReason(text: string): Reason {
  const plain = PLAIN.find((kind) => kind === text);
  if (plain) return { kind: plain };
  for (const kind of ["no-reading", "no-usage"] as const)
    if (text.startsWith(`${kind}-of-`))
      return { kind, meter: unescapePart(text.slice(`${kind}-of-`.length)) };
  if (text.startsWith("closed-loop-of-"))
    return { kind: "closed-loop", services: text.slice("closed-loop-of-".length).split(BETWEEN_SERVICES) };
  for (const of of PROPORTIONS) {
    const start = `no-${of}-cost`;
    if (text === start) return { kind: "no-cost", of, cluster: "" };
    if (text.startsWith(`${start}-on-`))
      return { kind: "no-cost", of, cluster: unescapePart(text.slice(`${start}-on-`.length)) };
  }
  throw new RangeError(`"${text}" is no reason of an allocation`);
}

/** In people's words: `there is no reading of mlflow.runs; no team has direct cost`. What a newer program wrote is shown as it is. */
export function reasonText(text: string): string {
  try {
    return parseReasons(text).map(inWords).join("; ");
  } catch (error) {
    if (error instanceof RangeError) return text;
    throw error;
  }
}

function inWords(reason: Reason): string {
  switch (reason.kind) {
    case "untagged":
      return "no team tag";
    case "no-collector":
      return "lines of the bill for which no collector is configured";
    case "no-bytes":
      return "no namespace's bytes explain it";
    case "no-owner":
      return "namespaces or labels that belong to no team";
    case "usage-without-owner":
      return "usage that belongs to no team";
    case "no-reading":
      return `there is no reading of ${reason.meter}`;
    case "no-usage":
      return `${reason.meter} shows no use by any team`;
    case "no-cost":
      return noCostInWords(reason.of, reason.cluster);
    case "closed-loop":
      return `${reason.services.join(" and ")} were used by each other only`;
    case "no-fixed-taker":
      return "nobody has a fixed share";
    case "no-teams":
      return "there are no teams";
  }
}

function noCostInWords(of: Proportion, cluster: string): string {
  const where = cluster === "" ? "" : ` on ${cluster}`;
  if (of === "total") return `no team has any cost${where}`;
  return `no team has ${of === "direct" ? "direct" : categoryName(of)} cost${where}`;
}
