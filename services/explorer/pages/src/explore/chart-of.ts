import { KEPT_APART } from "@apportion/domain/statement";
import type { Chart, Series } from "@apportion/reports/document/document";
import { centsOf } from "../data/amounts.js";
import type { Costs } from "../data/shapes.js";
import type { Shape } from "./view.js";

type Drawn = Exclude<Shape, "tiles">;

/** More than these are not told apart in a picture. */
const SERIES_MAX = 8;
/** Of what has no colour of its own, in this order: the palette's, whose neighbours the colour-blind can tell apart. */
const COLOURS = [
  "cpu",
  "gpu",
  "network",
  "persistent-volume",
  "shared",
  "memory",
  "object-storage",
  "load-balancer",
];
const OF_NOBODY: ReadonlySet<string> = new Set(KEPT_APART);

/** Colours of values: a category has its own, what is nobody's is grey, and others take the palette's in the order in which they come. */
export function coloursOf(dimension: string | undefined): (value: string) => string {
  const known = new Map<string, string>();
  let next = 0;
  return (value) => {
    if (dimension === "category" || OF_NOBODY.has(value)) return value;
    const colour = known.get(value) ?? COLOURS[next++ % COLOURS.length] ?? "spent";
    known.set(value, colour);
    return colour;
  };
}

/** The pieces of time that a chart has, each by its first day. */
export function piecesOf(costs: Costs): string[] {
  return [...new Set(costs.rows.map(({ from }) => from))].toSorted((a, b) => (a < b ? -1 : 1));
}

/** What each group comes to in each piece of time; the largest groups by name, and the others together. */
export function chartOf(
  costs: Costs,
  {
    title,
    shape,
    nameOf,
  }: { readonly title: string; readonly shape: Drawn; readonly nameOf: (value: string) => string },
): Chart {
  const pieces = piecesOf(costs);
  const sums = new Map<string, Map<string, bigint>>();
  for (const { from, values, amount } of costs.rows) {
    const of = values[0] ?? "";
    const its = sums.get(of) ?? new Map<string, bigint>();
    its.set(from, (its.get(from) ?? 0n) + centsOf(amount));
    sums.set(of, its);
  }
  const totalOf = (value: string): bigint =>
    [...(sums.get(value)?.values() ?? [])].reduce((a, b) => a + b, 0n);
  const order = [...sums.keys()].toSorted((a, b) => (totalOf(a) < totalOf(b) ? 1 : -1));
  const named = order.length <= SERIES_MAX + 1 ? order : order.slice(0, SERIES_MAX);
  const rest = order.slice(named.length);
  const colourOf = coloursOf(costs.groupBy[0]);
  const centsIn = (values: readonly string[]): bigint[] =>
    pieces.map((piece) => values.reduce((all, value) => all + (sums.get(value)?.get(piece) ?? 0n), 0n));
  const open = new Set(costs.completeness.incomplete);
  const provisional =
    costs.step === "day" ? pieces.flatMap((piece, at) => (open.has(piece) ? [at] : [])) : [];
  const seriesOf = (value: string): Series => ({
    name: nameOf(value),
    cents: centsIn([value]),
    provisional,
    colour: colourOf(value),
  });
  const all: Series[] = [
    ...named.map(seriesOf),
    ...(rest.length > 0
      ? [{ name: `${rest.length} others`, cents: centsIn(rest), provisional, colour: "idle-variance" }]
      : []),
  ];
  const whole: Series = { name: "All", cents: centsIn(order), provisional, colour: "spent" };
  return {
    kind: "chart",
    shape,
    title,
    says: `${pieces.length} pieces of time, ${order.length} groups; the largest is ${nameOf(order[0] ?? "")}.`,
    labels: pieces.map((piece) => (costs.step === "month" ? piece.slice(0, 7) : shortDay(piece))),
    series: shape === "columns" || costs.groupBy.length === 0 ? [whole] : all,
  };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function shortDay(day: string): string {
  return `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1] ?? ""}`;
}
