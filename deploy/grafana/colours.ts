import { CATEGORIES } from "@apportion/domain/category";
import { colourOf, DARK } from "@apportion/reports/charts/palette";

/** Black on white paper: in Grafana the colour of its text, which is seen in the light and in the dark theme. */
const AS_TEXT: ReadonlySet<string> = new Set(["services", "budget"]);

/** As charts of reports have it, of the dark theme with which Grafana starts. */
export function colour(name: string): string {
  return AS_TEXT.has(name) ? "text" : colourOf(DARK, name);
}

/** Fixed colours of series, by how their names end: Grafana may put the name of the column before. */
export type Colours = readonly (readonly [series: string, colour: string])[];

export const CATEGORY_COLOURS: Colours = CATEGORIES.map((name) => [name, colour(name)] as const);

/** What is nobody's, or the company's, is grey wherever teams are told apart. */
export const OWNER_COLOURS: Colours = ["idle", "unallocated", "corporate"].map(
  (name) => [name, colour(name)] as const,
);

export const CAPACITY_COLOURS: Colours = [
  ["used", colour("spent")],
  ["requested, not used", colour("memory")],
  ["idle", colour("idle")],
];

export const READING_COLOURS: Colours = [
  ["final", colour("down")],
  ["provisional", colour("forecast")],
  ["stale", colour("persistent-volume")],
  ["missing", colour("up")],
];
