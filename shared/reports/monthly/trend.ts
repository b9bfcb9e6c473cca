import { sumOfCents } from "@apportion/domain/cents";
import type { ChargedMonth } from "@apportion/books/months/read-charged-months";
import { type BillingPeriod, daysOf, previousBillingPeriod } from "@apportion/domain/period";

/** How many months the chart has, with the one that is reported: a year, so that January is in it. */
const TREND_MONTHS = 12;

/** What was charged in a month: its statement with the corrections and adjustments that are posted in it. In cents. */
export interface TrendMonth {
  readonly period: BillingPeriod;
  readonly cents: bigint;
  /** Of a month that is not closed it can still change. */
  readonly isClosed: boolean;
  /** Whether each of its days has costs: a part of a month is no smaller month. */
  readonly isWhole: boolean;
}

/** The months before that the chart has, the first first. */
export function trendPeriods(period: BillingPeriod): BillingPeriod[] {
  const periods: BillingPeriod[] = [];
  for (let each = previousBillingPeriod(period); periods.length < TREND_MONTHS - 1; each = previousBillingPeriod(each))
    periods.unshift(each);
  return periods;
}

/** Charged in each month to an owner, as `ownerOf` names it; undefined: to everybody. The month that is reported comes last. */
export function trendOf(
  before: readonly ChargedMonth[],
  reported: TrendMonth,
  owner: string | undefined,
): TrendMonth[] {
  const all = (owed: ReadonlyMap<string, bigint>): bigint =>
    owner === undefined ? [...owed.values()].reduce((sum, cents) => sum + cents, 0n) : (owed.get(owner) ?? 0n);
  return [
    ...before
      .filter(({ period }) => period < reported.period)
      .map(({ period, isClosed, days, statement, beside }) => ({
        period,
        isClosed,
        isWhole: days === daysOf(period).length,
        cents: all(statement) + all(beside),
      })),
    reported,
  ];
}

export interface YearToDate {
  /** January of the year, or the first month since of which there are costs. */
  readonly since: BillingPeriod;
  readonly cents: bigint;
  /** Of these months, those that are not closed. */
  readonly provisional: readonly BillingPeriod[];
}

export function yearToDate(trend: readonly TrendMonth[], period: BillingPeriod): YearToDate {
  const months = trend.filter((each) => each.period.slice(0, 4) === period.slice(0, 4));
  return {
    since: months[0]?.period ?? period,
    cents: sumOfCents(months),
    provisional: months.filter(({ isClosed }) => !isClosed).map((each) => each.period),
  };
}
