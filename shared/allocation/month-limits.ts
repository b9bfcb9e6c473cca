import { parsePicos } from "@apportion/domain/money";
import { billingPeriodOf, daysOf, type Day } from "@apportion/domain/period";
import type { AllocationLine, Category, LineOwner } from "./allocate.js";
import { applyLimits } from "./limits.js";
import { isLimited, policiesOn, type Policies, type PolicyOfDay } from "./policy.js";

/** What each team pays of each pool, in picos, by pool and team. */
export type PoolTotals = ReadonlyMap<string, ReadonlyMap<string, bigint>>;

/** Source of the lines by which limits move cost between teams. They add up to zero. */
export const LIMITS_SOURCE = "limits";

/** Pools that are limited by the policies of a day, when it is the last of its month: limits are of whole months. */
export function limitsOn(policies: Policies, day: Day): readonly PolicyOfDay[] {
  const isLast = day === daysOf(billingPeriodOf(day)).at(-1);
  return isLast ? policiesOn(policies, day).pools.filter(isLimited) : [];
}

/** Adds what lines charge teams for pools; returns new totals. */
export function addToTotals(totals: PoolTotals, lines: readonly AllocationLine[]): PoolTotals {
  const sums = new Map([...totals].map(([pool, shares]) => [pool, new Map(shares)]));
  for (const { pool, owner, amount } of lines) {
    if (pool === "" || owner.kind !== "team") continue;
    const shares = sums.get(pool) ?? new Map<string, bigint>();
    shares.set(owner.teamId, (shares.get(owner.teamId) ?? 0n) + amount);
    sums.set(pool, shares);
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
): AllocationLine[] {
  return limited.flatMap(({ pool, version, caps, minimums }) => {
    const { shares, remainder } = applyLimits(totals.get(pool) ?? new Map<string, bigint>(), {
      caps: amounts(caps),
      minimums: amounts(minimums),
      teams,
    });
    const line = (owner: LineOwner, meter: string, amount: bigint): AllocationLine => ({
      source: LIMITS_SOURCE,
      scope: pool,
      cluster: "",
      namespace: "",
      nodePool: "",
      service: "",
      recordType: "",
      label: "",
      category: categoryOf(pool),
      owner,
      basis: "shared",
      pool,
      policy: version,
      method: "limit",
      reason: "",
      meter,
      usageWindow: "",
      betweenServices: "",
      driverQuantity: 0n,
      driverTotal: 0n,
      amount,
    });
    return [
      ...shares.map(({ teamId, change, because }) => line({ kind: "team", teamId }, because, change)),
      ...(remainder === 0n ? [] : [line({ kind: "unallocated" }, "limits-of-all", remainder)]),
    ];
  });
}

function categoryOf(pool: string): Category {
  return pool === "corporate" || pool === "unused-commitment" || pool === "unallocated" ? pool : "shared";
}

function amounts(of: Readonly<Record<string, string>>): Map<string, bigint> {
  return new Map(Object.entries(of).map(([team, amount]) => [team, parsePicos(amount)]));
}
