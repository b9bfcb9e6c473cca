import { addDays, type Day } from "@apportion/domain/period";
import { changed, type Place } from "../data/place.js";
import type { Reason } from "../parts/amount.js";
import { askedOf, type Scope } from "../why/asked.js";
import { type Dimension, DIMENSION_NAMES, nextDimension, type View } from "./view.js";

/** What a row of the view is the sum of: its values instead of the filters of theirs. */
export function scopeOf(
  { from, to, filters }: Scope,
  values: readonly (readonly [Dimension, string])[],
): Scope {
  const own = new Set<string>(values.map(([name]) => name));
  return {
    from,
    to,
    filters: [
      ...filters.filter(([name]) => !own.has(name)),
      ...values.map(([name, value]) => [name, [value]] as const),
    ],
  };
}

/** The view of these costs alone, by the next finer grouping. */
export function drillOf(
  place: Place,
  view: View,
  scope: Scope,
): { readonly to: string; readonly by: string } {
  const filters = scope.filters as View["filters"];
  const group = nextDimension({ group: [], filters }) ?? view.group[0] ?? "team";
  const isNarrower = scope.from !== view.from || scope.to !== view.to;
  return {
    to: changed(place, {
      ...Object.fromEntries(filters),
      ...(isNarrower && { from: scope.from, to: addDays(scope.to, -1) }),
      group,
      into: undefined,
      open: undefined,
      why: undefined,
    }),
    by: DIMENSION_NAMES[group].toLowerCase(),
  };
}

/** Where an amount of the view comes from: what is of one payer and month Why explains, what is not is told apart further. */
export function reasonOf(
  place: Place,
  view: View,
  { scope, key, isPart }: { readonly scope: Scope; readonly key: string; readonly isPart: boolean },
): Reason {
  const asked = askedOf(scope);
  if (asked) return { why: asked };
  const isOfOne = scope.filters.some(([name, values]) => name === "team" && values.length === 1);
  if (isOfOne && !isPart)
    return {
      to: changed(place, { into: "month", open: [...new Set([...view.open, key])], why: undefined }),
      says: "by month",
    };
  const { to, by } = drillOf(place, view, scope);
  return { to, says: `by ${by}` };
}

/** The same of other days. */
export function scopeIn(days: { readonly from: Day; readonly to: Day }, { filters }: Scope): Scope {
  return { from: days.from, to: days.to, filters };
}
