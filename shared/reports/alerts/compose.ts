import { budgetOf, type Crossing, type DailySpend, dailySpend, type ToldAlert } from "@apportion/books/budgets/evaluate";
import type { Passing } from "@apportion/books/forecast/budget-day";
import type { Forecast } from "@apportion/books/forecast/forecast";
import { type CostHistory, teamForecast } from "@apportion/books/forecast/history";
import {
  type CostLine,
  countedLines,
  daysBeforeTheBill,
  isComplete,
  linesOfTeam,
  type MonthCosts,
  settledDays,
  sumBy,
  sumOf,
  unsettledLines,
} from "@apportion/books/months/month";
import { statementsOf } from "@apportion/books/months/statements";
import { categoryName } from "@apportion/domain/category";
import { parsePicos } from "@apportion/domain/money";
import { type BillingPeriod, type Day, daysOf, previousBillingPeriod } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import type { AgreedBudget } from "@apportion/domain/budget";
import type { BudgetIncrease, Registry, Team } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import type { Expectation } from "../forecast-words.js";
import type { LargestChanges } from "../compare/largest-changes.js";
import type { TeamAdvice } from "../monthly/team-advice.js";
import { usedCents } from "../monthly/used.js";
import { atBillPrice, isRateVariance } from "./at-bill-price.js";
import { type Driver, driverOf } from "./driver.js";

/** What a budget alert says. Made of sealed data, so that each attempt to send it in a month says the same. Amounts in picos. */
export interface Alert {
  readonly teamId: string;
  readonly teamName: string;
  readonly period: BillingPeriod;
  readonly currency: string;
  readonly thresholdPercent: number;
  /** All that are configured: the percentage is never rounded up to one of them. */
  readonly thresholdsPercent: readonly number[];
  readonly budget: bigint;
  /** What of the budget was added for this month alone. */
  readonly increases: readonly BudgetIncrease[];
  /** Of a forecast alert the last settled day: nothing has happened yet. */
  readonly crossedOn: Day;
  /** Of a forecast alert: when the threshold is expected to be passed. */
  readonly expected?: ExpectedPassing;
  /** Lower thresholds that are told with it, the lowest first. */
  readonly alsoPassed: readonly Crossing[];
  /** Last day whose costs are in `spent`. */
  readonly asOf: Day;
  /** What counts for the budget: what is settled. */
  readonly spent: bigint;
  /** The same by day. */
  readonly counted: readonly DailySpend[];
  /** What does not count yet: of `waitingDays` and `daysBeforeTheBill`. */
  readonly unsettled: bigint;
  /** Days of the month after `asOf`. */
  readonly daysLeft: number;
  /** Whether the month is over, so that its budget is past. */
  readonly isOver: boolean;
  readonly forecast: Expectation;
  /** What costs most, Kubernetes at the bill's price where that is known. */
  readonly biggest: readonly AlertLine[];
  /** What is not among the biggest. */
  readonly rest: bigint;
  /** Whether Kubernetes costs are named at the bill's price: a statement has the difference from list price on a line of its own. */
  readonly atBillPrice: boolean;
  readonly driver: Driver | undefined;
  /** What the month before came to, where it is known whole. */
  readonly lastMonth: bigint | undefined;
  /** What moved most against the same days of the month before; undefined where that was not compared. */
  readonly changes: LargestChanges | undefined;
  /** What would save most; undefined where nothing would, or nobody asked. */
  readonly advice: TeamAdvice | undefined;
  /** Names pools in words. */
  readonly registry: Pick<Registry, "sharedServices">;
  /** Days whose shared costs wait for readings. */
  readonly waitingDays: readonly Day[];
  /** Days whose Kubernetes and shared costs wait for the bill. */
  readonly daysBeforeTheBill: readonly Day[];
  /** Nobody of the team is known, so finance receives the mail. */
  readonly withoutContacts: boolean;
}

/** A threshold that is expected to be passed. Amounts in picos. */
export interface ExpectedPassing {
  readonly forecast: Forecast;
  /** Of the threshold. */
  readonly passing: Passing;
}

export interface AlertLine {
  readonly name: string;
  readonly category: string;
  readonly picos: bigint;
}

const BIGGEST_LINES = 3;

/** What the team's report of the moment says is used, in picos. */
function asReported({ id }: Team, { lines }: MonthCosts, unsettled: bigint): bigint | undefined {
  const statement = statementsOf(lines).teams.find(({ teamId }) => teamId === id);
  const unsettledCents = roundedDivision(unsettled, PICOS_PER_CENT);
  return statement && usedCents({ statement, unsettledCents }) * PICOS_PER_CENT;
}

