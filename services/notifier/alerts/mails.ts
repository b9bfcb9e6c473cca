import { budgetFor, type Budget, type Registry, type Team } from "@apportion/domain/tenancy";
import {
  alertsDue,
  budgetVersion,
  correctionsDue,
  dailySpend,
  type Spending,
  type ToldAlert,
} from "../budgets/evaluate.js";
import type { SpentWhenSeen } from "../budgets/versions.js";
import {
  countedLines,
  daysBeforeTheBill,
  isComplete,
  linesOfTeam,
  type CostLine,
  type MonthCosts,
} from "../costs/month.js";
import type { Mail } from "../delivery/deliver.js";
import { composeAlert, composeCorrection } from "./compose.js";
import { renderAlert } from "./render.js";
import { renderCorrection } from "./render-correction.js";

type Naming = { readonly registry: Registry; readonly currency: string };

/** What is on record of a month's budgets, by team. */
export interface BudgetHistory {
  readonly told: ReadonlyMap<string, readonly ToldAlert[]>;
  readonly whenSeen: SpentWhenSeen;
}

/** The alerts of a month that were not delivered yet, one mail for each threshold of each team, and corrections of those that were. */
export function alertMails(
  month: MonthCosts,
  { told, whenSeen }: BudgetHistory,
  naming: Naming,
  config: { readonly finance: readonly string[]; readonly thresholdsPercent: readonly number[] },
): Mail[] {
  const counted = countedLines(month);
  return naming.registry.teams.flatMap((team) => {
    const budget = budgetFor(team, month.period);
    if (!budget) return [];
    const spending = { ...spendingOf(team, month, counted), whenSeen: whenSeen.get(team.id) ?? 0n };
    const ofTeam = told.get(team.id) ?? [];
    const to = team.contacts.length > 0 ? team.contacts : config.finance;
    return [
      ...correctionsDue(budget, spending, ofTeam).map((alert) =>
        correctionMail(team, budget, alert, month, naming, to),
      ),
      ...alertsDue(budget, spending, config.thresholdsPercent, ofTeam).map(
        ({ episode, ...crossing }): Mail => {
          const alert = composeAlert(team, budget, crossing, month, naming);
          const { period, teamId, spent } = alert;
          const about = { kind: "budget-alert", period, teamId, ...crossing, episode, spent } as const;
          return {
            about: { ...about, budgetVersion: budgetVersion(budget) },
            to,
            rendered: renderAlert(alert),
          };
        },
      ),
    ];
  });
}

function spendingOf(team: Team, month: MonthCosts, counted: readonly CostLine[]): Omit<Spending, "whenSeen"> {
  const beforeTheBill = daysBeforeTheBill(month);
  const unsettled = month.days.filter(
    (run) => !run.elapsed || !isComplete(run) || beforeTheBill.has(run.day),
  );
  return {
    counted: dailySpend(linesOfTeam(counted, team.id)),
    all: dailySpend(linesOfTeam(month.lines, team.id)),
    unsettledDays: new Set(unsettled.map((run) => run.day)),
  };
}

function correctionMail(
  team: Team,
  budget: Budget,
  told: ToldAlert,
  month: MonthCosts,
  { currency }: Naming,
  to: readonly string[],
): Mail {
  const correction = composeCorrection(team, budget, told, month, currency);
  const { thresholdPercent, crossedOn, episode, budgetVersion: version } = told;
  return {
    about: {
      kind: "budget-correction",
      period: month.period,
      teamId: team.id,
      thresholdPercent,
      budgetVersion: version,
      episode,
      crossedOn,
      spent: correction.spent,
    },
    to,
    rendered: renderCorrection(correction),
  };
}
