import type { BetweenServices, Policies } from "@apportion/allocation/policy";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import type { MonthStatements } from "@apportion/domain/statement";
import { readMonthLines } from "../months/month-lines.js";
import { MonthSum } from "../months/month-sum.js";
import { statementsOf } from "../months/statements.js";
import { factsOf, recomputables, recomputer } from "../runs/recompute.js";

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
 * A month under other policies, beside the month as it is allocated: computed by what allocates it, from what its runs pinned, rounded as its
 * statements are. Nothing is written.
 */
export async function simulate(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  policies: Policies,
): Promise<Simulation> {
  const runs = await recomputables(clickhouse, month, policies);
  const asItIs = readMonthLines(
    clickhouse,
    month,
    runs.map(({ stored }) => stored.runId),
  );
  asItIs.catch(() => undefined); // it is awaited, and thrown, once the month is simulated
  const sum = new MonthSum();
  const simulateDay = recomputer(() => policies);
  for await (const day of factsOf(clickhouse, runs)) sum.add(simulateDay(day));
  const simulated = statementsOf(sum.lines());
  const now = statementsOf((await asItIs).lines);
  const pair = (of: (month: MonthStatements) => bigint): Omit<TeamDifference, "team"> => ({
    now: of(now),
    simulated: of(simulated),
  });
  const centsNow = centsByTeam(now);
  const centsSimulated = centsByTeam(simulated);
  const ids = [...new Set([...centsNow.keys(), ...centsSimulated.keys()])].toSorted();
  return {
    month,
    days: runs.length,
    teams: ids
      .map((team) => ({ team, now: centsNow.get(team) ?? 0n, simulated: centsSimulated.get(team) ?? 0n }))
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
    sum: new MonthSum(),
    compute: recomputer((given) => ({
      ...given,
      // Each version keeps its days and its order; on days without one the last holds.
      betweenServices: [...given.betweenServices.map((each) => ({ ...each, method })), { method, order: [] }],
    })),
  }));
  for await (const day of factsOf(clickhouse, runs))
    for (const { sum, compute } of computations) sum.add(compute(day));
  const months = computations.map(({ sum }) => statementsOf(sum.lines()));
  const byTeam = months.map(centsByTeam);
  const ids = [...new Set(byTeam.flatMap((each) => [...each.keys()]))].toSorted();
  return {
    month,
    methods: METHODS,
    teams: ids.map((team) => ({ team, cents: byTeam.map((each) => each.get(team) ?? 0n) })),
    idle: months.map(({ idle }) => idle.cents),
    corporate: months.map(({ corporate }) => corporate.cents),
    unallocated: months.map(({ unallocated }) => unallocated.cents),
    total: months.map(({ cents }) => cents),
  };
}

function centsByTeam({ teams }: MonthStatements): Map<string, bigint> {
  return new Map(teams.map(({ teamId, cents }) => [teamId, cents]));
}

function size({ now, simulated }: TeamDifference): bigint {
  return simulated > now ? simulated - now : now - simulated;
}
