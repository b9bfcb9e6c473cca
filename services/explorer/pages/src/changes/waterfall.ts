import type { BillingPeriod } from "@apportion/domain/period";
import type { Chart } from "@apportion/reports/document/document";
import { monthText } from "@apportion/reports/format";
import { centsOf, signed } from "../data/amounts.js";
import type { Comparison } from "../data/shapes.js";

/** How the difference comes about, an effect a step: the months themselves are so much larger that beside them no step would be seen. */
export function waterfallOf(
  { before, after, currency }: Pick<Comparison, "before" | "after" | "currency">,
  { difference, effects }: Pick<Comparison["total"], "difference" | "effects">,
): Chart {
  const steps = effects.map(({ amount }) => centsOf(amount));
  const [from, to] = [monthText(before.month as BillingPeriod), monthText(after.month as BillingPeriod)];
  return {
    kind: "chart",
    shape: "waterfall",
    title: `How the difference from ${from} to ${to} comes about`,
    says: `${currency} ${signed(difference)}: ${effects.map(({ name, amount }) => `${name} ${signed(amount)}`).join(", ")}.`,
    labels: [...effects.map(({ name }) => name), "Difference"],
    series: [
      { name: "Changes", colour: "up", cents: [...steps, undefined] },
      { name: "Difference", colour: "total", cents: [...steps.map(() => undefined), centsOf(difference)] },
    ],
  };
}
