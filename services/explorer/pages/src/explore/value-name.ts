import { CATEGORIES, categoryName, type Category } from "@apportion/domain/category";
import { type Dimension, DIMENSION_NAMES } from "./view.js";

const CATEGORY_SET: ReadonlySet<string> = new Set(CATEGORIES);
const BASES: Readonly<Record<string, string>> = {
  direct: "Own use",
  shared: "Shared",
  idle: "Idle",
  corporate: "The company's",
};
/** What is of none. */
const NONE: Readonly<Record<Dimension, string>> = {
  team: "no team",
  category: "no category",
  cluster: "on no cluster",
  namespace: "in no namespace",
  service: "of no service of the bill",
  pool: "of no shared pool",
  basis: "neither",
  costCenter: "of no cost center",
  compliance: "of no team",
  account: "of no account",
  region: "in no known region",
};

/** A value of a grouping in people's words. */
export function valueName(dimension: Dimension, value: string, teamName: (id: string) => string): string {
  if (value === "") return NONE[dimension];
  if (dimension === "team") return teamName(value);
  if (dimension === "category" && CATEGORY_SET.has(value)) return categoryName(value as Category);
  if (dimension === "basis") return BASES[value] ?? value;
  return value;
}

/** `Namespace: team-search`; of a grouping that there is not, as it was given. */
export function describedFilter(
  [name, value]: readonly [string, string],
  teamName: (id: string) => string,
): string {
  return Object.hasOwn(DIMENSION_NAMES, name)
    ? `${DIMENSION_NAMES[name as Dimension]}: ${valueName(name as Dimension, value, teamName)}`
    : `${name.slice(0, 1).toUpperCase()}${name.slice(1)}: ${value}`;
}
