import { budgetFor, type Registry } from "@apportion/domain/tenancy";
import { alertsDue, budgetVersion, dailySpend, type EarlierAlert } from "../budgets/evaluate.js";
import { countedLines, linesOfTeam, type MonthCosts } from "../costs/month.js";
import type { Mail } from "../delivery/deliver.js";
import { composeAlert } from "./compose.js";
import { renderAlert } from "./render.js";

/** Rule 7 counts episodes of a threshold; a correction that re-arms one does not exist before the ledger does. */
const EPISODE = 0;

/** The alerts of a month that were not delivered yet: one mail for each threshold of each team. */
export function alertMails(
  month: MonthCosts,
  delivered: ReadonlyMap<string, readonly EarlierAlert[]>,
  naming: { readonly registry: Registry; readonly currency: string },
  config: { readonly finance: readonly string[]; readonly thresholdsPercent: readonly number[] },
): Mail[] {
  const counted = countedLines(month);
  return naming.registry.teams.flatMap((team) => {
    const budget = budgetFor(team, month.period);
    if (!budget) return [];
    const daily = dailySpend(linesOfTeam(counted, team.id));
    return alertsDue(budget, daily, config.thresholdsPercent, delivered.get(team.id) ?? []).map(
      (crossing): Mail => ({
        about: {
          kind: "budget-alert",
          period: month.period,
          teamId: team.id,
          thresholdPercent: crossing.thresholdPercent,
          budgetVersion: budgetVersion(budget),
          episode: EPISODE,
          crossedOn: crossing.crossedOn,
        },
        to: team.contacts.length > 0 ? team.contacts : config.finance,
        rendered: renderAlert(composeAlert(team, budget, crossing, month, naming)),
      }),
    );
  });
}
