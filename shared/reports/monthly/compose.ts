import { type CostHistory, teamForecast } from "@apportion/books/forecast/history";
import {
  type CostLine,
  countedLines,
  linesOfKind,
  linesOfTeam,
  type MonthCosts,
  ownerOf,
  settledDays,
  sumOf,
  unsettledLines,
} from "@apportion/books/months/month";
import type { BillOfMonth } from "@apportion/books/months/read-bill";
import type { Correction, LaterCorrection } from "@apportion/books/months/read-corrections";
import type { PostedMonth } from "@apportion/books/months/read-posted";
import { statementsOf } from "@apportion/books/months/statements";
import { type Attribution, attributionOf } from "@apportion/domain/attribution";
import { parsePicos } from "@apportion/domain/money";
import { type BillingPeriod, type Day, daysOf, previousBillingPeriod } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { type MonthStatements, PICOS_PER_CENT, type Statement } from "@apportion/domain/statement";
import { budgetFor, type Team } from "@apportion/domain/tenancy";
import type { LargestChanges } from "../compare/largest-changes.js";
import type { Expectation } from "../forecast-words.js";
import { isAtListPrice } from "./charging-basis.js";
import { type PoolPart, poolParts } from "./pool-parts.js";
import { type ReportAdvice, type TeamAdvice, teamAdvice } from "./team-advice.js";
import { type Naming, type SharedShare, sharedShares } from "./shared-share.js";
import { type MonthStatus, statusOf } from "./status.js";

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
  /** Undefined where no bill of the month was read. */
  readonly bill: BillOfMonth | undefined;
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
  readonly comparison: Comparison;
  /** What moved most since the month before; undefined where there is nothing to compare with. */
  readonly changes: LargestChanges | undefined;
  readonly forecast: Expectation;
  readonly shared: readonly SharedShare[];
  /** Undefined where there is nothing to advise, and nothing was accepted. */
  readonly advice: TeamAdvice | undefined;
  /** Of earlier months, charged beside the statement. */
  readonly corrections: readonly Correction[];
  readonly correctedLater: readonly LaterCorrection[];
  readonly daily: readonly DailyBar[];
}

/** One day of the month; no amount when it has no data. */
export interface DailyBar {
  readonly day: Day;
  readonly picos: bigint | undefined;
  readonly complete: boolean;
}

export type Comparison =
  | { readonly kind: "none"; readonly period: BillingPeriod }
  | {
      readonly kind: "compared";
      readonly period: BillingPeriod;
      readonly cents: bigint;
      /** The previous month's days up to this one are compared, while the month is not over. */
      readonly throughDay: number | undefined;
      /** Days of the previous month without data: then like is not compared with like. */
      readonly daysWithoutData: number;
    };

export interface FinanceSummary extends ReportHead {
  readonly statements: MonthStatements;
  readonly teams: readonly TeamRow[];
  readonly corrections: readonly Correction[];
  readonly correctedLater: readonly LaterCorrection[];
  readonly idle: readonly PoolPart[];
  readonly corporate: readonly PoolPart[];
  readonly unallocated: readonly PoolPart[];
  /** Exact, in picos: what the sources said, and what the lines add up to. */
  readonly collected: bigint;
  readonly allocated: bigint;
  readonly attribution: Attribution;
  readonly bill: BillOfMonth | undefined;
}

export interface TeamRow {
  readonly team: Team;
  readonly statement: Statement;
  /** Of the statement, what is not settled yet: budgets are measured without it, here as in alerts. Nothing once a month is posted. */
  readonly unsettledCents: bigint;
  readonly budgetCents: bigint | undefined;
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
  const standing = {
    settled: settledDays(month, registry),
    counted: countedLines(month, registry),
    unsettled: input.posted ? [] : unsettledLines(month, registry),
  };
  const teams = statements.teams.map((statement) => teamReport(input, head, statement, standing));
  return { status, teams, finance: financeSummary(input, head, statements, teams) };
}

