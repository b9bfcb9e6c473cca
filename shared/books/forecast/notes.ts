import type { Day } from "@apportion/domain/period";
import { type DailySeries, hasCredits } from "./daily-series.js";
import type { Estimate } from "./estimate.js";
import type { Fee } from "./fees.js";

/** What whoever reads a forecast ought to know of its days. */
export type ForecastNote =
  | { readonly kind: "no-cost" | "credits" }
  | { readonly kind: "gaps" | "restated"; readonly days: readonly Day[] }
  | { readonly kind: "new-team"; readonly since: Day }
  | { readonly kind: "step"; readonly day: Day; readonly from: bigint; readonly to: bigint }
  | { readonly kind: "fee"; readonly day: Day; readonly picos: bigint; readonly line: string }
  /** The interval is of errors of `tried` days, 0 of none, instead of `ahead`. */
  | { readonly kind: "few-errors"; readonly tried: number; readonly ahead: number };

/** The weightiest first. */
export function notesOf(
  restated: readonly Day[],
  {
    series,
    due,
    estimate,
  }: { readonly series: DailySeries; readonly due: readonly Fee[]; readonly estimate: Estimate },
): ForecastNote[] {
  const totals = [...series.totals.values()];
  const gaps = series.days.filter((_, index) => !series.known[index]);
  const inSeries = restated.filter((day) => series.totals.has(day)).toSorted();
  const since = series.days[0];
  return [
    ...(totals.every((total) => total === 0n) ? [{ kind: "no-cost" } as const] : []),
    ...(series.daysBefore > 0 && since ? [{ kind: "new-team", since } as const] : []),
    ...(estimate.step ? [{ kind: "step", ...estimate.step } as const] : []),
    ...due.map(({ line, day, picos }) => ({ kind: "fee", line, day, picos }) as const),
    ...(hasCredits(series) ? [{ kind: "credits" } as const] : []),
    ...(gaps.length > 0 ? [{ kind: "gaps", days: gaps } as const] : []),
    ...(inSeries.length > 0 ? [{ kind: "restated", days: inSeries } as const] : []),
    ...(estimate.tried < estimate.asked
      ? [{ kind: "few-errors", tried: estimate.tried, ahead: estimate.asked } as const]
      : []),
  ];
}
