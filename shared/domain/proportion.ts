import { DIRECT_CATEGORIES, type DirectCategory } from "./category.js";

/** What a proportional share follows: the teams' direct cost, everything they pay up to here, or one category of direct cost. */
export type Proportion = "direct" | "total" | DirectCategory;
export const PROPORTIONS: readonly Proportion[] = ["direct", "total", ...DIRECT_CATEGORIES];

const END = "-cost";

/** As lines have it where a meter stands else: `gpu-cost`, `total-cost`; empty for direct cost. */
export function printProportion(proportion: Proportion): string {
  return proportion === "direct" ? "" : `${proportion}${END}`;
}

/** The inverse of {@link printProportion}. */
export function parseProportion(text: string): Proportion | undefined {
  return PROPORTIONS.find((proportion) => printProportion(proportion) === text);
}
