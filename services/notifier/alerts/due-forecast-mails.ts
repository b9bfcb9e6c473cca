import { budgetOf, budgetVersion, dailySpend, type ToldAlert } from "@apportion/books/budgets/evaluate";
import {
  type DueForecastAlert,
  type ExpectedSpending,
  forecastAlertsDue,
  forecastWithdrawalsDue,
} from "@apportion/books/budgets/forecast-alerts";
import { passingOf } from "@apportion/books/forecast/budget-day";
import type { Forecast } from "@apportion/books/forecast/forecast";
import { type TeamForecast, teamForecasts } from "@apportion/books/forecast/history";
import { isTrusted, type TrackRecord } from "@apportion/books/forecast/track-record";
import { type MonthCosts, settledDays, sumOf } from "@apportion/books/months/month";
import { parsePicos } from "@apportion/domain/money";
import { billingPeriodOf, type BillingPeriod, type Day, daysOf, firstDayOf } from "@apportion/domain/period";
import { type AgreedBudget, budgetFor } from "@apportion/domain/budget";
import { type Team } from "@apportion/domain/tenancy";
import { renderAlert } from "@apportion/reports/alerts/alert-mail";
import { composeAlert } from "@apportion/reports/alerts/compose";
import { renderForecastWithdrawal } from "@apportion/reports/alerts/forecast-withdrawal-mail";
import type { Mail } from "../delivery/deliver.js";
import { recipientsOf } from "../delivery/recipients.js";
import { type AlertSetting, besides } from "./setting.js";

type Told = ReadonlyMap<string, readonly ToldAlert[]>;

interface ForecastSetting extends AlertSetting {
  readonly told: Told;
  readonly record: TrackRecord;
  /** From the lowest to the highest; `thresholdsPercent` are all that percentages are not rounded up to. */
  readonly forecastThresholdsPercent: readonly number[];
}

/** What is due, and whose forecasts are not trusted that far ahead, so that nothing is said of them. */
interface ForecastMails {
  readonly mails: readonly Mail[];
  readonly heldBack: readonly string[];
}

/**
 * Teams of whose budgets there may be something to say, by what the advisor put on record: mostly nobody, and then no more is read. Of a month that
 * is over no forecast is made any more, but what was said of it may have to be taken back.
 */
export function teamsWithForecastMail(
  teams: readonly Team[],
  period: BillingPeriod,
  {
    expected,
    told,
    today,
    thresholdsPercent,
  }: {
    readonly expected: ReadonlyMap<string, ExpectedSpending>;
    readonly told: Told;
    readonly today: Day;
    readonly thresholdsPercent: readonly number[];
  },
): Team[] {
  const isOver = billingPeriodOf(today) > period;
  return teams.filter((team) => {
    const budget = budgetFor(team, period);
    const ofTeam = told.get(team.id) ?? [];
    if (!budget) return false;
    if (isOver) return ofTeam.some(({ corrected }) => !corrected);
    const spending = expected.get(team.id);
    return (
      spending !== undefined &&
      (forecastAlertsDue(budget, spending, thresholdsPercent, ofTeam).length > 0 ||
        forecastWithdrawalsDue(budget, spending, ofTeam).length > 0)
    );
  });
}

/**
 * The forecast alerts of a month that were not delivered yet, and what takes back those that do not hold, one mail each for a team. A forecast that
 * cannot be trusted that far ahead rouses nobody, and takes nothing back.
 */
export function forecastMails(
  month: MonthCosts,
  teams: readonly Team[],
  setting: ForecastSetting,
): ForecastMails {
  const isSettled = settledDays(month, setting.registry).length === daysOf(month.period).length;
  const heldBack: string[] = [];
  const mails = teamForecasts(month, teams, setting).flatMap((of): Mail[] => {
    const budget = budgetFor(of.team, month.period);
    if (!budget) return [];
    const outlook = outlookOf(of, month, { ...setting, isSettled });
    if (!outlook) {
      heldBack.push(of.team.id);
      return [];
    }
    const about: About = { ...outlook, team: of.team, budget, counted: of.counted };
    const ofTeam = setting.told.get(of.team.id) ?? [];
    const to = recipientsOf(of.team, setting.finance);
    return [
      ...withdrawalMails(about, forecastWithdrawalsDue(budget, outlook, ofTeam), month, setting),
      ...newAlertMails(about, ofTeam, month, setting),
    ].map((mail): Mail => ({ ...mail, to }));
  });
  return { mails, heldBack };
}

