import { NO_ACCOUNT, type Registry } from "@apportion/domain/tenancy";
import type { MonthCosts } from "../costs/month.js";

/** How the dollars of a month are counted, in words: Kubernetes is at list price until the bill was read beside it, and where none is. */
export function chargingBasisOf(
  { lines }: Pick<MonthCosts, "lines">,
  billBasis: string,
  { accounts }: Pick<Registry, "accounts">,
): string {
  const atTheBill = lines.some(({ category }) => category === "rate-variance");
  const unbilled = (accounts?.named ?? [])
    .filter(({ account }) => account === NO_ACCOUNT)
    .map(({ cluster }) => cluster);
  const except = unbilled.length === 0 ? "" : `, except ${unbilled.join(", ")} at list price`;
  const kubernetes = atTheBill
    ? `Kubernetes at the bill's price, shared out as Kubecost or OpenCost measures it${except}`
    : "Kubernetes at list price, which is what Kubecost or OpenCost was given";
  return `${billBasis}; ${kubernetes}; days in UTC`;
}
