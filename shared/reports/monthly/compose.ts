import { sumOfCents } from "@apportion/domain/cents";
import { type DailySpend, dailySpend } from "@apportion/books/budgets/evaluate";
import type { BudgetStanding } from "@apportion/books/budgets/standing";
import type { WorkloadCost } from "@apportion/books/compare/workload-costs";
import { type CostHistory, teamForecast } from "@apportion/books/forecast/history";
import type { Waiting } from "@apportion/books/ledger/gates";
import {
  centsByOwner,
  type CostLine,
  countedLines,
  daysBeforeTheBill,
  linesByTeam,
  linesOfKind,
  type MonthCosts,
  ownerOf,
  settledDays,
  sumBy,
  sumOf,
  unsettledLines,
} from "@apportion/books/months/month";
import type { BillOfMonth } from "@apportion/books/months/read-bill";
import type { Correction, LaterCorrection } from "@apportion/books/months/read-corrections";
import type { ChargedMonth } from "@apportion/books/months/read-charged-months";
import type { PostedMonth } from "@apportion/books/months/read-posted";
import type { UnitCost } from "@apportion/books/months/read-unit-costs";
import { statementsOf } from "@apportion/books/months/statements";
import { type Attribution, attributionOf } from "@apportion/domain/attribution";
import { parsePicos } from "@apportion/domain/money";
import { type BillingPeriod, type Day, daysOf } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { everyStatement, type MonthStatements, PICOS_PER_CENT, type Statement } from "@apportion/domain/statement";
import { budgetFor } from "@apportion/domain/budget";
import { type Team } from "@apportion/domain/tenancy";
import type { LargestChanges } from "../compare/largest-changes.js";
import type { Mover } from "../compare/largest-movers.js";
import { type Expectation, expectedCents } from "../forecast-words.js";
import { byCluster, type NamedCents, type TopCosts, topCosts } from "./breakdown.js";
import { isAtListPrice } from "./charging-basis.js";
import {
  type Comparison,
  type ComparedAmounts,
  compareWithPrevious,
  comparisonOf,
  sidesOf,
  type MonthsCompared,
} from "./comparison.js";
import { type DataQuality, dataQualityOf, daysWithoutData, type QualityOfMonth } from "./data-quality.js";
import { nextSteps, type PoolStep } from "./next-step.js";
import { type PoolPart, poolParts } from "./pool-parts.js";
import { type Naming, type SharedShare, sharedShares, type Splits, splitsOf } from "./shared-share.js";
import { type MonthStatus, statusOf } from "./status.js";
import { type ReportAdvice, type TeamAdvice, teamAdvice } from "./team-advice.js";
import type { TeamRow } from "./team-row.js";
import { type TrendMonth, trendOf, yearToDate, type YearToDate } from "./trend.js";
import { type UnitPrice, unitPrices } from "./unit-prices.js";
import { usedCents } from "./used.js";
import {
  type CostCentreVariance,
  costCentresOf,
  sumOfVariances,
  type Variance,
  varianceOf,
} from "./variance.js";

export interface ReportInput extends Naming {
  readonly month: MonthCosts;
  readonly previous: MonthCosts;
  /** What teams cost before the month, for forecasts. */
  readonly history: CostHistory;
  /** Undefined while the month is open. */
  readonly posted: PostedMonth | undefined;
  /** Of earlier months, posted into this one. */
  readonly corrections: readonly Correction[];
  /** Of this month, posted into later ones. */
  readonly correctedLater: readonly LaterCorrection[];
  /** By team id, what moved most since the month before; empty where there is nothing to compare with. */
  readonly changes?: ReadonlyMap<string, LargestChanges>;
  /** Ids of the teams whose own reports name their workloads, under HIPAA or PCI as they are. */
  readonly ownNames?: ReadonlySet<string>;
  /** What changed of these, with such names. */
  readonly ownChanges?: ReadonlyMap<string, LargestChanges>;
  /** Whose statements moved most since the month before. */
  readonly movers?: readonly Mover[];
  /** By owner as `ownerOf` names it, what its workloads cost in the month; absent where that could not be told. */
  readonly workloads?: ReadonlyMap<string, readonly WorkloadCost[]> | undefined;
  /** What earlier months charged, in their order. */
  readonly charged?: readonly ChargedMonth[];
  /** Of this month and the last. */
  readonly unitCosts?: readonly UnitCost[];
  /** Clusters that are on no bill. */
  readonly unbilled?: readonly string[];
  /** What the month waits for; absent once it is closed. */
  readonly waiting?: Waiting;
  /** Undefined where no bill of the month was read. */
  readonly bill: BillOfMonth | undefined;
  /** Beside those of teams for the whole month, as they stand with this month. */
  readonly otherBudgets?: readonly BudgetStanding[];
  /** By the end of the month, or by now; absent where nobody asked. */
  readonly advice?: ReportAdvice;
  /** Day on which the report is made: until the settle day an open month says that sources restate it. */
  readonly today: Day;
  readonly settleDay: number;
  readonly chargingBasis: string;
  readonly questionsTo: string;
  /** Of budgets: a percentage is never rounded up to one of them. */
  readonly thresholdsPercent: readonly number[];
}

