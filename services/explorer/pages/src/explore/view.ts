import type { BillingPeriod, Day } from "@apportion/domain/period";
import { addDays, firstDayOf, nextBillingPeriod } from "@apportion/domain/period";
import type { Frame } from "../data/frame.js";

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
} as const;
export type Dimension = keyof typeof DIMENSION_NAMES;
export const DIMENSIONS = Object.keys(DIMENSION_NAMES) as Dimension[];

export const STEP_NAMES = { day: "days", week: "weeks", month: "months", total: "one sum" } as const;
export type Step = keyof typeof STEP_NAMES;

export const SHAPE_NAMES = { stack: "Stacked bars", course: "Lines", columns: "Bars of the whole" } as const;
export type Shape = keyof typeof SHAPE_NAMES;

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
  return {
    from,
    to,
    group: [...new Set(grouped)].slice(0, GROUPS_MAX),
    filters: DIMENSIONS.flatMap((name) => {
      const values = params.getAll(name);
      return values.length > 0 ? [[name, values] as const] : [];
    }),
    step: oneOf(STEP_NAMES, params.get("step")) ?? "day",
    shape: oneOf(SHAPE_NAMES, params.get("shape")) ?? "stack",
    compared: params.get("compare") === "1" ? comparedDays({ from, to }, isMonth, month, before) : undefined,
    isMonth,
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
export function nextDimension({ group, filters }: View): Dimension | undefined {
  const single = filters.filter(([, values]) => values.length === 1).map(([name]) => name);
  const order: readonly Dimension[] = ["team", "category", "cluster", "namespace", "service", "pool"];
  return order.find((each) => !group.includes(each) && !single.includes(each));
}
