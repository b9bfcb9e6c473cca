import { type BillingPeriod, previousBillingPeriod } from "@apportion/domain/period";

/** Months before the forecast one: two fees of the calendar, and 89 to 92 days. */
export const MONTHS_BEFORE = 3;

/** The months that a history is of, the oldest first. */
export function monthsBefore(period: BillingPeriod): BillingPeriod[] {
  const months: BillingPeriod[] = [];
  for (
    let month = previousBillingPeriod(period);
    months.length < MONTHS_BEFORE;
    month = previousBillingPeriod(month)
  )
    months.push(month);
  return months.toReversed();
}