/** What all reports of a month print. */
export interface ReportHead {
  readonly registry: Naming["registry"];
  readonly period: BillingPeriod;
  readonly currency: string;
  readonly status: MonthStatus;
  /** Last day whose costs are in the report. */
  readonly asOf: Day;
  /** Whether Kubernetes is at list price because there is no bill. */
  readonly atListPrice: boolean;
  readonly chargingBasis: string;
  readonly questionsTo: string;
  readonly thresholdsPercent: readonly number[];
}

export interface TeamReport extends ReportHead {
  readonly team: Team;
  readonly statement: Statement;
  readonly unsettledCents: bigint;
  /** Cents a month; undefined when the team has no budget. */
  readonly budgetCents: bigint | undefined;
  /** Of quarters, of years, of some costs. */
  readonly otherBudgets: readonly BudgetStanding[];
  readonly comparison: Comparison;
  /** What moved most since the month before; undefined where there is nothing to compare with. */
  readonly changes: LargestChanges | undefined;
  readonly forecast: Expectation;
  /** The statement once more by cluster; rows add up to it. */
  readonly clusters: readonly NamedCents[];
  /** Its workloads and buckets; undefined where they could not be told. */
  readonly top: TopCosts | undefined;
  readonly shared: readonly SharedShare[];
  /** Idle capacity of nodes that are the team's alone, with what is to be done. */
  readonly idle: readonly PoolStep[];
  readonly unitPrices: readonly UnitPrice[];
  readonly quality: DataQuality;
  /** What it was charged in the last twelve months, this one last. */
  readonly trend: readonly TrendMonth[];
  /** Undefined where there is nothing to advise, and nothing was accepted. */
  readonly advice: TeamAdvice | undefined;
  /** Of earlier months, charged beside the statement. */
  readonly corrections: readonly Correction[];
  readonly correctedLater: readonly LaterCorrection[];
  readonly daily: readonly DailyBar[];
  /** What counts for the budget, by day. */
  readonly counted: readonly DailySpend[];
  /** What stands in the team's own edition instead, with names that nobody else may read; undefined where it is the same. */
  readonly own: Pick<TeamReport, "changes" | "top" | "advice"> | undefined;
}

/** The report as the team itself may read it: for its leads, and for who may read names of teams under HIPAA or PCI. */
export function ownEdition(report: TeamReport): TeamReport {
  return { ...report, ...report.own };
}

/** One day of the month; no amount when it has no data. */
export interface DailyBar {
  readonly day: Day;
  readonly picos: bigint | undefined;
  readonly complete: boolean;
}

