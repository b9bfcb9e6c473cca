import { splitExactly } from "@apportion/domain/split";
import type { Owner, Subject } from "@apportion/domain/tenancy";
import type { AllocationInput, AllocationLine, LineOwner, Origin } from "./allocate.js";
import { DEFAULT_METHODS, type Method } from "./policy.js";

/** Cost that teams share, by where it was read. */
export interface Pool {
  readonly id: string;
  readonly kind: Owner["kind"];
  /** Cluster of a system pool. */
  readonly cluster: string;
  readonly costs: (Origin & { amount: bigint })[];
}

/** What each taker weighs. An empty team id stands for usage that nobody owns: its share stays unallocated. */
type Weights = ReadonlyMap<string, bigint>;

type Driver =
  | { readonly kind: "weights"; readonly weights: Weights }
  /** The method has nothing to go by; `reason` is recorded on every line that the fallback makes. */
  | { readonly kind: "none"; readonly reason: string };

const ONE = 10n ** 12n;
const NOBODY = "";

/** Splits the cost of a pool by the first method of its policy that has something to go by. */
export function splitPool(
  pool: Pool,
  direct: readonly AllocationLine[],
  input: AllocationInput,
  resolve: (subject: Subject) => Owner | undefined,
): AllocationLine[] {
  const policyId = pool.kind === "system" ? "system" : pool.id;
  const methods = input.policies.find((policy) => policy.pool === policyId)?.methods ?? DEFAULT_METHODS;
  const reasons: string[] = [];
  for (const method of methods) {
    const driver = driverOf(method, pool, direct, input, resolve);
    if (driver.kind === "weights") return linesOf(pool, method, driver.weights, reasons.join(", "));
    reasons.push(driver.reason);
  }
  return unallocated(pool, reasons.join(", "));
}

function driverOf(
  method: Method,
  pool: Pool,
  direct: readonly AllocationLine[],
  input: AllocationInput,
  resolve: (subject: Subject) => Owner | undefined,
): Driver {
  switch (method.kind) {
    case "usage":
      return usageDriver(method.meter, input, resolve);
    case "proportional":
      return directCostDriver(pool, direct);
    case "even":
      return weighted(new Map(input.registry.teams.map((team) => [team.id, ONE])), "no-teams");
  }
}

function usageDriver(
  meter: string,
  input: AllocationInput,
  resolve: (subject: Subject) => Owner | undefined,
): Driver {
  if (input.metersWithoutReading.has(meter)) return { kind: "none", reason: `no-reading-of-${meter}` };
  const weights = new Map<string, bigint>();
  for (const cell of input.usage) {
    if (cell.meter !== meter) continue;
    const owner = resolve({
      cluster: "",
      namespace: cell.namespace,
      controller: "",
      teamLabel: cell.teamLabel,
      service: "",
    });
    addWeight(weights, owner?.kind === "team" ? owner.id : NOBODY, cell.quantity);
  }
  return weighted(weights, `no-usage-of-${meter}`);
}

/** A team whose credits exceed its costs weighs nothing: a negative weight would pay it out of the pool. */
function directCostDriver(pool: Pool, direct: readonly AllocationLine[]): Driver {
  const weights = new Map<string, bigint>();
  for (const line of direct) {
    const counts = line.basis === "direct" && (pool.kind !== "system" || line.cluster === pool.cluster);
    if (counts && line.owner.kind === "team") addWeight(weights, line.owner.teamId, line.amount);
  }
  return weighted(weights, pool.kind === "system" ? `no-direct-cost-on-${pool.cluster}` : "no-direct-cost");
}

function addWeight(weights: Map<string, bigint>, teamId: string, weight: bigint): void {
  weights.set(teamId, (weights.get(teamId) ?? 0n) + weight);
}

function weighted(weights: Weights, reasonIfNone: string): Driver {
  const positive = [...weights].filter(([, weight]) => weight > 0n);
  if (positive.length === 0) return { kind: "none", reason: reasonIfNone };
  return { kind: "weights", weights: new Map(positive) };
}

/** Takers in the order of their ids, nobody last: of equal remainders the earlier one takes the last unit. */
function linesOf(pool: Pool, method: Method, weights: Weights, fallbackReason: string): AllocationLine[] {
  const takers = [...weights].toSorted(([a], [b]) => (a === NOBODY ? 1 : b === NOBODY ? -1 : a < b ? -1 : 1));
  const driverTotal = takers.reduce((sum, [, weight]) => sum + weight, 0n);
  return pool.costs.flatMap((cost) => {
    const amounts = splitExactly(
      cost.amount,
      takers.map(([, weight]) => weight),
    );
    return takers.flatMap(([teamId, driverQuantity], index) => {
      const amount = amounts[index] ?? 0n;
      if (amount === 0n) return [];
      const owner: LineOwner = teamId === NOBODY ? { kind: "unallocated" } : { kind: "team", teamId };
      const reason = teamId === NOBODY ? "usage-without-owner" : fallbackReason;
      const meter = method.kind === "usage" ? method.meter : "";
      return [
        {
          ...sharedLine(pool, cost, owner, amount),
          method: method.kind,
          reason,
          meter,
          driverQuantity,
          driverTotal,
        },
      ];
    });
  });
}

function unallocated(pool: Pool, reason: string): AllocationLine[] {
  return pool.costs
    .filter((cost) => cost.amount !== 0n)
    .map((cost) => ({ ...sharedLine(pool, cost, { kind: "unallocated" }, cost.amount), reason }));
}

function sharedLine(pool: Pool, { source, scope }: Origin, owner: LineOwner, amount: bigint): AllocationLine {
  return {
    source,
    scope,
    cluster: pool.kind === "system" ? pool.cluster : "",
    namespace: "",
    service: "",
    label: "",
    category: "shared",
    owner,
    basis: "shared",
    pool: pool.id,
    method: "",
    reason: "",
    meter: "",
    driverQuantity: 0n,
    driverTotal: 0n,
    amount,
  };
}
