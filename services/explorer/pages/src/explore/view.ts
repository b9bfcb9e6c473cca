import type { BillingPeriod, Day } from "@apportion/domain/period";
import { addDays, firstDayOf, nextBillingPeriod } from "@apportion/domain/period";
import type { Frame } from "../data/frame.js";
import { OPEN_MAX } from "../parts/open-button.js";

/** By what costs can be grouped and filtered, in people's words. */
export const DIMENSION_NAMES = {
  team: "Team",
  category: "Category",
  cluster: "Cluster",
  namespace: "Namespace",
  service: "Service of the bill",
  pool: "Shared pool",
  basis: "Own use, shared or idle",
  costCenter: "Cost center",
  compliance: "Compliance level",
  account: "Account",
  region: "Region",
} as const;
export type Dimension = keyof typeof DIMENSION_NAMES;
export const DIMENSIONS = Object.keys(DIMENSION_NAMES) as Dimension[];

export const STEP_NAMES = { day: "days", week: "weeks", month: "months", total: "one sum" } as const;
export type Step = keyof typeof STEP_NAMES;

export const SHAPE_NAMES = {
  stack: "Stacked bars",
  course: "Lines",
  columns: "Bars of the whole",
  tiles: "Tiles",
} as const;
export type Shape = keyof typeof SHAPE_NAMES;

/** Into what a row opens: another grouping, or pieces of time. */
export type Into = Dimension | "workload" | "day" | "month";

/** What is looked at: all of it stands in the address. */
export interface View {
  readonly from: Day;
  /** Day after the last. */
  readonly to: Day;
  readonly group: readonly Dimension[];
  readonly filters: readonly (readonly [Dimension, readonly string[]])[];
  readonly step: Step;
  readonly shape: Shape;
  /** The days of before that it is compared with; undefined where it is not. */
  readonly compared: { readonly from: Day; readonly to: Day } | undefined;
  /** Whether it is the month of the frame, as far as it is allocated. */
  readonly isMonth: boolean;
  readonly into: Into;
  /** Rows that are open, by their keys. */
  readonly open: readonly string[];
}

const GROUPS_MAX = 4;

export function viewOf(params: URLSearchParams, { month, before }: Pick<Frame, "month" | "before">): View {
  const first = firstDayOf(month.month as BillingPeriod);
  const end = firstDayOf(nextBillingPeriod(month.month as BillingPeriod));
  const from = dayIn(params, "from") ?? first;
  const last = dayIn(params, "to");
  const asked = last === undefined ? end : addDays(last, 1);
  // Of dates the wrong way round the second is a slip.
  const to = from < asked ? asked : addDays(from, 1);
  const isMonth = from === first && to === end;
  const grouped = (params.get("group") ?? "team").split(",").filter(isDimension);
  const group = [...new Set(grouped)].slice(0, GROUPS_MAX);
  const filters = DIMENSIONS.flatMap((name) => {
    const values = params.getAll(name);
    return values.length > 0 ? [[name, values] as const] : [];
  });
  const spans = { group, filters, from, to };
  return {
    ...spans,
    step: oneOf(STEP_NAMES, params.get("step")) ?? "day",
    shape: oneOf(SHAPE_NAMES, params.get("shape")) ?? "stack",
    compared: params.get("compare") === "1" ? comparedDays({ from, to }, isMonth, month, before) : undefined,
    isMonth,
    into: oneOf(intoNames(spans), params.get("into")) ?? nextDimension(spans) ?? "day",
    open: [...new Set(params.getAll("open"))].slice(0, OPEN_MAX),
  };
}

type Spans = Pick<View, "group" | "filters" | "from" | "to">;

/** By what workloads are found; of other values nobody knows which of them they are. */
const OF_WORKLOADS: ReadonlySet<Dimension> = new Set(["team", "cluster", "namespace", "service"]);

/** Whether each row is of one payer, and of what workloads have. */
function hasWorkloads({ group, filters }: Pick<Spans, "group" | "filters">): boolean {
  const isOfOne =
    group.includes("team") || filters.some(([name, values]) => name === "team" && values.length === 1);
  return isOfOne && [...group, ...filters.map(([name]) => name)].every((name) => OF_WORKLOADS.has(name));
}

/** Into what rows can open: what they are not grouped by, workloads of a payer, and days; months where there are several. */
export function intoNames(spans: Spans): Partial<Readonly<Record<Into, string>>> {
  const { group, from, to } = spans;
  const others = DIMENSIONS.filter((name) => !group.includes(name));
  return {
    ...Object.fromEntries(others.map((name) => [name, DIMENSION_NAMES[name].toLowerCase()])),
    ...(hasWorkloads(spans) && { workload: "workloads" }),
    ...(from.slice(0, 7) !== addDays(to, -1).slice(0, 7) && { month: "months" }),
    day: "days",
  };
}

/** Equally many days of before: a month that is not over is compared with as many days of the other, never with all of it. */
function comparedDays(
  { from, to }: { readonly from: Day; readonly to: Day },
  isMonth: boolean,
  month: Frame["month"],
  before: Frame["before"],
): View["compared"] {
  const isOver = month.lastDay >= addDays(to, -1);
  if (isMonth && before) {
    const first = firstDayOf(before.month as BillingPeriod);
    const end = firstDayOf(nextBillingPeriod(before.month as BillingPeriod));
    const sameDays = addDays(first, Number(month.lastDay.slice(8)));
    return { from: first, to: isOver || sameDays > end ? end : sameDays };
  }
  const days = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
  return { from: addDays(from, -days), to: from };
}

function isDimension(name: string): name is Dimension {
  return Object.hasOwn(DIMENSION_NAMES, name);
}

function oneOf<Names extends object>(names: Names, given: string | null): keyof Names | undefined {
  return given !== null && Object.hasOwn(names, given) ? (given as keyof Names) : undefined;
}

/** A date of the address that is one. */
function dayIn(params: URLSearchParams, name: string): Day | undefined {
  const text = params.get(name) ?? "";
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text) ? (text as Day) : undefined;
}

/** The next finer grouping that is neither grouped by nor filtered to one value. */
export function nextDimension({ group, filters }: Pick<View, "group" | "filters">): Dimension | undefined {
  const single = filters.filter(([, values]) => values.length === 1).map(([name]) => name);
  const order: readonly Dimension[] = ["team", "category", "cluster", "namespace", "service", "pool"];
  return order.find((each) => !group.includes(each) && !single.includes(each));
}
