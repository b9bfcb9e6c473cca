import type { MonthCosts } from "../costs/month.js";

/** How the dollars of a month are counted, in words: Kubernetes is at list price until the bill was read beside it. */
export function chargingBasisOf({ lines }: Pick<MonthCosts, "lines">, billBasis: string): string {
  const atTheBill = lines.some(({ category }) => category === "rate-variance");
  const kubernetes = atTheBill
    ? "Kubernetes at the bill's price, shared out as Kubecost or OpenCost measures it"
    : "Kubernetes at list price, which is what Kubecost or OpenCost was given";
  return `${billBasis}; ${kubernetes}; days in UTC`;
}
