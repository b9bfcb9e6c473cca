import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { Registry, Team } from "@apportion/domain/tenancy";
import {
  type CostLine,
  countedLines,
  linesByTeam,
  type MonthCosts,
  settledDays,
  sumOf,
} from "../months/month.js";
import type { DailyCost } from "./daily-series.js";
import { type Forecast, forecastOf, type NoForecast } from "./forecast.js";

/** What teams cost before a month. */
export interface CostHistory {
  /** Days that are settled, in their order. */
  readonly settled: readonly Day[];
  /** Days whose costs were others when they first were whole, those of the month itself among them. */
  readonly restated: readonly Day[];
  /** By team, of settled days. */
  readonly costs: ReadonlyMap<string, readonly DailyCost[]>;
}

/** The history of who began in the month. */
export const NO_HISTORY: CostHistory = { settled: [], restated: [], costs: new Map() };

/** How a month ends for a team. */
export function teamForecast(
  teamId: string,
  {
    period,
    settled,
    counted,
    history,
  }: {
    readonly period: BillingPeriod;
    /** Of the month; see `settledDays`. */
    readonly settled: readonly Day[];
    /** The team's lines of the month that count; see `countedLines`. */
    readonly counted: readonly CostLine[];
    readonly history: CostHistory;
  },
): Forecast | NoForecast | undefined {
  return forecastOf({
    period,
    settled: [...history.settled, ...settled],
    costs: [
      ...(history.costs.get(teamId) ?? []),
      ...counted.map((line) => ({ day: line.day, picos: line.picos, line: lineOfCost(line) })),
    ],
    spent: sumOf(counted),
    restated: history.restated,
  });
}

/** A team's month: what counts of it, and how it ends. */
export interface TeamForecast {
  readonly team: Team;
  readonly counted: readonly CostLine[];
  readonly forecast: Forecast | NoForecast | undefined;
}

/** The same for several teams. */
export function teamForecasts(
  month: MonthCosts,
  teams: readonly Team[],
  { registry, history }: { readonly registry: Registry; readonly history: CostHistory },
): TeamForecast[] {
  const settled = settledDays(month, registry);
  const lines = linesByTeam(countedLines(month, registry));
  return teams.map((team) => {
    const counted = lines.get(team.id) ?? [];
    const forecast = teamForecast(team.id, { period: month.period, settled, counted, history });
    return { team, counted, forecast };
  });
}

/** Names what a cost is of, so that a fee of the calendar is known again: `corporate, AWS Support (Business)`. Empty for all of a day. */
export function lineOfCost({
  category,
  service,
  pool,
}: {
  readonly category: string;
  readonly service: string;
  readonly pool: string;
}): string {
  return [...new Set([category, pool, service])].filter((part) => part !== "").join(", ");
}
