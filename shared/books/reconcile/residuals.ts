import { reasonText } from "@apportion/domain/reason";
import { isUsage } from "@apportion/domain/record-types";
import type { Day } from "@apportion/domain/period";
import type { ClusterPrices } from "./kubernetes-prices.js";

/** Why an amount differs, or does not count as attributed. */
export type ResidualClass =
  "timing" | "credit or tax" | "rate variance" | "overlap" | "untagged" | "no owner" | "fallback" | "unknown";

/** What the bill says and what was attributed of it, on one day in one place of the bill. In picos. */
export interface ComparedDay {
  readonly day: Day;
  readonly source: string;
  readonly account: string;
  readonly service: string;
  readonly recordType: string;
  readonly billed: bigint;
  readonly attributed: bigint;
}

/** Cost that nobody owns, or that a fallback split; its size in picos. */
export interface NotAttributed {
  readonly kind: "unallocated" | "fallback";
  readonly reason: string;
  readonly amount: bigint;
}

export interface Residual {
  readonly class: ResidualClass;
  readonly what: string;
  /** Attributed less billed over the month; the cost that does not count; or for a rate variance what the bill makes of the list price. */
  readonly amount: bigint;
  /** What it takes from the accuracy: sizes of days, none of which makes up for another. Nothing for a rate variance, which is charged. */
  readonly missed: bigint;
}

/**
 * Everything that stands between what was attributed and the bill, each with its class; the largest first. Pure.
 * @param open days and sources whose readings are not final, as {@link openKey} has them
 */
export function residualsOf(
  days: readonly ComparedDay[],
  notAttributed: readonly NotAttributed[],
  clusters: readonly Pick<ClusterPrices, "cluster" | "rateVariance">[],
  open: ReadonlySet<string>,
): Residual[] {
  const residuals = new Map<string, Residual>();
  const add = ({ class: kind, what, amount, missed }: Residual): void => {
    const before = residuals.get(`${kind}/${what}`);
    residuals.set(`${kind}/${what}`, {
      class: kind,
      what,
      amount: (before?.amount ?? 0n) + amount,
      missed: (before?.missed ?? 0n) + missed,
    });
  };
  const overlaps = overlapping(days);
  for (const day of days) {
    const difference = day.attributed - day.billed;
    if (difference === 0n) continue;
    const { source, service, recordType, account } = day;
    const what = [...new Set([service || source, isUsage(recordType) ? "" : recordType, account])]
      .filter(Boolean)
      .join(", ");
    add({ class: classOf(day, open, overlaps), what, amount: difference, missed: size(difference) });
  }
  for (const { kind, reason, amount } of notAttributed) {
    const unowned = reason === "untagged" ? ("untagged" as const) : ("no owner" as const);
    add({ class: kind === "fallback" ? kind : unowned, what: reason, amount, missed: amount });
  }
  for (const { cluster, rateVariance } of clusters)
    if (rateVariance !== 0n)
      add({ class: "rate variance", what: `Kubernetes, ${cluster}`, amount: rateVariance, missed: 0n });
  return [...residuals.values()].toSorted((a, b) =>
    a.missed === b.missed ? 0 : a.missed > b.missed ? -1 : 1,
  );
}

/** `timing: AmazonS3, 1234`, `no owner: usage that belongs to no team`; once where both are the same. */
export function residualText({ class: kind, what }: Pick<Residual, "class" | "what">): string {
  return kind === what ? kind : `${kind}: ${reasonText(what)}`;
}

export function openKey(day: Day, source: string): string {
  return `${day}/${source}`;
}

function classOf(day: ComparedDay, open: ReadonlySet<string>, overlaps: ReadonlySet<string>): ResidualClass {
  if (open.has(openKey(day.day, day.source))) return "timing";
  if (overlaps.has(placeOf(day)) && day.attributed > day.billed) return "overlap";
  return isUsage(day.recordType) ? "unknown" : "credit or tax";
}

/** Places of which two sources attribute something, and together more than is billed. */
function overlapping(days: readonly ComparedDay[]): Set<string> {
  const places = new Map<string, { sources: Set<string>; surplus: bigint }>();
  for (const day of days) {
    const place = places.get(placeOf(day)) ?? { sources: new Set(), surplus: 0n };
    places.set(placeOf(day), place);
    if (day.attributed !== 0n) place.sources.add(day.source);
    place.surplus += day.attributed - day.billed;
  }
  const found = [...places].filter(([, { sources, surplus }]) => sources.size > 1 && surplus > 0n);
  return new Set(found.map(([place]) => place));
}

function placeOf({ day, account, service }: ComparedDay): string {
  return JSON.stringify([day, account, service]);
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
