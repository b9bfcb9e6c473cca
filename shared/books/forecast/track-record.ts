import type { Forecast } from "./forecast.js";

/** How forecasts of closed months turned out, of all teams, by how far they looked ahead. */
export interface TrackRecord {
  /** By week of the horizon: 0 for one to seven days ahead, 1 for eight to fourteen … */
  readonly byWeek: ReadonlyMap<number, { readonly judged: number; readonly medianErrorPercent: number }>;
}

/** Fewer forecasts that were judged say nothing of a horizon. */
const JUDGED_MIN = 20;
/** A trial that reached less far says nothing of the rest of a month. */
const TRIED_DAYS_MIN = 14;
/** A forecast that is wrong by more as a rule rouses nobody. */
const TRUSTED_ERROR_PERCENT_MAX = 10;

/** Forecasts that look about as far ahead are judged together. */
export const DAYS_OF_HORIZON = 7;

function weekOfHorizon(daysAhead: number): number {
  return Math.floor(Math.max(0, daysAhead - 1) / DAYS_OF_HORIZON);
}

/**
 * Whether a forecast is good enough to rouse somebody by it: forecasts that looked as far ahead were right, within 10 % in half of all cases; and
 * as long as too few of them were judged, it was right by its own trial on earlier days, which must have reached as far as the horizon does or two weeks. Days
 * before its last one that are not settled may still turn it, so that it waits for them.
 */
export function isTrusted(
  { ahead, errorPercent, notes }: Pick<Forecast, "ahead" | "errorPercent" | "notes">,
  record: TrackRecord,
  period: string,
): boolean {
  const waits = notes.some((note) => note.kind === "gaps" && note.days.some((day) => day.startsWith(period)));
  if (waits) return false;
  const judged = record.byWeek.get(weekOfHorizon(ahead.length));
  if (judged && judged.judged >= JUDGED_MIN) return judged.medianErrorPercent <= TRUSTED_ERROR_PERCENT_MAX;
  const isUntried = notes.some((note) => note.kind === "few-errors" && note.tried < TRIED_DAYS_MIN);
  return !isUntried && errorPercent <= TRUSTED_ERROR_PERCENT_MAX;
}
