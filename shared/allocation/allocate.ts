import { type PoolId, printPool } from "@apportion/domain/pool-id";
import { printReasons } from "@apportion/domain/reason";
import {
  drive,
  driveServices,
  isDriven,
  type LadderQuestion,
  type Pool,
  type PoolCost,
  splitPool,
  splitServices,
} from "./apply-policies.js";
import type { CostCell } from "./cells.js";
import type { DriverContext } from "./drivers.js";
import type { Allocation, DirectLine, Shares } from "./line.js";
import { categoryHeld, keptPoolOf, type Place, placeOf } from "./place.js";
import { teamCosts } from "./team-costs.js";

export interface AllocationInput extends DriverContext {
  readonly cells: readonly CostCell[];
}

/**
 * Says for one day who owes what. Pure: the same facts and rules give the same lines in the same order.
 *
 * Every picodollar of the cells is in exactly one line. A dollar goes to the team that owns its namespace, label or bucket
 * tag; to a pool that the teams share; to idle; to the company; or, where nobody claims it, to "unallocated". Pools are split in
 * this order, each by what is there then: idle, shared services and system namespaces (which may serve each other),
 * unallocated, unused commitments, corporate. What no policy splits is shown and not spread.
 */
export function allocate({ cells, ...context }: AllocationInput): Allocation {
  const { direct, pools } = assignOwners(cells, context);
  const question = (before: Allocation): LadderQuestion => ({
    context,
    costs: teamCosts(before),
    serves: () => false,
  });
  const withIdle = spread(direct, "idle", question(direct));
  const services = driveServices(pools, question(withIdle));
  const between = context.rules.policies.betweenServices.method;
  const withServices = [...withIdle, ...splitServices(services, between)];
  const withUnallocated = spread(withServices, "unallocated", question(withServices));
  const withCommitments = spread(withUnallocated, "unused-commitment", question(withUnallocated));
  return spread(withCommitments, "corporate", question(withCommitments));
}

/** What each cell is before any policy: a line, or part of the pool of a shared service or of system namespaces. */
function assignOwners(
  cells: readonly CostCell[],
  { rules }: DriverContext,
): { direct: DirectLine[]; pools: Pool[] } {
  const direct: DirectLine[] = [];
  const pools = new Map<string, Pool>();
  // A service that costs nothing of its own on the day uses the others all the same.
  for (const { id } of rules.registry.sharedServices) poolOf(pools, { kind: "service", id });
  for (const cell of cells) {
    const place = placeOf(cell, rules);
    const { source, scope } = cell;
    for (const { category, amount } of cell.parts) {
      if (amount === 0n) continue;
      if (place.kind === "held") direct.push(directLine(cell, place, category, amount));
      else addCost(poolOf(pools, place.pool), { source, scope, recordType: "", category: "shared", amount });
    }
  }
  return { direct: mergeLines(direct), pools: inOrder(pools) };
}

/** Splits what lies on the lines of such a pool, where a policy says how; otherwise they stay as they are. */
function spread(
  before: Allocation,
  kind: Exclude<PoolId["kind"], "service" | "system">,
  question: LadderQuestion,
): Allocation {
  const pools = new Map<string, Pool>();
  const isKept = (pool: PoolId | undefined): pool is PoolId => pool?.kind === kind;
  for (const item of before) {
    const kept = keptPoolOf(item);
    if (!isKept(kept)) continue;
    const { source, scope } = item;
    const recordType = item.kind === "limit" ? "" : item.recordType;
    const category = item.kind !== "shares" && kind === "idle" ? item.category : kind;
    const amount = item.kind === "shares" ? unowned(item) : item.amount;
    if (amount !== 0n) addCost(poolOf(pools, kept), { source, scope, recordType, category, amount });
  }
  const driven = inOrder(pools)
    .map((pool) => drive(pool, question))
    .filter(isDriven);
  const taken = new Set(driven.map(({ pool }) => pool.id));
  const rest = before.flatMap((item): Allocation => {
    const kept = keptPoolOf(item);
    if (!isKept(kept) || !taken.has(printPool(kept))) return [item];
    return item.kind === "shares" ? [withoutUnowned(item)] : [];
  });
  return [...rest, ...driven.flatMap((pool) => splitPool(pool))];
}

/** What of a split is no team's. */
function unowned({ takers, amounts }: Shares): bigint {
  return amounts.reduce((sum, amount, index) => (takers[index]?.kind === "team" ? sum : sum + amount), 0n);
}

function withoutUnowned(split: Shares): Shares {
  const { takers, amounts } = split;
  return {
    ...split,
    amounts: amounts.map((amount, index) => (takers[index]?.kind === "team" ? amount : 0n)),
  };
}

function poolOf(pools: Map<string, Pool>, of: PoolId): Pool {
  const id = printPool(of);
  const pool = pools.get(id) ?? { of, id, costs: new Map() };
  pools.set(id, pool);
  return pool;
}

function inOrder(pools: ReadonlyMap<string, Pool>): Pool[] {
  return [...pools.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function addCost({ costs }: Pool, cost: PoolCost): void {
  const { source, scope, category, recordType, amount } = cost;
  const key = JSON.stringify([source, scope, category, recordType]);
  const same = costs.get(key);
  costs.set(key, same ? { ...same, amount: same.amount + amount } : cost);
}

/** Field by field: a month has as many lines as that a spread of objects would be felt. */
function directLine(
  cell: CostCell,
  place: Extract<Place, { readonly kind: "held" }>,
  category: DirectLine["category"],
  amount: bigint,
): DirectLine {
  const line: DirectLine = {
    kind: "direct",
    source: cell.source,
    scope: cell.scope,
    cluster: cell.cluster,
    namespace: cell.namespace,
    nodePool: place.nodePool,
    service: cell.service,
    recordType: place.recordType,
    label: place.label,
    category: categoryHeld(place, category),
    owner: place.owner,
    basis: place.basis,
    amount,
  };
  return place.reason === undefined ? line : { ...line, reason: place.reason };
}

/** Adds up lines that differ in nothing but the amount, and puts them in an order that does not depend on the cells'. */
function mergeLines(lines: readonly DirectLine[]): DirectLine[] {
  const merged = new Map<string, DirectLine>();
  for (const line of lines) {
    const key = directKey(line);
    const same = merged.get(key);
    merged.set(key, same ? { ...same, amount: same.amount + line.amount } : line);
  }
  return [...merged]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => line)
    .filter((line) => line.amount !== 0n);
}

function directKey({
  source,
  scope,
  cluster,
  namespace,
  nodePool,
  service,
  recordType,
  label,
  category,
  owner,
  basis,
  reason,
}: DirectLine): string {
  const teamId = owner.kind === "team" ? owner.teamId : "";
  const place = [source, scope, cluster, namespace, nodePool, service, recordType, label];
  const why = reason === undefined ? "" : printReasons([reason]);
  return JSON.stringify([...place, owner.kind, teamId, basis, category, why]);
}
