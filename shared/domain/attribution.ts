import type { MonthLine } from "./statement.js";

type AttributedLine = Pick<
  MonthLine,
  "ownerKind" | "teamId" | "category" | "basis" | "pool" | "reason" | "picos"
>;

/**
 * How much of the cost has an owner by rule or by measurement. What nobody owns does not count,
 * also where a policy spreads it over the teams, and neither does what was split by a fallback; idle capacity has its place and counts. Amounts are sizes: a credit does not net a cost away,
 * except within one team, pool and reason, where the difference from list price to the bill belongs to the cost. What was
 * allocated of nodes beyond their cost is such a credit.
 */
export interface Attribution {
  /** In picos. */
  readonly attributed: bigint;
  readonly byFallback: bigint;
  readonly unallocated: bigint;
  readonly total: bigint;
}

export function attributionOf(lines: readonly AttributedLine[]): Attribution {
  const size = (of: readonly AttributedLine[]): bigint => {
    const places = new Map<string, bigint>();
    for (const { ownerKind, teamId, category, basis, pool, reason, picos } of of) {
      const isExcess = category === "idle-variance";
      const key = JSON.stringify([ownerKind, teamId, basis, pool, reason, isExcess]);
      places.set(key, (places.get(key) ?? 0n) + picos);
    }
    return [...places.values()].reduce((sum, picos) => sum + (picos < 0n ? -picos : picos), 0n);
  };
  const total = size(lines);
  const isUnowned = ({ ownerKind, pool }: AttributedLine): boolean =>
    ownerKind === "unallocated" || pool === "unallocated";
  const unallocated = size(lines.filter(isUnowned));
  const byFallback = size(
    lines.filter((line) => !isUnowned(line) && line.basis === "shared" && line.reason !== ""),
  );
  return { attributed: total - unallocated - byFallback, byFallback, unallocated, total };
}
