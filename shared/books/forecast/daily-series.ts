import { type Day, daysBetween, addDays } from "@apportion/domain/period";
import { meanOf, SEASON_DAYS } from "./methods.js";
import type { FilledDays } from "./rolling-origin.js";

/** Longer ago a team was another one. */
const HISTORY_DAYS_MAX = 92;
const PICOS_PER_UNIT = 1e12;

/** What a team cost on a settled day, or a part of it. */
export interface DailyCost {
  readonly day: Day;
  readonly picos: bigint;
  /** Names what it is of, so that a fee of the calendar is known again; empty where it cannot be one. */
  readonly line: string;
}

/** What a team cost day by day: from the first day on which it had cost to the last settled one, gaps filled. */
export interface DailySeries extends FilledDays {
  readonly days: readonly Day[];
  /** Exact, in picos, of the days that are known. */
  readonly totals: ReadonlyMap<Day, bigint>;
  /** Days before the first cost, which say nothing of what the team is like now. */
  readonly daysBefore: number;
}

/**
 * @param settled in their order, at least one
 * @param costs of settled days, several of a day add up
 */
export function dailySeries(settled: readonly Day[], costs: readonly DailyCost[]): DailySeries {
  const last = settled.at(-1);
  if (!last) throw new RangeError("A series needs a settled day");
  const oldest = addDays(last, 1 - HISTORY_DAYS_MAX);
  const recent = settled.filter((day) => day >= oldest);
  const totals = new Map(recent.map((day) => [day, 0n]));
  for (const { day, picos } of costs) {
    const total = totals.get(day);
    if (total !== undefined) totals.set(day, total + picos);
  }
  const first = recent.findIndex((day) => totals.get(day) !== 0n);
  const daysBefore = Math.max(0, first);
  for (const day of recent.slice(0, daysBefore)) totals.delete(day);
  const days = daysBetween(recent[daysBefore] ?? last, addDays(last, 1));
  const found = days.map((day) => totals.get(day));
  return {
    days,
    totals,
    daysBefore,
    values: filled(found.map((total) => (total === undefined ? undefined : unitsOf(total)))),
    known: found.map((total) => total !== undefined),
  };
}

/** A day of which nothing is known costs the mean of its weekday's neighbours, of the week before and after; else that of all days. */
function filled(found: readonly (number | undefined)[]): number[] {
  const known = found.filter((value) => value !== undefined);
  return found.map((value, index) => {
    if (value !== undefined) return value;
    const neighbours = [found[index - SEASON_DAYS], found[index + SEASON_DAYS]].filter(
      (each) => each !== undefined,
    );
    return meanOf(neighbours.length > 0 ? neighbours : known);
  });
}

/** Days below zero: what is spent can become less again. */
export function hasCredits({ totals }: Pick<DailySeries, "totals">): boolean {
  return [...totals.values()].some((total) => total < 0n);
}

function unitsOf(picos: bigint): number {
  return Number(picos) / PICOS_PER_UNIT;
}

/** Rounded: more digits than a forecast has are nobody's. */
export function picosOf(units: number): bigint {
  return BigInt(Math.round(units * PICOS_PER_UNIT));
}
