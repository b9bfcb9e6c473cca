import type { Category } from "@apportion/domain/category";
import { clusterOf, policyNameOf, type PoolId } from "@apportion/domain/pool-id";
import type { Reasons } from "@apportion/domain/reason";
import { splitExactly } from "@apportion/domain/split";
import type { Origin } from "./cells.js";
import { type Driver, type DriverContext, driverOf, type Taker } from "./drivers.js";
import type { AllocationLine, KeptLine, LineOwner, SplitLine, SplittingMethod } from "./line.js";
import { type BetweenServices, policyOf } from "./policy.js";
import { closedLoops, endToEnd, type ServiceWeights } from "./services.js";

/** Cost that is split by a policy, by where it was read and what its lines are called. */
export interface Pool {
  readonly of: PoolId;
  /** As it is printed: by it pools are told apart and put in order. */
  readonly id: string;
  /** Each record type of the bill that is no usage apart, so that a team's share of tax is told from its share of a credit. */
  readonly costs: (Origin & { readonly category: Category; readonly recordType: string; amount: bigint })[];
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
  readonly lines: readonly AllocationLine[];
  readonly serves: (serviceId: string) => boolean;
}

/** The first method of the pool's policy that has something to go by, from rung `start` of its ladder on. */
export function drive(
  pool: Pool,
  { context, lines, serves }: LadderQuestion,
  start: { readonly rung: number; readonly reasons: Reasons } = { rung: 0, reasons: [] },
): DrivenPool | KeptPool {
  const policy = policyOf(context.rules.policies, policyNameOf(pool.of));
  const exempt = new Set(policy.exempt);
  const reasons = [...start.reasons];
  for (const method of policy.methods.slice(start.rung)) {
    if (method.kind === "keep") return { pool, reasons };
    const driver: Driver = driverOf(context, { method, cluster: clusterOf(pool.of), exempt, lines, serves });
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
  const ranked = stepDownOrder(pools, order);
  const serves =
    (pool: Pool) =>
    (taker: string): boolean => {
      const at = ranked.indexOf(taker);
      if (at === -1 || taker === pool.id || method === "direct") return false;
      return method === "reciprocal" || at > ranked.indexOf(pool.id);
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

const NOBODY = "nobody/";

/** What each service's takers weigh. A service that nothing drives passes nothing on: what it takes nobody takes. */
function weightsOf(driven: readonly DrivenPool[]): ServiceWeights[] {
  const ids = new Set(driven.map(({ pool }) => pool.id));
  return driven.map(({ pool, takers }) => {
    const services = new Map<string, bigint>();
    const others = new Map<string, bigint>();
    for (const { kind, id, weight } of takers) {
      const isService = kind === "service" && ids.has(id);
      const key = isService ? id : kind === "service" ? NOBODY : `${kind}/${id}`;
      const of = isService ? services : others;
      of.set(key, (of.get(key) ?? 0n) + weight);
    }
    return { id: pool.id, services, others };
  });
}

/** The lines of services, each service's own cost by its end-to-end ratios where it serves others. */
export function serviceLines(
  results: readonly (DrivenPool | KeptPool)[],
  between: BetweenServices["method"],
): AllocationLine[] {
  const driven = results.filter(isDriven);
  const serving = driven.some(({ takers }) => takers.some(({ kind }) => kind === "service"));
  const ratios = serving ? endToEnd(weightsOf(driven)) : new Map<string, Map<string, bigint>>();
  return results.flatMap((result): readonly AllocationLine[] => {
    if (!isDriven(result)) return keptLines(result);
    if (!result.takers.some(({ kind }) => kind === "service")) return poolLines(result);
    const takers = [...(ratios.get(result.pool.id) ?? [])].map(([key, weight]): Taker =>
      key === NOBODY
        ? { kind: "nobody", id: "", weight }
        : { kind: "team", id: key.slice("team/".length), weight },
    );
    return poolLines({ ...result, takers }, between === "direct" ? "" : between);
  });
}

/** Splits each cost of the pool exactly among its takers, who are in the order in which ties go. */
export function poolLines(
  { pool, policy, method, reasons, takers }: DrivenPool,
  betweenServices: SplitLine["betweenServices"] = "",
): SplitLine[] {
  const driverTotal = takers.reduce((sum, { weight }) => sum + weight, 0n);
  return pool.costs.flatMap(({ source, scope, category, recordType, amount: cost }) => {
    const amounts = splitExactly(
      cost,
      takers.map(({ weight }) => weight),
    );
    return takers.flatMap((taker, index): SplitLine[] => {
      const amount = amounts[index] ?? 0n;
      if (amount === 0n) return [];
      const isOwned = taker.kind === "team";
      const owner: LineOwner = isOwned ? { kind: "team", teamId: taker.id } : { kind: "unallocated" };
      return [
        {
          kind: "split",
          source,
          scope,
          category,
          owner,
          pool: pool.of,
          recordType,
          reasons: isOwned ? reasons : USAGE_WITHOUT_OWNER,
          policy,
          method,
          betweenServices,
          driverQuantity: taker.weight,
          driverTotal,
          amount,
        },
      ];
    });
  });
}

const USAGE_WITHOUT_OWNER: Reasons = [{ kind: "usage-without-owner" }];

function keptLines({ pool, reasons }: KeptPool): KeptLine[] {
  return pool.costs
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
