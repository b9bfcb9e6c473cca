import { splitExactly } from "@apportion/domain/split";
import type { AllocationLine, Category, LineOwner, Origin } from "./allocate.js";
import { driverOf, type Driver, type DriverContext, type Taker } from "./drivers.js";
import { DEFAULT_WINDOW, policyOf, type BetweenServices, type Method, type PoliciesOfDay } from "./policy.js";
import { closedLoops, endToEnd, type ServiceWeights } from "./services.js";

/** Cost that is split by a policy, by where it was read and what its lines are called. */
export interface Pool {
  /** Id of the shared service, `system/<cluster>`, `idle/<cluster>`, `idle/<cluster>/<node pool>`, `unallocated`, `unused-commitment` or `corporate`. */
  readonly id: string;
  /** Under which name policies know it: the id without its cluster. */
  readonly policyId: string;
  /** Cluster of a system or idle pool; else empty. */
  readonly cluster: string;
  /** Pool of the nodes of an idle pool; else empty. */
  readonly nodePool: string;
  /** Each record type of the bill that is no usage apart, so that a team's share of tax is told from its share of a credit. */
  readonly costs: (Origin & { readonly category: Category; readonly recordType: string; amount: bigint })[];
}

/** A pool and the driver that splits it. */
export interface DrivenPool {
  readonly pool: Pool;
  /** Version of the policy. */
  readonly policy: string;
  readonly method: Method;
  /** Methods before it in the ladder that had nothing to go by; empty when the first one had. */
  readonly reason: string;
  readonly takers: readonly Taker[];
}

/** A pool that no method of its policy splits: it is kept apart, or nothing had anything to go by. */
export interface KeptPool {
  readonly pool: Pool;
  readonly reason: string;
}

export interface LadderQuestion {
  readonly policies: PoliciesOfDay;
  readonly context: DriverContext;
  readonly lines: readonly AllocationLine[];
  readonly serves: (serviceId: string) => boolean;
}

/** The first method of the pool's policy that has something to go by, from rung `start` of its ladder on. */
export function drive(
  pool: Pool,
  { policies, context, lines, serves }: LadderQuestion,
  start: { readonly rung: number; readonly reasons: readonly string[] } = { rung: 0, reasons: [] },
): DrivenPool | KeptPool {
  const policy = policyOf(policies, pool.policyId);
  const exempt = new Set(policy.exempt);
  const reasons = [...start.reasons];
  for (const method of policy.methods.slice(start.rung)) {
    const driver: Driver = driverOf(context, { method, cluster: pool.cluster, exempt, lines, serves });
    const reason = reasons.join(", ");
    if (driver.kind === "takers")
      return { pool, policy: policy.version, method, reason, takers: driver.takers };
    if (driver.kind === "keep") return { pool, reason };
    reasons.push(driver.reason);
  }
  return { pool, reason: reasons.join(", ") };
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
  const { method, order } = question.policies.betweenServices;
  const ranked = stepDownOrder(pools, order);
  const serves =
    (pool: Pool) =>
    (taker: string): boolean => {
      const at = ranked.indexOf(taker);
      if (at === -1 || taker === pool.id || method === "direct") return false;
      return method === "reciprocal" || at > ranked.indexOf(pool.id);
    };
  const rungs = new Map(pools.map((pool) => [pool.id, { rung: 0, reasons: [] as readonly string[] }]));
  for (;;) {
    const results = pools.map((pool) =>
      drive(pool, { ...question, serves: serves(pool) }, rungs.get(pool.id)),
    );
    const driven = results.filter(isDriven);
    const loop = closedLoops(weightsOf(driven));
    if (loop.length === 0) return results;
    for (const { pool, method: used, reason } of driven) {
      if (!loop.includes(pool.id)) continue;
      const { methods } = policyOf(question.policies, pool.policyId);
      const reasons = [...(reason === "" ? [] : [reason]), `closed-loop-of-${loop.join("-and-")}`];
      rungs.set(pool.id, { rung: methods.indexOf(used) + 1, reasons });
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
  return results.flatMap((result) => {
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
  { pool, policy, method, reason: fallback, takers }: DrivenPool,
  betweenServices: AllocationLine["betweenServices"] = "",
): AllocationLine[] {
  const driverTotal = takers.reduce((sum, { weight }) => sum + weight, 0n);
  return pool.costs.flatMap((cost) => {
    const amounts = splitExactly(
      cost.amount,
      takers.map(({ weight }) => weight),
    );
    return takers.flatMap((taker, index): AllocationLine[] => {
      const amount = amounts[index] ?? 0n;
      if (amount === 0n) return [];
      const owned = taker.kind === "team";
      const owner: LineOwner = owned ? { kind: "team", teamId: taker.id } : { kind: "unallocated" };
      return [
        {
          ...baseLine(pool, cost, owner, amount),
          method: method.kind === "keep" ? "" : method.kind,
          reason: owned ? fallback : "usage-without-owner",
          policy,
          meter: meterOf(method),
          usageWindow: method.kind === "usage" ? (method.window ?? DEFAULT_WINDOW) : "",
          betweenServices,
          driverQuantity: taker.weight,
          driverTotal,
        },
      ];
    });
  });
}

/** `mlflow.runs`, `mlflow.runs 70 % + mlflow.run-hours 30 %`, `gpu-cost`. */
function meterOf(method: Method): string {
  if (method.kind === "proportional") return method.to === "direct" ? "" : `${method.to}-cost`;
  if (method.kind !== "usage") return "";
  const [only, ...more] = method.meters;
  if (only && more.length === 0) return only.meter;
  return method.meters.map(({ meter, percent }) => `${meter} ${percent} %`).join(" + ");
}

function keptLines({ pool, reason }: KeptPool): AllocationLine[] {
  return pool.costs
    .filter((cost) => cost.amount !== 0n)
    .map((cost) => ({
      ...baseLine(pool, cost, { kind: "unallocated" }, cost.amount),
      reason,
    }));
}

function baseLine(
  pool: Pool,
  { source, scope, category, recordType }: Pool["costs"][number],
  owner: LineOwner,
  amount: bigint,
): AllocationLine {
  return {
    source,
    scope,
    cluster: pool.cluster,
    namespace: "",
    nodePool: pool.nodePool,
    service: "",
    recordType,
    label: "",
    category,
    owner,
    basis: "shared",
    pool: pool.id,
    policy: "",
    method: "",
    reason: "",
    meter: "",
    usageWindow: "",
    betweenServices: "",
    driverQuantity: 0n,
    driverTotal: 0n,
    amount,
  };
}
