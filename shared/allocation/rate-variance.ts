import type { Category } from "@apportion/domain/category";
import { splitExactly } from "@apportion/domain/split";
import type { CostCell } from "./cells.js";

/** Where Kubernetes' dollars are read. */
export const KUBERNETES_SOURCE = "kubecost";
/** Where the difference to a bill is kept; its scope is the account, for all clusters on its bill together, which the bill does not tell apart. */
export const RATE_VARIANCE = { source: "rate-variance" } as const;

/**
 * Kubecost prices machines by its own rates; the bill says what they cost after commitments and discounts. Dollars come from the
 * bill and shares from Kubecost: the difference goes to whoever has the cost, in proportion to it, as cells of their own. So each
 * statement shows it, and Kubernetes adds up to the bill. Idle capacity takes it by resource, under the same name. Where Kubecost saw no
 * cost at all nobody owns what the bill says.
 * @param cells of the clusters that are on the account's bill
 * @param billed what the bill says of the machines, volumes and load balancers behind them, in picos
 */
export function rateVarianceCells(cells: readonly CostCell[], account: string, billed: bigint): CostCell[] {
  const priced = cells.flatMap(pricesOf);
  const variance = billed - priced.reduce((sum, { amount }) => sum + amount, 0n);
  if (variance === 0n) return [];
  // What has a negative cost takes none of it: a negative weight would turn the sign of the difference.
  const takers = priced.filter(({ amount }) => amount > 0n);
  if (takers.length === 0) return [varianceCell(UNOWNED, account, "rate-variance", variance)];
  const shares = splitExactly(
    variance,
    takers.map(({ amount }) => amount),
  );
  return takers.map(({ cell, category }, index) =>
    varianceCell(cell, account, category, shares[index] ?? 0n),
  );
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
  account: string,
  category: Category,
  amount: bigint,
): CostCell {
  return { ...place, ...RATE_VARIANCE, scope: account, parts: [{ category, amount }] };
}
