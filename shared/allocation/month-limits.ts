import type { Category } from "@apportion/domain/category";
import { parsePicos } from "@apportion/domain/money";
import { parsePool, type PoolId, printPool } from "@apportion/domain/pool-id";
import { applyLimits } from "./limits.js";
import type { Allocation, LimitCause, LimitLine, LineOwner } from "./line.js";
import type { PolicyOfDay } from "./policy.js";

/** What each team pays of each pool, in picos, by pool and team. */
export type PoolTotals = ReadonlyMap<string, ReadonlyMap<string, bigint>>;

/** Source of the lines by which limits move cost between teams. They add up to zero. */
export const LIMITS_SOURCE = "limits";

/**
 * Adds what an allocation charges teams for pools; returns new totals.
 * @param pools of which totals are wanted: those that have limits
 */
export function addToTotals(
  totals: PoolTotals,
  allocation: Allocation,
  pools: ReadonlySet<string>,
): PoolTotals {
  if (pools.size === 0) return totals;
  const sums = new Map([...totals].map(([pool, shares]) => [pool, new Map(shares)]));
  for (const item of allocation) {
    if (item.kind === "direct" || !pools.has(printPool(item.pool))) continue;
    const shares = sums.get(printPool(item.pool)) ?? new Map<string, bigint>();
    const add = (teamId: string, amount: bigint): void => {
      if (amount !== 0n) shares.set(teamId, (shares.get(teamId) ?? 0n) + amount);
    };
    if (item.kind === "shares")
      item.takers.forEach(({ kind, id }, index) => {
        if (kind === "team") add(id, item.amounts[index] ?? 0n);
      });
    else if (item.owner.kind === "team") add(item.owner.teamId, item.amount);
    if (shares.size > 0) sums.set(printPool(item.pool), shares);
  }
  return sums;
}

/**
 * The lines by which a month is held within caps and minimum charges, on its last day. Those of a pool add up to zero; what no team
 * may pay stays unallocated, and what minimums bring beyond the pool's cost is taken off there.
 * @param totals of the whole month, the last day included
 * @param teams those that are there on the last day
 */
export function limitLines(
  limited: readonly PolicyOfDay[],
  totals: PoolTotals,
  teams: ReadonlySet<string>,
): LimitLine[] {
  return limited.flatMap(({ pool, version, caps, minimums }) => {
    const { shares, remainder } = applyLimits(totals.get(pool) ?? new Map<string, bigint>(), {
      caps: amounts(caps),
      minimums: amounts(minimums),
      teams,
    });
    const of = parsePool(pool) ?? { kind: "service", id: pool };
    const line = (owner: LineOwner, because: LimitCause, amount: bigint): LimitLine => ({
      kind: "limit",
      source: LIMITS_SOURCE,
      scope: pool,
      category: categoryOf(of),
      owner,
      pool: of,
      policy: version,
      because,
      amount,
    });
    return [
      ...shares.map(({ teamId, change, because }) => line({ kind: "team", teamId }, because, change)),
      ...(remainder === 0n ? [] : [line({ kind: "unallocated" }, "limits-of-all", remainder)]),
    ];
  });
}

function categoryOf({ kind }: PoolId): Category {
  return kind === "corporate" || kind === "unused-commitment" || kind === "unallocated" ? kind : "shared";
}

function amounts(of: Readonly<Record<string, string>>): Map<string, bigint> {
  return new Map(Object.entries(of).map(([team, amount]) => [team, parsePicos(amount)]));
}