interface Outlook extends ExpectedSpending {
  /** Undefined for a month that is over and settled: then what is expected is what was spent. */
  readonly forecast: Forecast | undefined;
}

function outlookOf(
  { team, counted, forecast }: TeamForecast,
  { period }: MonthCosts,
  { record, isSettled }: { readonly record: TrackRecord; readonly isSettled: boolean },
): Outlook | undefined {
  const spent = sumOf(counted);
  if (isSettled) return { spent, picos: spent, high: spent, forecast: undefined };
  // Before the month's first settled day there is nothing to show of it, and a forecast of last month's days alone.
  if (forecast?.kind !== "forecast" || forecast.asOf < firstDayOf(period)) return undefined;
  if (!isTrusted(forecast, record, { period, teamId: team.id })) return undefined;
  return { spent, picos: forecast.picos, high: forecast.high, forecast };
}

interface About extends Outlook, Pick<TeamForecast, "team" | "counted"> {
  readonly budget: AgreedBudget;
}

function newAlertMails(
  { team, budget, forecast, ...outlook }: About,
  ofTeam: readonly ToldAlert[],
  month: MonthCosts,
  setting: ForecastSetting,
): Omit<Mail, "to">[] {
  const { period } = month;
  if (!forecast || billingPeriodOf(setting.today) > period) return [];
  const due = forecastAlertsDue(budget, outlook, setting.forecastThresholdsPercent, ofTeam);
  const version = budgetVersion(budget);
  const passing = (percent: number): ReturnType<typeof passingOf> =>
    passingOf(forecast, (parsePicos(budget.amount) * BigInt(percent)) / 100n);
  const told = due.map((each: DueForecastAlert) => ({
    ...each,
    budgetVersion: version,
    crossedOn: passing(each.thresholdPercent)?.on ?? forecast.asOf,
  }));
  const highest = told.at(-1);
  const expected = highest && passing(highest.thresholdPercent);
  if (!highest || !expected) return [];
  const alsoTells = told.slice(0, -1);
  const alert = composeAlert(
    team,
    budget,
    {
      ...highest,
      crossedOn: forecast.asOf,
      alsoPassed: alsoTells,
      expected: { forecast, passing: expected },
    },
    month,
    { ...setting, ...besides(team, period, setting), isOver: false },
  );
  const about = { kind: "forecast-alert", period, teamId: team.id, spent: forecast.picos } as const;
  return [{ about: { ...about, ...highest, alsoTells }, rendered: renderAlert(alert) }];
}

function withdrawalMails(
  { team, budget, forecast, spent, picos, counted }: About,
  withdrawn: readonly ToldAlert[],
  { period }: MonthCosts,
  { currency }: ForecastSetting,
): Omit<Mail, "to">[] {
  const [lowest, ...alsoTells] = withdrawn.toSorted((a, b) => a.thresholdPercent - b.thresholdPercent);
  if (!lowest) return [];
  const rendered = renderForecastWithdrawal({
    teamName: team.name,
    period,
    currency,
    thresholdPercent: lowest.thresholdPercent,
    said: [lowest, ...alsoTells].map((each) => ({ ...each, budget: budgetOf(each.budgetVersion) })),
    budget: parsePicos(budget.amount),
    spent,
    asOf: dailySpend(counted).at(-1)?.day ?? lowest.crossedOn,
    forecast,
  });
  const about = { kind: "forecast-alert-withdrawal", period, teamId: team.id } as const;
  return [{ about: { ...about, ...lowest, spent: picos, alsoTells }, rendered }];
}
