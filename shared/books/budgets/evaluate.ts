import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import type { AgreedBudget } from "@apportion/domain/budget";

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

/** A budget alert as it is to be sent: a threshold is told once in each episode. */
export interface DueAlert extends Crossing {
  /** Counts how often the threshold was taken back under the same budget. */
  readonly episode: number;
}

/** A budget alert that was delivered for the same team and month. */
export interface ToldAlert extends DueAlert {
  readonly budgetVersion: string;
  /** What the mail said was spent, in picos. */
  readonly spent: bigint;
  /** Whether it was taken back. */
  readonly corrected: boolean;
}

/** What a team has spent of a month, by day. */
export interface Spending {
  /** What counts for budgets. */
  readonly counted: readonly DailySpend[];
  /** With what is held back until the readings of its day are there. */
  readonly all: readonly DailySpend[];
  /** What was spent, in picos, when the version of the budget was first looked at. */
  readonly whenSeen: bigint;
  /** Days whose costs are not whole yet: still running, with a reading missing, or before the bill. */
  readonly unsettledDays: ReadonlySet<Day>;
}

/**
 * Names a version of a budget: `2026-11@1200.00`. The month alone would not do, since an amount can be corrected in the
 * configuration without its month; 1200 and 1200.00 are the same. Of other budgets than those of a team for whole months their line
 * comes first: `department/ml/year/:2026-01@90000.00`.
 */
export function budgetVersion({ line, from, amount }: AgreedBudget): string {
  const [whole = "", cents = ""] = amount.split(".");
  return `${line === undefined ? "" : `${line}:`}${from}@${BigInt(whole)}.${cents.padEnd(2, "0")}`;
}

/** What the name of a version says; the names of cost centers may have any sign in them. */
const VERSION = /^(?:(?<line>.*):)?(?<from>[^:@]*)@(?<amount>[^@]*)$/s;

/** The amount of a version, in picos. */
export function budgetOf(version: string): bigint {
  return parsePicos(VERSION.exec(version)?.groups?.["amount"] ?? version);
}

/** Which of an owner's budgets a version is of; undefined for the one of a team for whole months. */
export function lineOf(version: string): string | undefined {
  return VERSION.exec(version)?.groups?.["line"];
}

/** The first month of a version. */
export function startOf(version: string): string {
  return VERSION.exec(version)?.groups?.["from"] ?? "";
}

export function dailySpend(lines: readonly { readonly day: Day; readonly picos: bigint }[]): DailySpend[] {
  const byDay = new Map<Day, bigint>();
  for (const { day, picos } of lines) byDay.set(day, (byDay.get(day) ?? 0n) + picos);
  return [...byDay].map(([day, picos]) => ({ day, picos })).toSorted((a, b) => (a.day < b.day ? -1 : 1));
}

/**
 * The thresholds that the spending of a month, or of another span, has reached, each with the first day on which it had. Looks at the days and not at
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
export function reaches(spentPicos: bigint, budgetPicos: bigint, percent: number): boolean {
  return spentPicos > 0n && spentPicos * 100n >= budgetPicos * BigInt(percent);
}

/**
 * Which crossings the team has not been told of, or was told of and the mail was corrected since: then it is another episode.
 * Of a threshold that some days reached, and that all of them together no longer do, nothing is told: a credit, a refund or a cap took
 * it back before anybody heard of it, and a mail would say that more is used than is.
 * A threshold is told once for a version of the budget. A new version re-arms only the thresholds that are above what was spent when
 * it came: the new amount put those out of reach again. Of one that it leaves reached the team knows, if it was ever told.
 *
 * Example: 500, 505 and -185 of 1,000 are seen at once: of the 820 80 % is due, passed on the second day, and neither 90 nor 100 %. 80 % of
 * 1,000 was told, and the budget becomes 2,000. If it comes at 820, 80 % is told again at 1,600; if it comes at 1,700,
 * the next to be told is 90 % at 1,800.
 */
export function alertsDue(
  budget: AgreedBudget,
  { counted, whenSeen }: Pick<Spending, "counted" | "whenSeen">,
  thresholdsPercent: readonly number[],
  told: readonly ToldAlert[],
): DueAlert[] {
  const version = budgetVersion(budget);
  const budgetPicos = parsePicos(budget.amount);
  const spent = counted.reduce((sum, { picos }) => sum + picos, 0n);
  return crossingsOf(budgetPicos, counted, thresholdsPercent).flatMap((crossing) => {
    if (!reaches(spent, budgetPicos, crossing.thresholdPercent)) return [];
    if (standingAlert(budget, whenSeen, crossing.thresholdPercent, told)) return [];
    const own = lastEpisode(told, crossing.thresholdPercent, version);
    return [{ ...crossing, episode: own ? own.episode + 1 : 0 }];
  });
}

/**
 * Alerts that do not hold any more: the days up to the one on which spending passed the threshold were restated, and the month has
 * not reached it since. Each is corrected once. A dip proves nothing while one of those days is not whole, nor while costs that are
 * held back could make up for it.
 *
 * Example: 80 % of 1,000 was told at 820; the 5th is restated by -100. At 720 the alert is corrected; at 810 it still holds.
 */
export function withdrawalsDue(
  budget: AgreedBudget,
  { counted, all, whenSeen, unsettledDays }: Spending,
  told: readonly ToldAlert[],
): ToldAlert[] {
  const budgetPicos = parsePicos(budget.amount);
  const thresholds = [...new Set(told.map(({ thresholdPercent }) => thresholdPercent))];
  return thresholds.flatMap((thresholdPercent) => {
    const alert = standingAlert(budget, whenSeen, thresholdPercent, told);
    if (!alert || isReached(budgetPicos, counted, thresholdPercent)) return [];
    if (isReached(budgetPicos, all, thresholdPercent)) return [];
    return [...unsettledDays].some((day) => day <= alert.crossedOn) ? [] : [alert];
  });
}

/** The alert by which the team knows that it has reached a threshold of its budget; undefined when it is to be told once it does. */
function standingAlert(
  budget: AgreedBudget,
  whenSeen: bigint,
  thresholdPercent: number,
  told: readonly ToldAlert[],
): ToldAlert | undefined {
  const own = lastEpisode(told, thresholdPercent, budgetVersion(budget));
  const last = own ?? told.findLast((alert) => alert.thresholdPercent === thresholdPercent);
  if (!last || last.corrected) return undefined;
  const holds = own || reaches(whenSeen, parsePicos(budget.amount), thresholdPercent);
  return holds ? last : undefined;
}

/** What the team was told last of a threshold under a version of the budget. */
export function lastEpisode(
  told: readonly ToldAlert[],
  thresholdPercent: number,
  version: string,
): ToldAlert | undefined {
  return told
    .filter((alert) => alert.thresholdPercent === thresholdPercent && alert.budgetVersion === version)
    .toSorted((a, b) => a.episode - b.episode)
    .at(-1);
}

function isReached(budgetPicos: bigint, daily: readonly DailySpend[], thresholdPercent: number): boolean {
  return crossingsOf(budgetPicos, daily, [thresholdPercent]).length > 0;
}
