import type { BillingPeriod, Day } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";

/** A forecast as it was said on a day: a row of `forecasts`. Amounts in picos. */
export interface StoredForecast {
  readonly period: BillingPeriod;
  readonly teamId: string;
  /** Last settled day that it was made of. */
  readonly asOf: Day;
  /** Days of the month after that: the horizon. */
  readonly daysAhead: number;
  readonly method: string;
  readonly spent: bigint;
  readonly picos: bigint;
  readonly low: bigint;
  readonly high: bigint;
}

/** Whether two say the same of the month, to the cent: then the later one need not be kept. */
export function saysTheSame(a: StoredForecast, b: StoredForecast): boolean {
  const cents = (picos: bigint): bigint => roundedDivision(picos, PICOS_PER_CENT);
  return (
    a.asOf === b.asOf &&
    [a.picos - b.picos, a.low - b.low, a.high - b.high].every((moved) => cents(moved) === 0n)
  );
}
