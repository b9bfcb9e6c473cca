import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { roundTogether } from "@apportion/domain/split";
import { sumBy, type CostLine } from "../costs/month.js";

/**
 * How much of the cost has an owner by rule or by measurement. What nobody owns does not count, and neither does what was
 * split by a fallback; idle capacity has its place and counts. Amounts are sizes: a credit does not net a cost away.
 */
export interface Attribution {
  /** In picos. */
  readonly attributed: bigint;
  readonly byFallback: bigint;
  readonly unallocated: bigint;
  readonly total: bigint;
}

export function attributionOf(lines: readonly CostLine[]): Attribution {
  const size = (of: readonly CostLine[]): bigint =>
    of.reduce((sum, { picos }) => sum + (picos < 0n ? -picos : picos), 0n);
  const total = size(lines);
  const unallocated = size(lines.filter((line) => line.ownerKind === "unallocated"));
  const byFallback = size(
    lines.filter((line) => line.ownerKind === "team" && line.basis === "shared" && line.reason !== ""),
  );
  return { attributed: total - unallocated - byFallback, byFallback, unallocated, total };
}

/** A part of a named pool that has one place and one reason. */
export interface PoolPart {
  readonly reason: string;
  readonly pool: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly category: string;
  readonly cents: bigint;
}

/** The parts of a named pool, the largest first; their cents add up to the pool's. */
export function poolParts(lines: readonly CostLine[], cents: bigint): PoolPart[] {
  const parts = sumBy(lines, ({ reason, pool, cluster, namespace, category, ownerKind }) =>
    // Idle is told by cluster; what nobody owns by why and where, and not by what it is made of where a namespace says more.
    JSON.stringify([
      reason,
      pool,
      cluster,
      namespace,
      ownerKind === "idle" || namespace !== "" || pool !== "" ? "" : category,
    ]),
  );
  const shares = roundTogether(
    parts.map((part) => part.picos),
    PICOS_PER_CENT,
    cents,
  );
  return parts.map(({ key }, index) => {
    const [reason = "", pool = "", cluster = "", namespace = "", category = ""] = JSON.parse(key) as string[];
    return { reason, pool, cluster, namespace, category, cents: shares[index] ?? 0n };
  });
}
