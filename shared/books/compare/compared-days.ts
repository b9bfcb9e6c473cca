import { type Day, daysOf } from "@apportion/domain/period";
import type { DayRun, MonthCosts } from "../months/month.js";

type Allocated = Pick<MonthCosts, "period" | "days">;

/** Which days of a month are compared. */
export interface ComparedDays {
  readonly days: readonly DayRun[];
  /** Days with costs that are left out, because the other month has none of that number, or because they are not over. */
  readonly leftOut: readonly Day[];
}

/**
 * Two whole months are compared whole, however many days they have. Otherwise those days of each are compared that are over and allocated in both, by
 * their number in the month: a day of which nothing is known must not look like one that cost nothing.
 */
export function comparedDays(
  before: Allocated,
  after: Allocated,
): { readonly isWhole: boolean; readonly before: ComparedDays; readonly after: ComparedDays } {
  if (isWhole(before) && isWhole(after))
    return {
      isWhole: true,
      before: { days: before.days, leftOut: [] },
      after: { days: after.days, leftOut: [] },
    };
  const numbers = [before, after].map(({ days }) => new Set(days.filter(isOver).map(numberOf)));
  const inBoth = (run: DayRun): boolean => numbers.every((known) => known.has(numberOf(run)));
  const of = ({ days }: Allocated): ComparedDays => ({
    days: days.filter(inBoth),
    leftOut: days.filter((run) => !inBoth(run)).map(({ day }) => day),
  });
  return { isWhole: false, before: of(before), after: of(after) };
}

function isWhole({ period, days }: Allocated): boolean {
  return days.length === daysOf(period).length && days.every(isOver);
}

function isOver({ elapsed }: DayRun): boolean {
  return elapsed;
}

function numberOf({ day }: DayRun): number {
  return Number(day.slice(8));
}
