import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import type { Budget } from "@apportion/domain/tenancy";

/** What a team spent on one day, in picos. */
export interface DailySpend {
  readonly day: Day;
  readonly picos: bigint;
}

/** A threshold and the first day on which the month's spending had reached it. */
export interface Crossing {
  readonly thresholdPercent: number;
  readonly crossedOn: Day;
}

/** A budget alert that was delivered for the same team and month. */
export interface EarlierAlert extends Crossing {
  readonly budgetVersion: string;
}

/**
 * Names a version of a budget: `2026-11@1200.00`. The month alone would not do, since an amount can be corrected in the
 * configuration without its month; 1200 and 1200.00 are the same.
 */
export function budgetVersion({ from, amount }: Budget): string {
  const [whole = "", cents = ""] = amount.split(".");
  return `${from}@${BigInt(whole)}.${cents.padEnd(2, "0")}`;
}

export function dailySpend(lines: readonly { readonly day: Day; readonly picos: bigint }[]): DailySpend[] {
  const byDay = new Map<Day, bigint>();
  for (const { day, picos } of lines) byDay.set(day, (byDay.get(day) ?? 0n) + picos);
  return [...byDay].map(([day, picos]) => ({ day, picos })).toSorted((a, b) => (a.day < b.day ? -1 : 1));
}

/** Spending of the month up to and including `day`. */
export function spentBy(daily: readonly DailySpend[], day: Day): bigint {
  return daily.filter((each) => each.day <= day).reduce((sum, each) => sum + each.picos, 0n);
}

/**
 * The thresholds that the month's spending has reached, each with the first day on which it had. Looks at the days and not at
 * what was known when, so it does not matter how often it is called: a whole month at once crosses on the same days as one
 * that grew day by day.
 *
 * A budget of zero is crossed by the first cost there is, at all thresholds at once: that is one thing to say, so only the
 * highest threshold is named.
 */
export function crossingsOf(
  budgetPicos: bigint,
  daily: readonly DailySpend[],
  thresholdsPercent: readonly number[],
): Crossing[] {
  const named = budgetPicos === 0n ? thresholdsPercent.slice(-1) : thresholdsPercent;
  return named.flatMap((thresholdPercent) => {
    let spent = 0n;
    for (const { day, picos } of daily) {
      spent += picos;
      if (reaches(spent, budgetPicos, thresholdPercent)) return [{ thresholdPercent, crossedOn: day }];
    }
    return [];
  });
}

/** Compares without dividing: spent ÷ budget ≥ percent ÷ 100. No cost never crosses anything, not even a budget of zero. */
function reaches(spentPicos: bigint, budgetPicos: bigint, percent: number): boolean {
  return spentPicos > 0n && spentPicos * 100n >= budgetPicos * BigInt(percent);
}

/**
 * Which crossings the team has not been told of. A threshold is told once for a version of the budget. Under a new version it
 * is told again only if, on the day on which it was crossed under the earlier version, spending had not reached the new
 * threshold: the new amount had put it out of reach again, and now it was reached a second time. Raising a budget by a
 * little, or lowering it, says nothing new.
 *
 * Example: 80 % of 1,000 was crossed on the 10th at 820. Under 2,000 it is told again at 1,600; under 900 or 1,010 it is not.
 */
export function alertsDue(
  budget: Budget,
  daily: readonly DailySpend[],
  thresholdsPercent: readonly number[],
  earlier: readonly EarlierAlert[],
): Crossing[] {
  const budgetPicos = parsePicos(budget.amount);
  const version = budgetVersion(budget);
  return crossingsOf(budgetPicos, daily, thresholdsPercent).filter(({ thresholdPercent }) =>
    earlier
      .filter((alert) => alert.thresholdPercent === thresholdPercent)
      .every(
        (alert) =>
          alert.budgetVersion !== version &&
          !reaches(spentBy(daily, alert.crossedOn), budgetPicos, thresholdPercent),
      ),
  );
}