export function composeAlert(
  team: Team,
  budget: AgreedBudget,
  crossing: Crossing & Pick<Alert, "alsoPassed" | "expected">,
  month: MonthCosts,
  setting: { readonly registry: Registry; readonly history: CostHistory } & Pick<
    Alert,
    "currency" | "isOver" | "thresholdsPercent"
  > &
    Partial<Pick<Alert, "changes" | "advice">>,
): Alert {
  const { registry, history, currency, isOver, thresholdsPercent } = setting;
  const counted = countedLines(month, registry);
  const settled = settledDays(month, registry);
  const lines = linesOfTeam(counted, team.id);
  const asOf = dailySpend(counted).at(-1)?.day ?? crossing.crossedOn;
  const beforeTheBill = daysBeforeTheBill(month, registry);
  const named = atBillPrice(lines)
    .filter((line) => !isRateVariance(line))
    .map((line) => ({ ...line, key: nameOf(line, registry) }));
  const categories = new Map(named.map((line) => [line.key, line.category]));
  const biggest = sumBy(named, (line) => line.key)
    .filter(({ picos }) => picos > 0n)
    .slice(0, BIGGEST_LINES)
    .map(({ key, picos }) => ({ name: key, category: categories.get(key) ?? "", picos }));
  const unsettled = sumOf(linesOfTeam(unsettledLines(month, registry), team.id));
  const exact = sumOf(lines);
  return {
    teamId: team.id,
    teamName: team.name,
    period: month.period,
    currency,
    thresholdPercent: crossing.thresholdPercent,
    thresholdsPercent,
    budget: parsePicos(budget.amount),
    increases: budget.increases ?? [],
    crossedOn: crossing.crossedOn,
    ...(crossing.expected && { expected: crossing.expected }),
    alsoPassed: crossing.alsoPassed,
    asOf,
    spent: asReported(team, month, unsettled) ?? exact,
    counted: dailySpend(lines),
    unsettled,
    isOver,
    daysLeft: daysOf(month.period).filter((day) => day > asOf).length,
    forecast: teamForecast(team.id, { period: month.period, settled, counted: lines, history }),
    biggest,
    rest: exact - sumOf(biggest),
    atBillPrice: lines.some(isRateVariance),
    lastMonth: lastMonthOf(history, team.id, month.period),
    changes: setting.changes,
    advice: setting.advice,
    registry,
    driver: driverOf(named, settled, crossing.crossedOn),
    waitingDays: month.days
      .filter((run) => !isComplete(run) && !beforeTheBill.has(run.day))
      .map((run) => run.day),
    daysBeforeTheBill: [...beforeTheBill],
    withoutContacts: team.contacts.length === 0,
  };
}

/** Undefined where a day of it is not settled. */
function lastMonthOf(history: CostHistory, teamId: string, period: BillingPeriod): bigint | undefined {
  const before = previousBillingPeriod(period);
  const settled = history.settled.filter((day) => day.startsWith(before));
  if (settled.length < daysOf(before).length) return undefined;
  const costs = history.costs.get(teamId) ?? [];
  return sumOf(costs.filter(({ day }) => day.startsWith(before)));
}

/** What a correction of a budget alert says. Amounts in picos. */
export interface AlertWithdrawal {
  readonly teamName: string;
  readonly period: BillingPeriod;
  /** Where it is no budget of a month for all costs: `Q4 2026`, `Q4 2026 compute budget`. */
  readonly named?: { readonly span: string; readonly budget: string };
  readonly currency: string;
  /** The lowest that is not reached. */
  readonly thresholdPercent: number;
  readonly thresholdsPercent: readonly number[];
  /** What the alerts said, of the lowest threshold first. */
  readonly said: readonly SaidOfThreshold[];
  /** What is true now. */
  readonly budget: bigint;
  readonly spent: bigint;
  readonly asOf: Day;
}

interface SaidOfThreshold {
  readonly thresholdPercent: number;
  readonly budget: bigint;
  readonly crossedOn: Day;
  readonly spent: bigint;
}

/** What takes back a forecast alert says. Amounts in picos. */
export interface ForecastWithdrawal extends Omit<AlertWithdrawal, "thresholdsPercent"> {
  /** What is expected now; undefined for a month that is over and settled. */
  readonly forecast: Forecast | undefined;
}

/** @param told of the lowest threshold first */
export function composeWithdrawal(
  team: Team,
  budget: AgreedBudget,
  told: readonly [ToldAlert, ...ToldAlert[]],
  month: MonthCosts,
  {
    registry,
    currency,
    thresholdsPercent,
  }: { readonly registry: Registry } & Pick<Alert, "currency" | "thresholdsPercent">,
): AlertWithdrawal {
  const counted = countedLines(month, registry);
  const [{ thresholdPercent, crossedOn }] = told;
  return {
    teamName: team.name,
    period: month.period,
    currency,
    thresholdPercent,
    thresholdsPercent,
    said: told.map((each) => ({ ...each, budget: budgetOf(each.budgetVersion) })),
    budget: parsePicos(budget.amount),
    spent: sumOf(linesOfTeam(counted, team.id)),
    asOf: dailySpend(counted).at(-1)?.day ?? crossedOn,
  };
}

/** `pci-eu-1`, or `shared-eu-1/hipaa` for a pool of nodes */
function placeOf({ cluster, nodePool }: CostLine): string {
  return nodePool === "" ? cluster : `${cluster}/${nodePool}`;
}

/** `GPU in team-search`, `MLflow`, `Idle GPU of shared-eu-1/hipaa`, `S3 storage` */
function nameOf(line: CostLine, registry: Registry): string {
  if (line.basis === "shared") return lineName(line, registry);
  const category = categoryName(line.category);
  if (line.basis === "idle") return `${category} of ${placeOf(line)}`;
  return line.namespace === "" ? category : `${category} in ${line.namespace}`;
}
