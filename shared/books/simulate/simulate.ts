import type { BetweenServices, Policies } from "@apportion/allocation/policy";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import { type MonthLine, type MonthStatements } from "@apportion/domain/statement";
import { statementsOf } from "../months/statements.js";
import { factsOf, recomputables, recomputer, toMonthLine } from "../runs/recompute.js";

/** What a team pays now and would pay, in cents. */
export interface TeamDifference {
  readonly team: string;
  readonly now: bigint;
  readonly simulated: bigint;
}

export interface Simulation {
  readonly month: BillingPeriod;
  readonly days: number;
  /** The largest change first, whichever way it goes; of equal ones the earlier id. */
  readonly teams: readonly TeamDifference[];
  readonly idle: Omit<TeamDifference, "team">;
  readonly corporate: Omit<TeamDifference, "team">;
  readonly unallocated: Omit<TeamDifference, "team">;
  readonly total: Omit<TeamDifference, "team">;
}

/**
 * A month under other policies, beside the month as it is: computed by what allocates it, from what its runs pinned, rounded as its
 * statements are. Nothing is written.
 */
export async function simulate(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  policies: Policies,
): Promise<Simulation> {
  const runs = await recomputables(clickhouse, month, policies);
  const linesNow: MonthLine[] = [];
  const linesSimulated: MonthLine[] = [];
  const asItIs = recomputer();
  const asSimulated = recomputer(() => policies);
  for await (const day of factsOf(clickhouse, runs)) {
    linesNow.push(...asItIs(day).map(toMonthLine));
    linesSimulated.push(...asSimulated(day).map(toMonthLine));
  }
  const now = statementsOf(linesNow);
  const simulated = statementsOf(linesSimulated);
  const pair = (of: (month: MonthStatements) => bigint): Omit<TeamDifference, "team"> => ({
    now: of(now),
    simulated: of(simulated),
  });
  const ids = [...new Set([...now.teams, ...simulated.teams].map(({ teamId }) => teamId))].toSorted();
  return {
    month,
    days: runs.length,
    teams: ids
      .map((team) => ({ team, ...pair((statements) => centsOf(statements, team)) }))
      .toSorted((a, b) => Number(size(b) - size(a)) || (a.team < b.team ? -1 : 1)),
    idle: pair(({ idle }) => idle.cents),
    corporate: pair(({ corporate }) => corporate.cents),
    unallocated: pair(({ unallocated }) => unallocated.cents),
    total: pair(({ cents }) => cents),
  };
}

export interface MethodComparison {
  readonly month: BillingPeriod;
  readonly methods: readonly BetweenServices["method"][];
  /** What each team pays of shared services under each method, in cents, in the order of the methods. */
  readonly teams: readonly { readonly team: string; readonly cents: readonly bigint[] }[];
  readonly idle: readonly bigint[];
  readonly corporate: readonly bigint[];
  readonly unallocated: readonly bigint[];
  readonly total: readonly bigint[];
}

const METHODS: readonly BetweenServices["method"][] = ["direct", "step-down", "reciprocal"];

/** A month by each of the methods in which services can charge each other. Nothing is written. */
export async function compareMethods(
  clickhouse: ClickHouse,
  month: BillingPeriod,
): Promise<MethodComparison> {
  const runs = await recomputables(clickhouse, month);
  const computations = METHODS.map((method) => ({
    lines: [] as MonthLine[],
    compute: recomputer((given) => ({
      ...given,
      // Each version keeps its days and its order; on days without one the last holds.
      betweenServices: [...given.betweenServices.map((each) => ({ ...each, method })), { method, order: [] }],
    })),
  }));
  for await (const day of factsOf(clickhouse, runs))
    for (const { lines, compute } of computations) lines.push(...compute(day).map(toMonthLine));
  const months = computations.map(({ lines }) => statementsOf(lines));
  const ids = [...new Set(months.flatMap(({ teams }) => teams.map(({ teamId }) => teamId)))].toSorted();
  return {
    month,
    methods: METHODS,
    teams: ids.map((team) => ({ team, cents: months.map((each) => centsOf(each, team)) })),
    idle: months.map(({ idle }) => idle.cents),
    corporate: months.map(({ corporate }) => corporate.cents),
    unallocated: months.map(({ unallocated }) => unallocated.cents),
    total: months.map(({ cents }) => cents),
  };
}

function centsOf({ teams }: MonthStatements, team: string): bigint {
  return teams.find(({ teamId }) => teamId === team)?.cents ?? 0n;
}

function size({ now, simulated }: TeamDifference): bigint {
  return simulated > now ? simulated - now : now - simulated;
}
