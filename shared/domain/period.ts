declare const brand: unique symbol;

/** A calendar day in UTC, `YYYY-MM-DD`. */
export type Day = string & { readonly [brand]: "Day" };
/** A calendar month in UTC, `YYYY-MM`: what FOCUS calls the billing period. */
export type BillingPeriod = string & { readonly [brand]: "BillingPeriod" };

/** FOCUS ChargePeriodStart and ChargePeriodEnd: half-open `[start, end)`, ISO 8601 UTC with seconds, `2026-11-22T00:00:00Z`. */
export interface ChargePeriod {
  readonly start: string;
  readonly end: string;
}

export const DAY_MS = 86_400_000;

export class PeriodError extends Error {
  readonly code = "PERIOD";
}

export function parseDay(text: string): Day {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  if (!date || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text)
    throw new PeriodError(`"${text}" is not a day such as 2026-11-22`);
  return text as Day;
}

export function parseBillingPeriod(text: string): BillingPeriod {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text))
    throw new PeriodError(`"${text}" is not a month such as 2026-11`);
  return text as BillingPeriod;
}

/** The UTC day in which the instant lies. */
export function dayOf(instant: Date): Day {
  return instant.toISOString().slice(0, 10) as Day;
}

export function addDays(day: Day, count: number): Day {
  return dayOf(new Date(Date.parse(day) + count * DAY_MS));
}

/** The days of `[from, to)`, in order. */
export function daysBetween(from: Day, to: Day): Day[] {
  const days: Day[] = [];
  for (let day = from; day < to; day = addDays(day, 1)) days.push(day);
  return days;
}

export function billingPeriodOf(day: Day): BillingPeriod {
  return day.slice(0, 7) as BillingPeriod;
}

export function firstDayOf(period: BillingPeriod): Day {
  return `${period}-01` as Day;
}

export function nextBillingPeriod(period: BillingPeriod): BillingPeriod {
  return billingPeriodOf(addDays(firstDayOf(period), 31));
}

export function previousBillingPeriod(period: BillingPeriod): BillingPeriod {
  return billingPeriodOf(addDays(firstDayOf(period), -1));
}

export function daysOf(period: BillingPeriod): Day[] {
  return daysBetween(firstDayOf(period), firstDayOf(nextBillingPeriod(period)));
}

export function chargePeriodOf(day: Day): ChargePeriod {
  return { start: `${day}T00:00:00Z`, end: `${addDays(day, 1)}T00:00:00Z` };
}
