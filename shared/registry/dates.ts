import type { Day } from "@apportion/domain/period";

/** What is wrong with a configuration, and where. */
export type Problem = { readonly path: readonly (string | number)[]; readonly message: string };

/** Dates as configured: `[from, to)`, open where absent. */
export interface ConfiguredDates {
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

export function reversed(from: Day | undefined, to: Day | undefined, path: Problem["path"]): Problem[] {
  return from !== undefined && to !== undefined && from >= to
    ? [{ path, message: `it must lie after ${from}` }]
    : [];
}

export function overlap(a: ConfiguredDates, b: ConfiguredDates): boolean {
  return (a.from ?? "") < (b.to ?? "9") && (b.from ?? "") < (a.to ?? "9");
}
