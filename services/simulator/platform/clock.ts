export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

/** The simulated now, and the days of which sources say something else than before, or something that cannot be. */
export interface SimulatedClock {
  asOfMs: number;
  /** Days whose bill is restated although their month is long over. */
  readonly lateDays: Set<string>;
  /** Days that a cluster's Kubecost prices absurdly, as `cluster/day`. */
  readonly mispriced: Set<string>;
}

/** The start of a UTC day, `2026-11-22`, in milliseconds. */
export function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Days of [from, to), both `YYYY-MM-DD`. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let ms = startOf(from); ms < startOf(to); ms += DAY_MS) days.push(dayOf(ms));
  return days;
}

/** Saturdays and Sundays see a little more than half of the work. */
export function weekdayFactor(day: string): number {
  return isWeekend(day) ? 0.55 : 1;
}

export function isWeekend(day: string): boolean {
  const weekday = new Date(startOf(day)).getUTCDay();
  return weekday === 0 || weekday === 6;
}

/** From 20 to 7 o'clock UTC. */
export const NIGHT_HOURS = 11;