export interface FinanceSummary extends ReportHead {
  readonly statements: MonthStatements;
  /** All of the month beside the one before. */
  readonly comparison: Comparison;
  readonly teams: readonly TeamRow[];
  readonly costCentres: readonly CostCentreVariance[];
  /** Of all teams. */
  readonly teamsTotal: Variance;
  /** Of quarters, of years, of some costs, of cost centers and departments. */
  readonly otherBudgets: readonly BudgetStanding[];
  /** What is on no team's statement, beside the month before; undefined where there is nothing to compare with. */
  readonly beside: Readonly<Record<"idle" | "corporate" | "unallocated", ComparedAmounts | undefined>>;
  /** Undefined once the month is closed or over: then nothing is expected any more. */
  readonly forecast: ForecastSum | undefined;
  readonly yearToDate: YearToDate;
  /** What was charged to everybody in the last twelve months, this one last. */
  readonly trend: readonly TrendMonth[];
  /** The largest first. */
  readonly movers: readonly Mover[];
  readonly waiting: Waiting | undefined;
  readonly corrections: readonly Correction[];
  readonly correctedLater: readonly LaterCorrection[];
  readonly idle: readonly PoolStep[];
  readonly corporate: readonly PoolPart[];
  readonly unallocated: readonly PoolStep[];
  /** Exact, in picos: what the sources said, and what the lines add up to. */
  readonly collected: bigint;
  readonly allocated: bigint;
  readonly attribution: Attribution;
  readonly bill: BillOfMonth | undefined;
}

/** How an open month is expected to end for all teams. In cents. */
export interface ForecastSum {
  readonly cents: bigint;
  /** Of teams with a budget. */
  readonly budgetedCents: bigint;
  /** Teams of which nothing is forecast: of them it is what is settled. */
  readonly withoutForecast: number;
  /** Names of teams that are within their budgets and not expected to stay there, those that will be over by most first. */
  readonly expectedOver: readonly string[];
}

export interface MonthReports {
  readonly status: MonthStatus;
  readonly teams: readonly TeamReport[];
  readonly finance: FinanceSummary;
}

/** The lines of a closed month do not give what the ledger charges: nobody may be told either. */
export class NotAsPostedError extends Error {
  override readonly name = "NotAsPostedError";
  readonly code = "reports.notAsPosted";
}

/**
 * Makes the reports of a month. Undefined when nothing of the month is sealed: then there is nothing to report.
 * @throws NotAsPostedError
 */
export function composeReports(input: ReportInput): MonthReports | undefined {
  const { month, registry, currency, chargingBasis, questionsTo, thresholdsPercent } = input;
  const last = month.days.at(-1);
  if (!last) return undefined;
  const status = statusOf(month, input.posted, input.today, input.settleDay);
  const head = {
    registry,
    period: month.period,
    currency,
    status,
    asOf: last.day,
    atListPrice: isAtListPrice(month),
    chargingBasis,
    questionsTo,
    thresholdsPercent,
  };
  const statements = statementsOf(month.lines, registry.teams);
  if (input.posted) checkAsPosted(month.period, statements, input.posted);
  const known = knownOfAll(input, statements);
  const teams = statements.teams.map((statement) => teamReport(input, head, statement, known));
  return { status, teams, finance: financeSummary(input, head, { statements, teams, known }) };
}

/** What every team's report is made of: a month is gone through once, however many teams there are. */
interface KnownOfAll {
  readonly lines: ReadonlyMap<string, readonly CostLine[]>;
  readonly counted: ReadonlyMap<string, readonly CostLine[]>;
  readonly unsettled: ReadonlyMap<string, readonly CostLine[]>;
  readonly settled: readonly Day[];
  readonly splits: Splits;
  readonly compared: MonthsCompared | undefined;
  readonly quality: QualityOfMonth;
  readonly steps: ReturnType<typeof nextSteps>;
  readonly charged: readonly ChargedMonth[];
  /** By team id, what is charged beside its statement. */
  readonly corrections: ReadonlyMap<string, readonly Correction[]>;
  readonly correctedLater: ReadonlyMap<string, readonly LaterCorrection[]>;
}

function knownOfAll(input: ReportInput, statements: MonthStatements): KnownOfAll {
  const { month, previous, registry, posted, currency } = input;
  const settled = settledDays(month, registry);
  const isSettled = new Set(settled);
  return {
    lines: linesByTeam(month.lines),
    counted: linesByTeam(countedLines(month, registry)),
    unsettled: linesByTeam(posted ? [] : unsettledLines(month, registry)),
    settled,
    splits: splitsOf(month.lines, everyStatement(statements)),
    compared: compareWithPrevious(month, previous, statements, registry),
    quality: {
      withoutData: daysWithoutData(month, input.today),
      notSettled: posted ? [] : month.days.map(({ day }) => day).filter((day) => !isSettled.has(day)),
      beforeTheBill: daysBeforeTheBill(month, registry),
      unbilled: new Set(input.unbilled),
      isAllAtListPrice: isAtListPrice(month),
      quarantined: input.waiting?.quarantined ?? 0,
    },
    steps: nextSteps({ registry, currency, recommendations: input.advice?.recommendations }),
    charged: input.charged ?? [],
    corrections: linesByTeam(input.corrections),
    correctedLater: linesByTeam(input.correctedLater),
  };
}

