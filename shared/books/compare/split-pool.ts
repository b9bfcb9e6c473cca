import type { Category } from "@apportion/domain/category";
import { roundedDivision } from "@apportion/domain/rounding";
import type { Movement } from "./movement.js";

/** What a pool cost in a period, and who paid it; of idle capacity, one of its resources. In picos. */
export interface PoolCost {
  /** As lines print it. */
  readonly pool: string;
  readonly category: Category;
  readonly byPayer: ReadonlyMap<string, bigint>;
}

/**
 * Splits what payers have of a pool otherwise into its cost and their share, as price and quantity of a workload: of what it costs,
 * C, a payer pays A.
 *
 * - cost = (C₂ − C₁) × A₁ ÷ C₁: the pool costs another amount, at the share of before.
 * - share = A₂ − C₂ × A₁ ÷ C₁: another share, of what it costs now.
 *
 * Of a pool that cost nothing before there is no share of before: all of it is its cost. Where credits leave no share between none and all of
 * it, nothing is told apart.
 */
export function splitPool(
  before: PoolCost | undefined,
  after: PoolCost | undefined,
): Map<string, Movement[]> {
  const pool = after ?? before;
  if (!pool) return new Map();
  const payers = new Set([...(before?.byPayer.keys() ?? []), ...(after?.byPayer.keys() ?? [])]);
  const poolCost = { before: costOf(before), after: costOf(after) };
  return new Map(
    [...payers].map((payer) => {
      const was = before?.byPayer.get(payer) ?? 0n;
      const is = after?.byPayer.get(payer) ?? 0n;
      const subject = { of: "pool", pool: pool.pool } as const;
      const moved = { subject, category: pool.category, before: was, after: is, poolCost };
      const effects = effectsOf(was, is, poolCost).filter(({ picos }) => picos !== 0n);
      return [payer, effects.map((effect) => ({ ...moved, ...effect }))];
    }),
  );
}

function effectsOf(
  was: bigint,
  is: bigint,
  poolCost: { readonly before: bigint; readonly after: bigint },
): Pick<Movement, "effect" | "picos">[] {
  // Both turned where the pool was a credit: a divisor is positive.
  const [whole, own] = poolCost.before < 0n ? [-poolCost.before, -was] : [poolCost.before, was];
  if (whole === 0n) return [{ effect: own === 0n ? "pool-cost" : "not-told-apart", picos: is - was }];
  if (own < 0n || own > whole) return [{ effect: "not-told-apart", picos: is - was }];
  const cost = roundedDivision((poolCost.after - poolCost.before) * own, whole);
  return [
    { effect: "pool-cost", picos: cost },
    { effect: "pool-share", picos: is - was - cost },
  ];
}

function costOf(pool: PoolCost | undefined): bigint {
  return [...(pool?.byPayer.values() ?? [])].reduce((sum, picos) => sum + picos, 0n);
}
