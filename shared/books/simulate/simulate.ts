import { type BetweenServices, dailyMeters, type Policies } from "@apportion/allocation/policy";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { MonthLine, MonthStatements } from "@apportion/domain/statement";
import { readMonthLines } from "../months/month-lines.js";
import { MonthSum } from "../months/month-sum.js";
import { statementsOf } from "../months/statements.js";
import {
  type GivenPolicies,
  mergedPolicies,
  type ReplacedPolicy,
  replacedPolicies,
} from "./merged-policies.js";
import {
  cellsOf,
  type Recomputable,
  type RecomputableDay,
  recomputables,
  recomputer,
} from "../runs/recompute.js";

/** What a team pays now and would pay, in cents. */
export interface TeamDifference {
  readonly team: string;
  readonly now: bigint;
  readonly simulated: bigint;
}

export interface Simulation {
  readonly month: BillingPeriod;
  readonly days: number;
  /** First day on which the given policies hold; absent where it is the whole month. */
  readonly from?: Day;
  readonly replaced: readonly ReplacedPolicy[];
  /** The largest change first, whichever way it goes; of equal ones the earlier id. */
  readonly teams: readonly TeamDifference[];
  readonly idle: Omit<TeamDifference, "team">;
  readonly corporate: Omit<TeamDifference, "team">;
  readonly unallocated: Omit<TeamDifference, "team">;
  readonly total: Omit<TeamDifference, "team">;
}

/** A month with all that its runs started from: read once, it is simulated as often as somebody asks. */
export interface MonthToSimulate {
  readonly month: BillingPeriod;
  readonly days: readonly RecomputableDay[];
  /** As it is allocated. */
  readonly now: MonthStatements;
  /** What its runs were made under: one unless a rule was changed in the month. */
  readonly inForce: readonly Policies[];
  /** Meters whose use is known of single days. */
  readonly meters: ReadonlySet<string>;
}

/** @param policies of which some count the use of single days, beside those that are in force */
export async function readMonthToSimulate(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  policies?: Policies,
): Promise<MonthToSimulate> {
  const runs = await recomputables(clickhouse, month, policies);
  const runIds = runs.map(({ stored }) => stored.runId);
  const [{ lines }, days] = await Promise.all([
    readMonthLines(clickhouse, month, runIds),
    allDays(clickhouse, runs),
  ]);
  const inForce = [...new Set(runs.map(({ rules }) => rules.policies))];
  const meters = new Set([...(policies ? [policies] : []), ...inForce].flatMap(dailyMeters));
  return { month, days, now: statementsOf(lines), inForce, meters };
}

/** As {@link simulateMonth}, once. */
export async function simulate(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  given: GivenPolicies,
): Promise<Simulation> {
  return simulateMonth(await readMonthToSimulate(clickhouse, month, given.policies), given);
}

/**
 * A month under other policies, beside the month as it is allocated: computed by what allocates it, from what its runs pinned, rounded as its
 * statements are. The given policies hold beside those of the runs, for the pools that they name. Nothing is read and nothing written.
 * @throws RangeError when they count the use of single days of a meter that was read by the month
 */
export function simulateMonth(read: MonthToSimulate, given: GivenPolicies): Simulation {
  const { month, days, now, inForce, meters } = read;
  const unknown = dailyMeters(given.policies).find((meter) => !meters.has(meter));
  if (unknown !== undefined)
    throw new RangeError(`The month was read without the use of ${unknown} on single days`);
  const merged = new Map(inForce.map((policies) => [policies, mergedPolicies(policies, given)]));
  const simulated = statementsOf(sumOf(days, (policies) => merged.get(policies) ?? policies));
  const pair = (of: (month: MonthStatements) => bigint): Omit<TeamDifference, "team"> => ({
    now: of(now),
    simulated: of(simulated),
  });
  const centsNow = centsByTeam(now);
  const centsSimulated = centsByTeam(simulated);
  const ids = [...new Set([...centsNow.keys(), ...centsSimulated.keys()])].toSorted();
  return {
    month,
    days: days.length,
    ...(given.from && { from: given.from }),
    replaced: replacedPolicies(inForce, [...merged.values()], given, month),
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
  const days = await allDays(clickhouse, runs);
  const months = METHODS.map((method) =>
    statementsOf(
      sumOf(days, (given) => ({
        ...given,
        // Each version keeps its days and its order; on days without one the last holds.
        betweenServices: [
          ...given.betweenServices.map((each) => ({ ...each, method })),
          { method, order: [] },
        ],
      })),
    ),
  );
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

async function allDays(clickhouse: ClickHouse, runs: readonly Recomputable[]): Promise<RecomputableDay[]> {
  const days: RecomputableDay[] = [];
  for await (const day of cellsOf(clickhouse, runs)) days.push(day);
  return days;
}

function sumOf(days: readonly RecomputableDay[], policiesOf: (given: Policies) => Policies): MonthLine[] {
  const sum = new MonthSum();
  const compute = recomputer(policiesOf);
  for (const day of days) sum.add(compute(day));
  return sum.lines();
}

function centsByTeam({ teams }: MonthStatements): Map<string, bigint> {
  return new Map(teams.map(({ teamId, cents }) => [teamId, cents]));
}

function size({ now, simulated }: TeamDifference): bigint {
  return simulated > now ? simulated - now : now - simulated;
}
