import type { BillingPeriod } from "@apportion/domain/period";
import type { Forecast } from "./forecast.js";

/** How a team's forecasts of closed months turned out that looked about as far ahead. */
export interface Judged {
  /** Closed months with such forecasts: those of one month are wrong together. */
  readonly months: number;
  readonly medianErrorPercent: number;
}

/** By {@link recordKey}. */
export type TrackRecord = ReadonlyMap<string, Judged>;

/** Forecasts that look about as far ahead are judged together. */
export const DAYS_OF_HORIZON = 7;

/** @param week of the horizon: 0 for up to seven days ahead, 1 for eight to fourteen … */
export function recordKey(teamId: string, week: number): string {
  return `${teamId}/${week}`;
}

function weekOfHorizon(daysAhead: number): number {
  return Math.floor(Math.max(0, daysAhead - 1) / DAYS_OF_HORIZON);
}

/** Fewer months that were judged say nothing. */
const MONTHS_MIN = 3;
/** A trial that reached less far says nothing of the rest of a month. */
const TRIED_DAYS_MIN = 14;
/** A forecast that is wrong by more as a rule rouses nobody. */
const TRUSTED_ERROR_PERCENT_MAX = 10;

/**
 * Whether a forecast is good enough to rouse somebody by it: the team's forecasts that looked as far ahead were right, within 10 % in half of its closed months; and
 * as long as fewer than three of them were judged, it was right by its own trial on earlier days, which must have reached as far as the horizon does or two weeks.
 * Days before its last one that are not settled may still turn it, so that it waits for them.
 */
export function isTrusted(
  { ahead, errorPercent, notes }: Pick<Forecast, "ahead" | "errorPercent" | "notes">,
  record: TrackRecord,
  { period, teamId }: { readonly period: BillingPeriod; readonly teamId: string },
): boolean {
  const waits = notes.some((note) => note.kind === "gaps" && note.days.some((day) => day.startsWith(period)));
  if (waits) return false;
  const judged = record.get(recordKey(teamId, weekOfHorizon(ahead.length)));
  if (judged && judged.months >= MONTHS_MIN) return judged.medianErrorPercent <= TRUSTED_ERROR_PERCENT_MAX;
  const isUntried = notes.some((note) => note.kind === "few-errors" && note.tried < TRIED_DAYS_MIN);
  return !isUntried && errorPercent <= TRUSTED_ERROR_PERCENT_MAX;
}