function checkAsPosted(
  period: BillingPeriod,
  { teams, idle, corporate, unallocated }: MonthStatements,
  { charged }: PostedMonth,
): void {
  const reported = new Map(
    [...teams, idle, corporate, unallocated].map((each) => [
      ownerOf(each.ownerKind, each.teamId),
      each.cents,
    ]),
  );
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
  { settled, counted, unsettled }: Standing,
): TeamReport {
  const { month, registry } = input;
  const configured =
    registry.teams.find((each) => each.id === statement.teamId) ?? unknownTeam(statement.teamId);
  const posted = input.posted?.teams.get(configured.id);
  const team = { ...configured, ...(posted && { costCenter: posted.costCenter }) };
  const own = linesOfTeam(month.lines, team.id);
  const isOwn = ({ ownerKind, teamId }: Pick<Correction, "ownerKind" | "teamId">): boolean =>
    ownerKind === "team" && teamId === team.id;
  return {
    ...head,
    team,
    statement,
    unsettledCents: roundedDivision(sumOf(linesOfTeam(unsettled, team.id)), PICOS_PER_CENT),
    budgetCents: input.posted ? posted?.budgetCents : configuredBudget(team, month.period),
    comparison: compare(input, team.id),
    changes: input.changes?.get(team.id),
    // What is posted is not expected any more.
    forecast: input.posted
      ? undefined
      : teamForecast(team.id, {
          period: month.period,
          settled,
          counted: linesOfTeam(counted, team.id),
          history: input.history,
        }),
    shared: sharedShares(statement, month.lines, input),
    advice: input.advice && teamAdvice(input.advice, team.id, month.period),
    corrections: input.corrections.filter(isOwn),
    correctedLater: input.correctedLater.filter(isOwn),
    daily: dailyBars(month, own, settled),
  };
}

/** Which costs of a month are settled, and which are not. */
interface Standing {
  readonly settled: readonly Day[];
  readonly counted: readonly CostLine[];
  readonly unsettled: readonly CostLine[];
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
  const runs = new Map(month.days.map((run) => [run.day, run]));
  return daysOf(month.period).map((day) => {
    const run = runs.get(day);
    if (!run) return { day, picos: undefined, complete: false };
    const picos = sumOf(lines.filter((line) => line.day === day));
    return { day, picos, complete: whole.has(day) };
  });
}

/** A month that is not over is compared with the same days of the previous one. */
function compare({ month, previous }: ReportInput, teamId: string): Comparison {
  const period = previousBillingPeriod(month.period);
  if (previous.days.length === 0) return { kind: "none", period };
  const asOf = month.days.at(-1)?.day;
  const over = asOf === daysOf(month.period).at(-1);
  const throughDay = over || asOf === undefined ? undefined : Number(asOf.slice(8));
  const isCompared = (day: Day): boolean => throughDay === undefined || Number(day.slice(8)) <= throughDay;
  const days = daysOf(period).filter(isCompared);
  const withData = new Set(previous.days.map((run) => run.day));
  const cents = over
    ? statementsOf(previous.lines).teams.find((statement) => statement.teamId === teamId)?.cents
    : roundedDivision(
        sumOf(linesOfTeam(previous.lines, teamId).filter((line) => isCompared(line.day))),
        PICOS_PER_CENT,
      );
  const daysWithoutData = days.filter((day) => !withData.has(day)).length;
  return { kind: "compared", period, cents: cents ?? 0n, throughDay, daysWithoutData };
}

function financeSummary(
  { month, corrections, correctedLater, bill }: ReportInput,
  head: ReportHead,
  statements: MonthStatements,
  teams: readonly TeamReport[],
): FinanceSummary {
  return {
    ...head,
    statements,
    corrections,
    correctedLater,
    teams: teams.map(({ team, statement, unsettledCents, budgetCents }) => ({
      team,
      statement,
      unsettledCents,
      budgetCents,
    })),
    idle: poolParts(linesOfKind(month.lines, "idle"), statements.idle.cents),
    corporate: poolParts(linesOfKind(month.lines, "corporate"), statements.corporate.cents),
    unallocated: poolParts(linesOfKind(month.lines, "unallocated"), statements.unallocated.cents),
    collected: month.days.reduce((sum, run) => sum + run.collected, 0n),
    allocated: sumOf(month.lines),
    attribution: attributionOf(month.lines),
    bill,
  };
}
