import { type BetweenServices, dailyMeters, type Policies } from "@apportion/allocation/policy";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { Category } from "@apportion/domain/category";
import { compareSizes } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import {
  everyStatement,
  type MonthLine,
  type MonthStatements,
  PICOS_PER_CENT,
} from "@apportion/domain/statement";
import type { Payer } from "../months/month.js";
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
  readonly moved: readonly MovedLine[];
}

/** What of a payer's statement comes out otherwise. */
interface MovedLine extends Payer {
  readonly category: Category;
  /** Empty for what is no share of a pool. */
  readonly pool: string;
  /** More than now, exact. */
  readonly picos: bigint;
}

/** What some pay more of a pool, and others less, in cents. */
export interface MovedPool extends Pick<MovedLine, "category" | "pool"> {
  readonly more: bigint;
  readonly less: bigint;
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
      .toSorted(
        (a, b) => compareSizes(a.simulated - a.now, b.simulated - b.now) || (a.team < b.team ? -1 : 1),
      ),
    idle: pair(({ idle }) => idle.cents),
    corporate: pair(({ corporate }) => corporate.cents),
    unallocated: pair(({ unallocated }) => unallocated.cents),
    total: pair(({ cents }) => cents),
    moved: movedLines(now, simulated),
  };
}

/**
 * Of which pools the lines are, what moves most first. Pools that nobody gave a policy for are among them where their shares follow what else
 * is paid.
 */
export function movedPools(lines: readonly MovedLine[]): MovedPool[] {
  const pools = new Map<string, { category: Category; pool: string; more: bigint; less: bigint }>();
  for (const { category, pool, picos } of lines) {
    const key = JSON.stringify([category, pool]);
    const own = pools.get(key) ?? { category, pool, more: 0n, less: 0n };
    own[picos > 0n ? "more" : "less"] += picos > 0n ? picos : -picos;
    pools.set(key, own);
  }
  const most = ({ more, less }: MovedPool): bigint => (more > less ? more : less);
  return [...pools.values()]
    .toSorted((a, b) => compareSizes(most(a), most(b)))
    .map(({ more, less, ...each }) => ({
      ...each,
      more: roundedDivision(more, PICOS_PER_CENT),
      less: roundedDivision(less, PICOS_PER_CENT),
    }))
    .filter(({ more, less }) => more > 0n || less > 0n);
}

function movedLines(now: MonthStatements, simulated: MonthStatements): MovedLine[] {
  const lines = new Map<string, MovedLine>();
  const add = (month: MonthStatements, sign: bigint): void => {
    for (const { ownerKind, teamId, lines: own } of everyStatement(month))
      for (const { category, pool, picos } of own) {
        const key = JSON.stringify([ownerKind, teamId, category, pool]);
        const before = lines.get(key)?.picos ?? 0n;
        lines.set(key, { ownerKind, teamId, category, pool, picos: before + sign * picos });
      }
  };
  add(now, -1n);
  add(simulated, 1n);
  return [...lines.values()].filter(({ picos }) => picos !== 0n);
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
