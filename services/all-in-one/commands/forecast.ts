import pc from "picocolors";
import { passingOf } from "@apportion/books/forecast/budget-day";
import type { Forecast, NoForecast } from "@apportion/books/forecast/forecast";
import { teamForecasts } from "@apportion/books/forecast/history";
import { COVERAGE_PERCENT } from "@apportion/books/forecast/interval";
import { readHistory } from "@apportion/books/forecast/read-history";
import { crossingsOf, dailySpend } from "@apportion/books/budgets/evaluate";
import { requireAllocated } from "@apportion/books/months/allocated";
import { settledDays, sumOf } from "@apportion/books/months/month";
import { readMonth } from "@apportion/books/months/read-month";
import { EVERYBODY } from "@apportion/books/viewer";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import {
  type BillingPeriod,
  billingPeriodOf,
  type Day,
  dayOf,
  parseBillingPeriod,
} from "@apportion/domain/period";
import { budgetFor } from "@apportion/domain/budget";
import { type Registry, type Team } from "@apportion/domain/tenancy";
import {
  methodText,
  noForecastText,
  noteText,
  passingText,
  rangeText,
} from "@apportion/reports/forecast-words";
import { amountText, dayText } from "@apportion/reports/format";
import { type CommandContext, counted, parseFlag, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";
import { unknownTeam } from "./unknown-team.js";

export interface ForecastOptions extends CommonOptions {
  readonly team?: string;
  readonly month?: string;
}

/** Of a day that is settled there is nothing to forecast, and of none nothing to forecast from. */
const nothingAhead = (settledCount: number): string =>
  settledCount === 0
    ? "no forecast: no day of this month or those before it is settled"
    : "nothing is ahead: all days of the month are settled";

/** A team's month. Amounts in picos. */
export interface TeamOutlook {
  readonly team: string;
  readonly spent: bigint;
  readonly budget: bigint | undefined;
  /** When it had reached its budget. */
  readonly passedOn: Day | undefined;
  /** Undefined where all days of the month are settled, or none at all is. */
  readonly forecast: Forecast | NoForecast | undefined;
}

/** How the month ends for each team, or for one: as alerts and reports say it. Writes nothing. */
export async function forecast(context: CommandContext, options: ForecastOptions): Promise<void> {
  const period =
    options.month === undefined
      ? billingPeriodOf(dayOf(context.now()))
      : parseFlag("--month", options.month, parseBillingPeriod);
  await withPlatform(context, options, async ({ clickhouse, registry, currency }) => {
    const teams = chosenTeams(registry, options.team);
    const client = await clickhouse();
    await requireAllocated(client, period);
    const month = await readMonth(client, period);
    const history = await readHistory(client, EVERYBODY, period, registry);
    const outlooks = teamForecasts(month, teams, { registry, history }).map((each): TeamOutlook => {
      const budget = budgetFor(each.team, period);
      const picos = budget && parsePicos(budget.amount);
      const spent = dailySpend(each.counted);
      return {
        team: each.team.id,
        spent: sumOf(each.counted),
        budget: picos,
        passedOn: picos === undefined ? undefined : crossingsOf(picos, spent, [100])[0]?.crossedOn,
        forecast: each.forecast,
      };
    });
    if (options.json) return printJson(context, asJson(period, outlooks, currency));
    const settledCount = settledDays(month, registry).length;
    for (const text of render(period, settledCount, outlooks, currency)) print(context, text);
  });
}

function chosenTeams({ teams }: Pick<Registry, "teams">, id: string | undefined): readonly Team[] {
  if (id === undefined) return teams;
  const chosen = teams.filter((team) => team.id === id);
  if (chosen.length === 0)
    throw new UsageError(
      unknownTeam(
        id,
        teams.map((team) => team.id),
      ),
    );
  return chosen;
}

interface Printed {
  /** Days of the month that are settled. */
  readonly settledCount: number;
  readonly currency: string;
}

export function render(
  period: BillingPeriod,
  settledCount: number,
  outlooks: readonly TeamOutlook[],
  currency: string,
): string[] {
  return [
    pc.bold(`${period}: ${counted(settledCount, "settled day")}, and how the month ends`),
    ...outlooks.flatMap((outlook) => ["", ...outlookLines(outlook, { settledCount, currency })]),
  ];
}

function outlookLines(
  { team, spent, budget, passedOn, forecast: found }: TeamOutlook,
  printed: Printed,
): string[] {
  const { currency } = printed;
  const of = budget === undefined ? "no budget" : `budget ${amountText(budget, currency)}`;
  const head = `${pc.bold(team)}  spent ${amountText(spent, currency)}, ${of}`;
  const passed = passedOn === undefined ? [] : [pc.red(`passed 100 % on ${dayText(passedOn)}`)];
  const isPassed = passed.length > 0 || budget === undefined || budget === 0n;
  return [
    head,
    ...[...passed, ...forecastLines(found, isPassed ? undefined : budget, printed)].map(
      (line) => `  ${line}`,
    ),
  ];
}

function forecastLines(
  found: TeamOutlook["forecast"],
  budget: bigint | undefined,
  { settledCount, currency }: Printed,
): string[] {
  if (!found) return [nothingAhead(settledCount)];
  const notes = found.notes.map((note) => pc.dim(noteText(note, currency)));
  if (found.kind === "none") return [noForecastText(found), ...notes];
  const passing = budget === undefined ? undefined : passingText(found, budget);
  return [
    `${rangeText(found, currency)} at month end`,
    ...(passing === undefined ? [] : [pc.yellow(passing)]),
    pc.dim(`by ${methodText(found)} up to ${dayText(found.asOf)}`),
    ...notes,
  ];
}

function asJson(period: BillingPeriod, outlooks: readonly TeamOutlook[], currency: string): object {
  return {
    month: period,
    currency,
    coveragePercent: COVERAGE_PERCENT,
    teams: outlooks.map(({ team, spent, budget, passedOn, forecast: found }) => ({
      team,
      spent: formatPicos(spent),
      budget: budget === undefined ? null : formatPicos(budget),
      passedOn: passedOn ?? null,
      ...(found?.kind === "forecast"
        ? { forecast: forecastAsJson(found, passedOn === undefined ? budget : undefined) }
        : { forecast: null, ...(found && { because: noForecastText(found) }) }),
      notes: found?.notes.map((note) => noteText(note, currency)) ?? [],
    })),
  };
}

function forecastAsJson(found: Forecast, budget: bigint | undefined): object {
  const { picos, low, high, method, asOf, days } = found;
  const passing = budget === undefined ? undefined : passingOf(found, budget);
  return {
    amount: formatPicos(picos),
    low: formatPicos(low),
    high: formatPicos(high),
    method,
    asOf,
    settledDays: days,
    passesBudget: passing
      ? { on: passing.on ?? null, earliest: passing.earliest ?? null, latest: passing.latest ?? null }
      : null,
  };
}
