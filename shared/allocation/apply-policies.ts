import type { Category } from "@apportion/domain/category";
import { clusterOf, policyNameOf, type PoolId } from "@apportion/domain/pool-id";
import type { Reasons } from "@apportion/domain/reason";
import { splitExactly } from "@apportion/domain/split";
import type { Origin } from "./cells.js";
import { type Driver, type DriverContext, driverOf } from "./drivers.js";
import type { Allocation, KeptLine, Shares, SplittingMethod } from "./line.js";
import { type BetweenServices, policyOf } from "./policy.js";
import { closedLoops, endToEnd, type ServiceWeights } from "./services.js";
import { NOBODY, type Taker, type TakerName } from "./taker.js";
import type { TeamCosts } from "./team-costs.js";

/** Cost that is split by a policy, by where it was read and what its lines are called. */
export interface Pool {
  readonly of: PoolId;
  /** As it is printed: by it pools are told apart and put in order. */
  readonly id: string;
  /** Each record type of the bill that is no usage apart, so that a team's share of tax is told from its share of a credit. By what tells them apart. */
  readonly costs: Map<string, PoolCost>;
}

export interface PoolCost extends Origin {
  readonly category: Category;
  readonly recordType: string;
  readonly amount: bigint;
}

/** A pool and the driver that splits it. */
export interface DrivenPool {
  readonly pool: Pool;
  /** Version of the policy. */
  readonly policy: string;
  readonly method: SplittingMethod;
  /** Methods before it in the ladder that had nothing to go by; none when the first one had. */
  readonly reasons: Reasons;
  readonly takers: readonly Taker[];
}

/** A pool that no method of its policy splits: it is kept apart, or nothing had anything to go by. */
export interface KeptPool {
  readonly pool: Pool;
  readonly reasons: Reasons;
}

export interface LadderQuestion {
  readonly context: DriverContext;
  /** Of the stages before. */
  readonly costs: TeamCosts;
  readonly serves: (serviceId: string) => boolean;
}

/** The first method of the pool's policy that has something to go by, from rung `start` of its ladder on. */
export function drive(
  pool: Pool,
  { context, costs, serves }: LadderQuestion,
  start: { readonly rung: number; readonly reasons: Reasons } = { rung: 0, reasons: [] },
): DrivenPool | KeptPool {
  const policy = policyOf(context.rules.policies, policyNameOf(pool.of));
  const exempt = new Set(policy.exempt);
  const reasons = [...start.reasons];
  for (const method of policy.methods.slice(start.rung)) {
    if (method.kind === "keep") return { pool, reasons };
    const driver: Driver = driverOf(context, { method, cluster: clusterOf(pool.of), exempt, costs, serves });
    if (driver.kind === "takers")
      return { pool, policy: policy.version, method, reasons, takers: driver.takers };
    reasons.push(driver.reason);
  }
  return { pool, reasons };
}

export function isDriven(result: DrivenPool | KeptPool): result is DrivenPool {
  return "takers" in result;
}

/**
 * Drives shared services that serve each other. Under `step-down` a service takes nothing of those that are closed before it;
 * under `direct` no service takes of another. Services that would only serve each other go down their ladders until one of them
 * has a taker outside, or none has a rung left.
 */
export function driveServices(pools: readonly Pool[], question: LadderQuestion): (DrivenPool | KeptPool)[] {
  const { policies } = question.context.rules;
  const { method, order } = policies.betweenServices;
  const rank = new Map(stepDownOrder(pools, order).map((id, index) => [id, index]));
  const serves =
    (pool: Pool) =>
    (taker: string): boolean => {
      const at = rank.get(taker);
      if (at === undefined || taker === pool.id || method === "direct") return false;
      return method === "reciprocal" || at > (rank.get(pool.id) ?? 0);
    };
  const rungs = new Map(pools.map((pool) => [pool.id, { rung: 0, reasons: [] as Reasons }]));
  for (;;) {
    const results = pools.map((pool) =>
      drive(pool, { ...question, serves: serves(pool) }, rungs.get(pool.id)),
    );
    const driven = results.filter(isDriven);
    const loop = closedLoops(weightsOf(driven));
    if (loop.length === 0) return results;
    for (const { pool, method: used, reasons } of driven) {
      if (!loop.includes(pool.id)) continue;
      const { methods } = policyOf(policies, policyNameOf(pool.of));
      const closed = { kind: "closed-loop", services: loop } as const;
      rungs.set(pool.id, { rung: methods.indexOf(used) + 1, reasons: [...reasons, closed] });
    }
  }
}

