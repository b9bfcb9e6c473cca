import { splitExactly } from "@apportion/domain/split";
import type { Category, CostCell, Origin } from "./allocate.js";

/** Where Kubernetes' dollars are read. */
export const KUBERNETES_SOURCE = "kubecost";
/** Where the difference to the bill is kept, for all clusters together: the bill does not say which cluster it is for. */
export const RATE_VARIANCE: Origin = { source: "rate-variance", scope: "kubernetes" };

/**
 * Kubecost prices machines by its own rates; the bill says what they cost after commitments and discounts. Dollars come from the
 * bill and shares from Kubecost: the difference goes to whoever has the cost, in proportion to it, as cells of their own. So each
 * statement shows it, and Kubernetes adds up to the bill. Idle capacity takes it by resource, under the same name. Where Kubecost saw no cost at all nobody owns what the bill says.
 * @param billed what the bill says of the machines, volumes and load balancers behind Kubernetes, in picos
 */
export function rateVarianceCells(cells: readonly CostCell[], billed: bigint): CostCell[] {
  const priced = cells.filter(({ source }) => source === KUBERNETES_SOURCE).flatMap(pricesOf);
  const variance = billed - priced.reduce((sum, { amount }) => sum + amount, 0n);
  if (variance === 0n) return [];
  // What has a negative cost takes none of it: a negative weight would turn the sign of the difference.
  const takers = priced.filter(({ amount }) => amount > 0n);
  if (takers.length === 0) return [varianceCell(UNOWNED, "rate-variance", variance)];
  const shares = splitExactly(
    variance,
    takers.map(({ amount }) => amount),
  );
  return takers.map(({ cell, category }, index) => varianceCell(cell, category, shares[index] ?? 0n));
}

interface Price {
  readonly cell: CostCell;
  /** What the difference is called. */
  readonly category: Category;
  readonly amount: bigint;
}

function pricesOf(cell: CostCell): Price[] {
  if (cell.kind === "idle") return cell.parts.map((part) => ({ cell, ...part }));
  const amount = cell.parts.reduce((sum, part) => sum + part.amount, 0n);
  return [{ cell, category: "rate-variance", amount }];
}

const UNOWNED = {
  kind: "workload",
  cluster: "",
  namespace: "",
  controller: "",
  node: "",
  teamLabel: "",
  service: "",
  recordType: "",
} as const;

function varianceCell(
  place: Omit<CostCell, "source" | "scope" | "parts">,
  category: Category,
  amount: bigint,
): CostCell {
  return { ...place, ...RATE_VARIANCE, parts: [{ category, amount }] };
}