function checkAsPosted(
  period: BillingPeriod,
  statements: MonthStatements,
  { charged }: PostedMonth,
): void {
  const reported = centsByOwner(statements);
  const differing = [...new Set([...reported.keys(), ...charged.keys()])].filter(
    (owner) => (reported.get(owner) ?? 0n) !== (charged.get(owner) ?? 0n),
  );
  if (differing.length > 0)
    throw new NotAsPostedError(
      `The allocations of ${period} do not give what was posted of ${differing.join(", ")}; run \`apportion verify --month ${period}\``,
    );
}

function teamReport(
  input: ReportInput,
  head: ReportHead,
  statement: Statement,
  known: KnownOfAll,
): TeamReport {
  const { month, registry, posted } = input;
  const { teamId } = statement;
  const configured = registry.teams.find(({ id }) => id === teamId) ?? unknownTeam(teamId);
  const asPosted = posted?.teams.get(teamId);
  const team = { ...configured, ...(asPosted && { costCenter: asPosted.costCenter }) };
  const owner = ownerOf("team", teamId);
  const own = known.lines.get(teamId) ?? [];
  const corrections = known.corrections.get(teamId) ?? [];
  const workloads = input.workloads && (input.workloads.get(owner) ?? []);
  return {
    ...head,
    team,
    statement,
    unsettledCents: roundedDivision(sumOf(known.unsettled.get(teamId) ?? []), PICOS_PER_CENT),
    budgetCents: posted ? asPosted?.budgetCents : configuredBudget(team, month.period),
    otherBudgets: (input.otherBudgets ?? []).filter(
      ({ line }) => line.owner.kind === "team" && line.owner.id === teamId,
    ),
    comparison: comparisonOf(known.compared, owner, month.period),
    changes: input.changes?.get(teamId),
    // What is posted is not expected any more.
    forecast: posted
      ? undefined
      : teamForecast(teamId, {
          period: month.period,
          settled: known.settled,
          counted: known.counted.get(teamId) ?? [],
          history: input.history,
        }),
    clusters: byCluster(own, statement),
    top: workloads && topCosts(workloads, own, statement),
    shared: sharedShares(statement, known.splits, input),
    idle: known.steps(poolParts(own.filter(isIdle), sumOfCents(statement.lines.filter(isIdle)))),
    unitPrices: unitPrices(input.unitCosts ?? [], own, month.period, input.units),
    quality: dataQualityOf(statement, own, known.quality),
    trend: trendOf(known.charged, monthOfTrend(input, statement.cents + sumOfCents(corrections)), owner),
    advice: input.advice && teamAdvice(input.advice, teamId, month.period),
    corrections,
    correctedLater: known.correctedLater.get(teamId) ?? [],
    daily: dailyBars(month, own, known.settled),
    counted: dailySpend(posted ? own : (known.counted.get(teamId) ?? [])),
    own: input.ownNames?.has(teamId)
      ? {
          changes: input.ownChanges?.get(teamId),
          top: workloads && topCosts(workloads, own, statement, teamId),
          advice: input.advice && teamAdvice(withOwnNames(input.advice), teamId, month.period),
        }
      : undefined,
  };
}

function withOwnNames(advice: ReportAdvice): ReportAdvice {
  return { ...advice, recommendations: advice.own ?? advice.recommendations };
}

function isIdle({ basis }: Pick<CostLine, "basis">): boolean {
  return basis === "idle";
}

/** The month that is reported, as the last of the chart. */
function monthOfTrend({ month, posted }: ReportInput, cents: bigint): TrendMonth {
  const isWhole = month.days.length === daysOf(month.period).length;
  return { period: month.period, cents, isClosed: posted !== undefined, isWhole };
}

