import { splitExactly } from "@apportion/domain/split";
import type { CostCell, Origin } from "./allocate.js";

/** Where Kubernetes' dollars are read. */
export const KUBERNETES_SOURCE = "kubecost";
/** Where the difference to the bill is kept, for all clusters together: the bill does not say which cluster it is for. */
export const RATE_VARIANCE: Origin = { source: "rate-variance", scope: "kubernetes" };

/**
 * Kubecost prices machines by its own rates; the bill says what they cost after commitments and discounts. Dollars come from the
 * bill and shares from Kubecost: the difference goes to whoever has the cost, in proportion to it, as cells of their own. So each
 * statement shows it, and Kubernetes adds up to the bill.
 * @param billed what the bill says of the machines, volumes and load balancers behind Kubernetes, in picos
 * @returns nothing when there is no difference, or no cost that could take it
 */
export function rateVarianceCells(cells: readonly CostCell[], billed: bigint): CostCell[] {
  const priced = cells
    .filter(({ source }) => source === KUBERNETES_SOURCE)
    .map((cell) => ({ cell, amount: cell.parts.reduce((sum, { amount }) => sum + amount, 0n) }));
  const total = priced.reduce((sum, { amount }) => sum + amount, 0n);
  const variance = billed - total;
  // A cell with a negative cost takes none of it: a negative weight would turn the sign of the difference.
  const takers = priced.filter(({ amount }) => amount > 0n);
  if (variance === 0n || total <= 0n) return [];
  const shares = splitExactly(
    variance,
    takers.map(({ amount }) => amount),
  );
  return takers.map(({ cell }, index) => ({
    ...cell,
    ...RATE_VARIANCE,
    parts: [{ category: "rate-variance", amount: shares[index] ?? 0n }],
  }));
}
