import { parsePicos } from "@apportion/domain/money";
import type { AgreedBudget } from "@apportion/domain/budget";
import { budgetVersion, type DueAlert, lastEpisode, reaches, type ToldAlert } from "./evaluate.js";

/** What a month is expected to come to, and what counts of it by now. Amounts in picos. */
export interface ExpectedSpending {
  readonly spent: bigint;
  readonly picos: bigint;
  /** Upper end of the forecast's interval. */
  readonly high: bigint;
}

/** A threshold that a month is expected to reach: told once in each episode, until it is reached indeed, which is another alert. */
export type DueForecastAlert = Omit<DueAlert, "crossedOn">;

/** A month that changes its mind more often is left to the alerts of what was spent. */
const EPISODES_MAX = 3;

/**
 * Which thresholds the month is expected to reach that the team has not been told of. Each is told once for a version of the budget: of a new one
 * again, since it was agreed to be enough. A budget of zero is reached by the first cost there is, which needs no forecast.
 *
 * Example: 1,000 are the budget, 400 are spent and 1,100 expected: 100 % is due. At 1,000 spent it is not: that alert is of what happened.
 */
export function forecastAlertsDue(
  budget: AgreedBudget,
  { spent, picos }: ExpectedSpending,
  thresholdsPercent: readonly number[],
  told: readonly ToldAlert[],
): DueForecastAlert[] {
  const budgetPicos = parsePicos(budget.amount);
  if (budgetPicos === 0n) return [];
  return thresholdsPercent.flatMap((thresholdPercent) => {
    if (!reaches(picos, budgetPicos, thresholdPercent) || reaches(spent, budgetPicos, thresholdPercent))
      return [];
    const own = lastEpisode(told, thresholdPercent, budgetVersion(budget));
    if (own && (!own.corrected || own.episode + 1 >= EPISODES_MAX)) return [];
    return [{ thresholdPercent, episode: own ? own.episode + 1 : 0 }];
  });
}

/**
 * Forecast alerts under this version of the budget that do not hold any more: even the upper end of the interval stays below the threshold. Between
 * that and the forecast itself nothing is said, so that a forecast that wavers about the threshold is one mail and not many.
 */
export function forecastWithdrawalsDue(
  budget: AgreedBudget,
  { spent, high }: ExpectedSpending,
  told: readonly ToldAlert[],
): ToldAlert[] {
  const budgetPicos = parsePicos(budget.amount);
  const version = budgetVersion(budget);
  const thresholds = [...new Set(told.map(({ thresholdPercent }) => thresholdPercent))];
  return thresholds.flatMap((thresholdPercent) => {
    const own = lastEpisode(told, thresholdPercent, version);
    if (!own || own.corrected) return [];
    const holds =
      reaches(high, budgetPicos, thresholdPercent) || reaches(spent, budgetPicos, thresholdPercent);
    return holds ? [] : [own];
  });
}