function configuredBudget(team: Team, period: BillingPeriod): bigint | undefined {
  const budget = budgetFor(team, period);
  return budget && roundedDivision(parsePicos(budget.amount), PICOS_PER_CENT);
}

/** A team that has left the configuration still owes what it used. */
function unknownTeam(id: string): Team {
  return { id, name: id, costCenter: "", complianceLevel: "standard", contacts: [], budgets: [] };
}

function dailyBars(month: MonthCosts, lines: readonly CostLine[], settled: readonly Day[]): DailyBar[] {
  const whole = new Set(settled);
  const known = new Set(month.days.map(({ day }) => day));
  const sums = new Map(sumBy(lines, ({ day }) => day).map(({ key, picos }) => [key, picos]));
  return daysOf(month.period).map((day) =>
    known.has(day)
      ? { day, picos: sums.get(day) ?? 0n, complete: whole.has(day) }
      : { day, picos: undefined, complete: false },
  );
}

interface ComposedTeams {
  readonly statements: MonthStatements;
  readonly teams: readonly TeamReport[];
  readonly known: KnownOfAll;
}

function financeSummary(
  input: ReportInput,
  head: ReportHead,
  { statements, teams, known }: ComposedTeams,
): FinanceSummary {
  const { month, corrections, correctedLater, bill } = input;
  const { compared, steps } = known;
  const rows = teams.map(({ team, statement, unsettledCents, budgetCents }): TeamRow => ({
    team,
    statement,
    unsettledCents,
    budgetCents,
    compared: compared && (compared.byOwner.get(ownerOf("team", team.id)) ?? NOTHING),
  }));
  const trend = trendOf(
    known.charged,
    monthOfTrend(input, statements.cents + sumOfCents(corrections)),
    undefined,
  );
  const besideOf = (kind: "idle" | "corporate" | "unallocated"): ComparedAmounts | undefined =>
    compared && (compared.byOwner.get(ownerOf(kind, "")) ?? NOTHING);
  return {
    ...head,
    statements,
    comparison: compared
      ? { kind: "compared", ...sidesOf(compared), ...compared.total }
      : comparisonOf(compared, "", month.period),
    corrections,
    correctedLater,
    teams: rows,
    costCentres: costCentresOf(rows),
    teamsTotal: sumOfVariances(rows.map(varianceOf)),
    otherBudgets: input.otherBudgets ?? [],
    beside: { idle: besideOf("idle"), corporate: besideOf("corporate"), unallocated: besideOf("unallocated") },
    forecast: input.posted ? undefined : forecastSum(teams),
    yearToDate: yearToDate(trend, month.period),
    trend,
    movers: input.movers ?? [],
    waiting: input.waiting,
    idle: steps(poolParts(linesOfKind(month.lines, "idle"), statements.idle.cents)),
    corporate: poolParts(linesOfKind(month.lines, "corporate"), statements.corporate.cents),
    unallocated: steps(poolParts(linesOfKind(month.lines, "unallocated"), statements.unallocated.cents)),
    collected: month.days.reduce((sum, run) => sum + run.collected, 0n),
    allocated: sumOf(month.lines),
    attribution: attributionOf(month.lines),
    bill,
  };
}

const NOTHING: ComparedAmounts = { cents: 0n, before: 0n };

/** Undefined where nothing is forecast of anybody: the month is over, or too little is known. */
function forecastSum(teams: readonly TeamReport[]): ForecastSum | undefined {
  const expected = teams.map((report) => ({
    report,
    cents: expectedCents(report.forecast, usedCents(report)),
  }));
  const withoutForecast = teams.filter(({ forecast }) => forecast?.kind !== "forecast").length;
  if (withoutForecast === teams.length) return undefined;
  return {
    cents: sumOfCents(expected),
    budgetedCents: sumOfCents(expected.filter(({ report }) => report.budgetCents !== undefined)),
    withoutForecast,
    expectedOver: expected
      .flatMap(({ report, cents }) => {
        const { budgetCents, team } = report;
        return budgetCents !== undefined && cents > budgetCents && usedCents(report) <= budgetCents
          ? [{ name: team.name, over: cents - budgetCents }]
          : [];
      })
      .toSorted((a, b) => (a.over === b.over ? 0 : a.over > b.over ? -1 : 1))
      .map(({ name }) => name),
  };
}
