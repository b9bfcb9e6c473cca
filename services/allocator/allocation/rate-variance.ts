import { splitExactly } from "@apportion/domain/split";
import type { CostCell, Origin } from "./allocate.js";

/** Where Kubernetes' dollars are read. */
export const KUBERNETES_SOURCE = "kubecost";
/** Where the difference to the bill is kept, for all clusters together: the bill does not say which cluster it is for. */
export const RATE_VARIANCE: Origin = { source: "rate-variance", scope: "kubernetes" };

/**
 * Kubecost prices machines by its own rates; the bill says what they cost after commitments and discounts. Dollars come from the
 * bill and shares from Kubecost: the difference goes to whoever has the cost, in proportion to it, as cells of their own. So each
 * statement shows it, and Kubernetes adds up to the bill. Where Kubecost saw no cost at all nobody owns what the bill says.
 * @param billed what the bill says of the machines, volumes and load balancers behind Kubernetes, in picos
 */
export function rateVarianceCells(cells: readonly CostCell[], billed: bigint): CostCell[] {
  const priced = cells
    .filter(({ source }) => source === KUBERNETES_SOURCE)
    .map((cell) => ({ cell, amount: cell.parts.reduce((sum, { amount }) => sum + amount, 0n) }));
  const variance = billed - priced.reduce((sum, { amount }) => sum + amount, 0n);
  if (variance === 0n) return [];
  // A cell with a negative cost takes none of it: a negative weight would turn the sign of the difference.
  const takers = priced.filter(({ amount }) => amount > 0n);
  if (takers.length === 0) return [varianceCell(UNOWNED, variance)];
  const shares = splitExactly(
    variance,
    takers.map(({ amount }) => amount),
  );
  return takers.map(({ cell }, index) => varianceCell(cell, shares[index] ?? 0n));
}

const UNOWNED = {
  kind: "workload",
  cluster: "",
  namespace: "",
  controller: "",
  teamLabel: "",
  service: "",
  recordType: "",
} as const;

function varianceCell(place: Omit<CostCell, "source" | "scope" | "parts">, amount: bigint): CostCell {
  return { ...place, ...RATE_VARIANCE, parts: [{ category: "rate-variance", amount }] };
}
