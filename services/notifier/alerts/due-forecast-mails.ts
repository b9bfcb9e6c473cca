import { budgetOf, budgetVersion, type ToldAlert } from "@apportion/books/budgets/evaluate";
import {
  type DueForecastAlert,
  type ExpectedSpending,
  forecastAlertsDue,
  forecastWithdrawalsDue,
} from "@apportion/books/budgets/forecast-alerts";
import { passingOf } from "@apportion/books/forecast/budget-day";
import type { Forecast } from "@apportion/books/forecast/forecast";
import { teamForecasts } from "@apportion/books/forecast/history";
import { isTrusted, type TrackRecord } from "@apportion/books/forecast/track-record";
import { type MonthCosts, sumOf } from "@apportion/books/months/month";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { type Budget, budgetFor, type Team } from "@apportion/domain/tenancy";
import { renderAlert } from "@apportion/reports/alerts/alert-mail";
import { composeAlert } from "@apportion/reports/alerts/compose";
import { renderForecastWithdrawal } from "@apportion/reports/alerts/forecast-withdrawal-mail";
import type { Mail } from "../delivery/deliver.js";
import { type AlertSetting, besides } from "./setting.js";

type Told = ReadonlyMap<string, readonly ToldAlert[]>;

/** Teams of whose budgets there is something to say, by what the advisor put on record: mostly nobody, and then no more is read. */
export function teamsWithForecastMail(
  teams: readonly Team[],
  period: BillingPeriod,
  {
    expected,
    told,
    thresholdsPercent,
  }: {
    readonly expected: ReadonlyMap<string, ExpectedSpending>;
    readonly told: Told;
    readonly thresholdsPercent: readonly number[];
  },
): Team[] {
  return teams.filter((team) => {
    const budget = budgetFor(team, period);
    const spending = expected.get(team.id);
    const ofTeam = told.get(team.id) ?? [];
    if (!budget || !spending) return false;
    return (
      forecastAlertsDue(budget, spending, thresholdsPercent, ofTeam).length > 0 ||
      forecastWithdrawalsDue(budget, spending, ofTeam).length > 0
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
  { told, record, ...setting }: AlertSetting & { readonly told: Told; readonly record: TrackRecord },
): Mail[] {
  return teamForecasts(month, teams, setting).flatMap(({ team, counted, forecast }) => {
    const budget = budgetFor(team, month.period);
    if (!budget || forecast?.kind !== "forecast" || !isTrusted(forecast, record, month.period)) return [];
    const spending = { spent: sumOf(counted), picos: forecast.picos, high: forecast.high };
    const ofTeam = told.get(team.id) ?? [];
    const due = forecastAlertsDue(budget, spending, setting.thresholdsPercent, ofTeam);
    const withdrawn = forecastWithdrawalsDue(budget, spending, ofTeam);
    const about: About = { team, budget, forecast, spent: spending.spent };
    const to = team.contacts.length > 0 ? team.contacts : setting.finance;
    return [
      ...withdrawalMails(about, withdrawn, month, setting),
      ...alertMails(about, due, month, setting),
    ].map((mail): Mail => ({ ...mail, to }));
  });
}

interface About {
  readonly team: Team;
  readonly budget: Budget;
  readonly forecast: Forecast;
  /** What counts of the month by now, in picos. */
  readonly spent: bigint;
}

function alertMails(
  { team, budget, forecast }: About,
  due: readonly DueForecastAlert[],
  month: MonthCosts,
  setting: AlertSetting,
): Omit<Mail, "to">[] {
  const highest = due.at(-1);
  const passing = highest && passingOf(forecast, thresholdOf(budget, highest.thresholdPercent));
  if (!highest || !passing) return [];
  const { period } = month;
  const about = {
    kind: "forecast-alert",
    period,
    teamId: team.id,
    spent: forecast.picos,
    budgetVersion: budgetVersion(budget),
  } as const;
  const told = (
    each: DueForecastAlert,
  ): DueForecastAlert & { readonly crossedOn: Day; readonly budgetVersion: string } => ({
    ...each,
    budgetVersion: about.budgetVersion,
    crossedOn: passingOf(forecast, thresholdOf(budget, each.thresholdPercent))?.on ?? forecast.asOf,
  });
  const alert = composeAlert(
    team,
    budget,
    { ...highest, crossedOn: forecast.asOf, alsoPassed: [], expected: { forecast, passing } },
    month,
    { ...setting, ...besides(team, period, setting), isOver: false },
  );
  const alsoTells = due.slice(0, -1).map(told);
  return [{ about: { ...about, ...told(highest), alsoTells }, rendered: renderAlert(alert) }];
}

function withdrawalMails(
  { team, budget, forecast, spent }: About,
  withdrawn: readonly ToldAlert[],
  { period }: MonthCosts,
  { currency }: AlertSetting,
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
    asOf: forecast.asOf,
    forecast,
  });
  const about = { kind: "forecast-alert-withdrawal", period, teamId: team.id } as const;
  return [{ about: { ...about, ...lowest, spent: forecast.picos, alsoTells }, rendered }];
}

function thresholdOf({ amount }: Budget, percent: number): bigint {
  return (parsePicos(amount) * BigInt(percent)) / 100n;
}
