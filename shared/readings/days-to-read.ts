import type { Finality } from "@apportion/domain/facts";
import {
  addDays,
  billingPeriodOf,
  type Day,
  daysBetween,
  firstDayOf,
  previousBillingPeriod,
} from "@apportion/domain/period";

export interface LookbackConfig {
  /** How many days back each reading goes, today included: sources restate what they said. */
  readonly lookbackDays: number;
  /** Whether the source is the bill, which is restated until its invoice is final: the previous month is always read. */
  readonly readsBill: boolean;
  readonly closedMonths: {
    /** Days that a month is read after its end, beside the lookback; 0 never. */
    readonly days: number;
  };
}

/** What is known of a scope's days; undefined where a day was never read. */
export type FinalityOf = (day: Day) => Finality | undefined;

/**
 * The recent days of a scope, up to today. Of the bill also the whole previous month, and every day after the first that was read
 * which is not final: Cost Explorer's days are estimated until the month's invoice.
 */
export function recentDays(config: LookbackConfig, today: Day, finalityOf: FinalityOf): Day[] {
  const from = recentFrom(config, today);
  const recent = daysBetween(from, addDays(today, 1));
  if (!config.readsBill) return recent;
  const earlier = daysBetween(closedFrom(config, today), from);
  const first = earlier.findIndex((day) => finalityOf(day) !== undefined);
  const open = first === -1 ? [] : earlier.slice(first).filter((day) => finalityOf(day) !== "final");
  return [...open, ...recent];
}

/** Days of the months that ended in the last `closedMonths.days` days, before the recent ones, whether final or not. */
export function closedMonthsDays(config: LookbackConfig, today: Day): Day[] {
  return daysBetween(closedFrom(config, today), recentFrom(config, today));
}

function recentFrom({ lookbackDays, readsBill }: LookbackConfig, today: Day): Day {
  const from = addDays(today, 1 - lookbackDays);
  const previousMonth = firstDayOf(previousBillingPeriod(billingPeriodOf(today)));
  return readsBill && previousMonth < from ? previousMonth : from;
}

function closedFrom(config: LookbackConfig, today: Day): Day {
  const { days } = config.closedMonths;
  return days === 0 ? recentFrom(config, today) : firstDayOf(billingPeriodOf(addDays(today, -days)));
}
