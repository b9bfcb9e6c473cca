/** Days of a season: costs of a platform follow the working week. */
export const SEASON_DAYS = 7;
/** What a run rate is the mean of. */
export const RUN_RATE_DAYS = 4 * SEASON_DAYS;

/** Continues a series of days without gaps, the oldest first, by so many days. Amounts in units of the currency. */
export type Continue = (days: readonly number[], ahead: number) => number[];

/**
 * Each day costs what the same weekday cost last: ŷ(T+h) = y(T+h−7(k+1)), k the whole weeks in h−1.
 * Source: Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2, seasonal naive method.
 */
export const seasonalNaive: Continue = (days, ahead) => {
  const season = days.slice(-SEASON_DAYS);
  return Array.from({ length: ahead }, (_, step) => season[step % season.length] ?? 0);
};

/**
 * Each day costs the mean of its weekday in the last four weeks: ŷ(T+h) = (y(t) + y(t−7) + y(t−14) + y(t−21)) ÷ 4, t the last day of that
 * weekday. Over whole weeks it is the mean of 28 days. Of less than a week, the mean of what is there.
 * Source: Forecasting: Principles and Practice, 3rd ed., 5.2, mean method, over a window and for each season.
 */
export const runRate: Continue = (days, ahead) => {
  const recent = days.slice(-RUN_RATE_DAYS);
  const means = Array.from({ length: SEASON_DAYS }, (_, weekday) =>
    meanOf(
      recent.filter((_day, index) => (recent.length - index - 1) % SEASON_DAYS === SEASON_DAYS - 1 - weekday),
    ),
  );
  const isShort = recent.length < SEASON_DAYS;
  return Array.from({ length: ahead }, (_, step) =>
    isShort ? meanOf(recent) : (means[step % SEASON_DAYS] ?? 0),
  );
};

export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
