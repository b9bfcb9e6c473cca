import type { Dataset, FactRows, Reading } from "@apportion/domain/facts";
import type { ChargePeriod } from "@apportion/domain/period";
import { failedReading, type FailedReading } from "./source.js";

const HOUR_MS = 3_600_000;

/** Whether the period ended so long ago that its source no longer restates it. */
export function isSettled(period: ChargePeriod, settleHours: number, now: Date): boolean {
  return now.getTime() >= Date.parse(period.end) + settleHours * HOUR_MS;
}

/**
 * The reading of a period from a source that says nothing of finality: final once the period is settled. What a source did comes back as the failed reading;
 * anything else is thrown.
 */
export async function settlingReading<D extends Dataset>(
  key: Reading<D>["key"],
  settleHours: number,
  now: Date,
  read: () => Promise<readonly FactRows[D][]>,
): Promise<Reading<D> | FailedReading> {
  try {
    const finality = isSettled(key.chargePeriod, settleHours, now) ? "final" : "provisional";
    return { key, rows: await read(), finality };
  } catch (error) {
    return failedReading(key, error);
  }
}
