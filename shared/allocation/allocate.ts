import { type PoolId, printPool } from "@apportion/domain/pool-id";
import { printReasons } from "@apportion/domain/reason";
import {
  drive,
  driveServices,
  isDriven,
  type LadderQuestion,
  type Pool,
  poolLines,
  serviceLines,
} from "./apply-policies.js";
import type { CostCell } from "./cells.js";
import type { DriverContext } from "./drivers.js";
import type { AllocationLine, DirectLine } from "./line.js";
import { categoryHeld, keptPoolOf, type Place, placeOf } from "./place.js";

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
export function allocate({ cells, ...context }: AllocationInput): AllocationLine[] {
  const { direct, pools } = assignOwners(cells, context);
  const question = (lines: readonly AllocationLine[]): LadderQuestion => ({
    context,
    lines,
    serves: () => false,
  });
  const withIdle = spread(direct, "idle", question(direct));
  const services = driveServices(pools, question(withIdle));
  const between = context.rules.policies.betweenServices.method;
  const withServices = [...withIdle, ...serviceLines(services, between)];
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
  lines: readonly AllocationLine[],
  kind: Exclude<PoolId["kind"], "service" | "system">,
  question: LadderQuestion,
): AllocationLine[] {
  const pools = new Map<string, Pool>();
  const idOf = (line: AllocationLine): string | undefined => {
    const kept = keptPoolOf(line);
    return kept?.kind === kind ? printPool(kept) : undefined;
  };
  for (const line of lines) {
    const kept = keptPoolOf(line);
    if (kept?.kind !== kind) continue;
    const { source, scope, amount } = line;
    const recordType = line.kind === "limit" ? "" : line.recordType;
    const category = kind === "idle" ? line.category : kind;
    addCost(poolOf(pools, kept), { source, scope, recordType, category, amount });
  }
  const driven = inOrder(pools)
    .map((pool) => drive(pool, question))
    .filter(isDriven);
  const split = new Set<string | undefined>(driven.map(({ pool }) => pool.id));
  const rest = lines.filter((line) => !split.has(idOf(line)));
  return [...rest, ...driven.flatMap((pool) => poolLines(pool))];
}

function poolOf(pools: Map<string, Pool>, of: PoolId): Pool {
  const id = printPool(of);
  const pool = pools.get(id) ?? { of, id, costs: [] };
  pools.set(id, pool);
  return pool;
}

function inOrder(pools: ReadonlyMap<string, Pool>): Pool[] {
  return [...pools.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function addCost(pool: Pool, { source, scope, category, recordType, amount }: Pool["costs"][number]): void {
  const cost = pool.costs.find(
    (each) =>
      each.source === source &&
      each.scope === scope &&
      each.category === category &&
      each.recordType === recordType,
  );
  if (cost) cost.amount += amount;
  else pool.costs.push({ source, scope, category, recordType, amount });
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
