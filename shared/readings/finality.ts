import type { ChargePeriod } from "@apportion/domain/period";

const HOUR_MS = 3_600_000;

/** Whether the period ended so long ago that its source no longer restates it. */
export function isSettled(period: ChargePeriod, settleHours: number, now: Date): boolean {
  return now.getTime() >= Date.parse(period.end) + settleHours * HOUR_MS;
}
