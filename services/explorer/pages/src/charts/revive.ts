import type { Chart } from "@apportion/reports/document/document";
import { centsOf } from "../data/amounts.js";
import type { Json } from "../data/json.js";

/** A chart of an answer, as those who draw take it. */
export function revived({ series, mark, ...rest }: Json<Chart>): Chart {
  return {
    ...(rest as Pick<Chart, "kind" | "shape" | "title" | "says" | "labels">),
    series: series.map(({ name, colour, cents, provisional }) => ({
      name,
      colour,
      cents: cents.map((each) => (each === null ? undefined : centsOf(each))),
      ...(provisional && { provisional }),
    })),
    ...(mark && { mark: { label: mark.label, cents: centsOf(mark.cents) } }),
  };
}
