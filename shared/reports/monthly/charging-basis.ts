import { isKubernetes, type MonthCosts } from "@apportion/books/months/month";
import { countText, dayText } from "../format.js";

/** Whether all of a month's Kubernetes costs are at list price, because no bill of them was read or said anything of them. */
export function isAtListPrice({ lines, bills }: Pick<MonthCosts, "lines" | "bills">): boolean {
  return (
    bills.size === 0 &&
    lines.some(isKubernetes) &&
    !lines.some(({ category }) => category === "rate-variance")
  );
}

/** Days that are named before the sentence gets too long. */
const DAYS_NAMED = 5;

/**
 * How the dollars of a month are counted, in words. Kubernetes is at list price until the bill was read beside it, day by day, and on
 * clusters that are on no bill; where that holds for some days or clusters only, they are named.
 * @param unbilled clusters that are on no bill
 */
export function chargingBasisOf(
  { lines }: Pick<MonthCosts, "lines">,
  billBasis: string,
  unbilled: readonly string[],
): string {
  const atTheBill = new Set(
    lines.filter(({ category }) => category === "rate-variance").map(({ day }) => day),
  );
  const onBills = lines.filter((line) => isKubernetes(line) && !unbilled.includes(line.cluster));
  const days = [...new Set(onBills.map(({ day }) => day))].toSorted();
  const atListPrice = days.filter((day) => !atTheBill.has(day));
  const listPrice = "at list price, which is what Kubecost or OpenCost was given";
  if (atTheBill.size === 0) return `${billBasis}; Kubernetes ${listPrice}; days in UTC`;
  const unnamed = atListPrice.length - DAYS_NAMED;
  const named = `${atListPrice.slice(0, DAYS_NAMED).map(dayText).join(", ")}${unnamed > 0 ? ` and ${countText(unnamed, "other day")}` : ""}`;
  const but = atListPrice.length === 0 ? "" : `, but on ${named} ${listPrice}`;
  const except = unbilled.length === 0 ? "" : `, except ${unbilled.join(", ")} at list price`;
  return `${billBasis}; Kubernetes at the bill's price, shared out as Kubecost or OpenCost measures it${except}${but}; days in UTC`;
}