/** Those that are named first, in their order; then the others by id. What a day costs does not decide, or the order could flip within a month. */
function stepDownOrder(pools: readonly Pool[], order: readonly string[]): string[] {
  const rank = (id: string): number => (order.includes(id) ? order.indexOf(id) : order.length);
  return pools.map(({ id }) => id).toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/** Key of {@link NOBODY} among the others whom a service serves; teams have their ids. */
const NOBODYS = NOBODY.id;

/** What each service's takers weigh. A service that nothing drives passes nothing on: what it takes nobody takes. */
function weightsOf(driven: readonly DrivenPool[]): ServiceWeights[] {
  const ids = new Set(driven.map(({ pool }) => pool.id));
  const known = new Map<readonly Taker[], Omit<ServiceWeights, "id">>();
  return driven.map(({ pool, takers }) => {
    const weights = known.get(takers) ?? weightsAmong(takers, ids);
    known.set(takers, weights);
    return { id: pool.id, ...weights };
  });
}

function weightsAmong(takers: readonly Taker[], ids: ReadonlySet<string>): Omit<ServiceWeights, "id"> {
  const services = new Map<string, bigint>();
  const others = new Map<string, bigint>();
  for (const { kind, id, weight } of takers) {
    const isService = kind === "service" && ids.has(id);
    const of = isService ? services : others;
    const key = isService || kind === "team" ? id : NOBODYS;
    of.set(key, (of.get(key) ?? 0n) + weight);
  }
  return { services, others };
}

/** Services, each one's own cost split by its end-to-end ratios where it serves others. */
export function splitServices(
  results: readonly (DrivenPool | KeptPool)[],
  between: BetweenServices["method"],
): Allocation {
  const driven = results.filter(isDriven);
  const serving = new Set(driven.filter(({ takers }) => takers.some(({ kind }) => kind === "service")));
  if (serving.size === 0)
    return results.flatMap((each): Allocation => (isDriven(each) ? splitPool(each) : keptLines(each)));
  const { others, sharesOf } = endToEnd(weightsOf(driven));
  const takers = others.map((key): TakerName => (key === NOBODYS ? NOBODY : { kind: "team", id: key }));
  return results.flatMap((result): Allocation => {
    if (!isDriven(result)) return keptLines(result);
    if (!serving.has(result)) return splitPool(result);
    return sharesAmong(result, takers, sharesOf(driven.indexOf(result)), between === "direct" ? "" : between);
  });
}

export function splitPool(driven: DrivenPool): Shares[] {
  const { takers } = driven;
  const weights = takers.map(({ weight }) => weight);
  return sharesAmong(driven, takers, weights, "");
}

/** Splits each cost of the pool exactly among takers, who are in the order in which ties go. */
function sharesAmong(
  { pool, policy, method, reasons }: DrivenPool,
  takers: readonly TakerName[],
  weights: readonly bigint[],
  betweenServices: Shares["betweenServices"],
): Shares[] {
  const driverTotal = weights.reduce((sum, weight) => sum + weight, 0n);
  return [...pool.costs.values()].map(({ source, scope, category, recordType, amount }) => ({
    kind: "shares",
    source,
    scope,
    category,
    pool: pool.of,
    recordType,
    reasons,
    policy,
    method,
    betweenServices,
    driverTotal,
    takers,
    weights,
    amounts: splitExactly(amount, weights),
  }));
}

function keptLines({ pool, reasons }: KeptPool): KeptLine[] {
  return [...pool.costs.values()]
    .filter(({ amount }) => amount !== 0n)
    .map(({ source, scope, category, recordType, amount }) => ({
      kind: "kept",
      source,
      scope,
      category,
      owner: { kind: "unallocated" },
      pool: pool.of,
      recordType,
      reasons,
      amount,
    }));
}
