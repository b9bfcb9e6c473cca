import type { CostKind } from "@apportion/domain/facts";
import type { Day } from "@apportion/domain/period";
import { ownerResolver, systemPoolId, type Owner, type Registry } from "@apportion/domain/tenancy";
import { splitPool, type Pool } from "./pools.js";
import type { PoolPolicy } from "./policy.js";

/** What a dollar was spent on. A team's statement has one line for each, and one for each shared service. */
export type Category =
  | "cpu"
  | "gpu"
  | "memory"
  | "persistent-volume"
  | "load-balancer"
  | "object-storage"
  | "network"
  /** Other services of the bill. */
  | "services"
  | "corporate"
  | "idle"
  | "shared";

/** Facts of one day that have the same owner and origin, summed by ClickHouse. Amounts in picos. */
export interface CostCell {
  readonly source: string;
  readonly scope: string;
  readonly kind: CostKind;
  readonly cluster: string;
  readonly namespace: string;
  /** Only where the registry tells owners apart by controller; else empty. */
  readonly controller: string;
  readonly teamLabel: string;
  /** Service and record type of the bill, for costs of kind `bill`; else empty. */
  readonly service: string;
  readonly recordType: string;
  readonly parts: readonly { readonly category: Category; readonly amount: bigint }[];
}

/** Usage of one meter over the window of the policy, by who used it. Quantity in units of 10⁻¹². */
export interface UsageCell {
  readonly meter: string;
  readonly teamLabel: string;
  readonly namespace: string;
  readonly quantity: bigint;
}

export interface AllocationInput {
  readonly day: Day;
  readonly cells: readonly CostCell[];
  readonly usage: readonly UsageCell[];
  /** Meters of which no reading exists in the window: unknown, which is not the same as zero. */
  readonly metersWithoutReading: ReadonlySet<string>;
  readonly registry: Registry;
  readonly policies: readonly PoolPolicy[];
}

export type LineOwner =
  | { readonly kind: "team"; readonly teamId: string }
  | { readonly kind: "idle" }
  /** Tax, support, credits, refunds and fees of the bill. */
  | { readonly kind: "corporate" }
  | { readonly kind: "unallocated" };

/** Where the dollars of a line were read. Conservation holds for each. */
export interface Origin {
  readonly source: string;
  readonly scope: string;
}

export interface AllocationLine extends Origin {
  readonly cluster: string;
  readonly namespace: string;
  /** Service of the bill; else empty. */
  readonly service: string;
  /** Team label or tag of a cost that nobody owns; else empty. */
  readonly label: string;
  readonly category: Category;
  readonly owner: LineOwner;
  readonly basis: "direct" | "shared" | "idle" | "corporate";
  readonly pool: string;
  readonly method: "" | "usage" | "proportional" | "even";
  /** Why a fallback was taken, or why nobody owns the amount; else empty. */
  readonly reason: string;
  readonly meter: string;
  /** `driverQuantity ÷ driverTotal` is the line's share of its pool, in units of 10⁻¹². */
  readonly driverQuantity: bigint;
  readonly driverTotal: bigint;
  readonly amount: bigint;
}

/**
 * Says for one day who owes what. Pure: the same facts, registry and policies give the same lines in the same order.
 *
 * Every picodollar of the cells is in exactly one line. A dollar goes to the team that owns its namespace, label or bucket
 * tag; to a pool that the teams share; to idle; or, where nobody claims it, to "unallocated", which is shown and not spread.
 */
export function allocate(input: AllocationInput): AllocationLine[] {
  const resolve = ownerResolver(input.registry, input.day);
  const direct: AllocationLine[] = [];
  const pools = new Map<string, Pool>();
  for (const cell of input.cells) {
    const owner = resolve(cell);
    for (const part of cell.parts) {
      if (part.amount === 0n) continue;
      const line = directLine(cell, part.category, part.amount, owner, input.registry);
      if (line) direct.push(line);
      else if (owner) addToPool(pools, owner, cell, part.amount);
    }
  }
  const merged = mergeLines(direct);
  const shared = [...pools.values()]
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap((pool) => splitPool(pool, merged, input, resolve));
  return [...merged, ...shared];
}

const NO_DRIVER = { pool: "", method: "", meter: "", driverQuantity: 0n, driverTotal: 0n } as const;

/** The line of a dollar that needs no pool, or undefined when its owner is a pool. */
function directLine(
  cell: CostCell,
  category: Category,
  amount: bigint,
  owner: Owner | undefined,
  registry: Registry,
): AllocationLine | undefined {
  const { source, scope, cluster, namespace, service } = cell;
  const base = { ...NO_DRIVER, source, scope, cluster, namespace, service, label: "", reason: "", amount };
  if (cell.kind === "bill" && !USAGE_RECORD_TYPES.has(cell.recordType))
    return { ...base, category: "corporate", owner: { kind: "corporate" }, basis: "corporate" };
  if (cell.kind === "idle") {
    const tenant = registry.dedicatedClusters.find((dedicated) => dedicated.cluster === cluster)?.team;
    const idleOwner: LineOwner = tenant === undefined ? { kind: "idle" } : { kind: "team", teamId: tenant };
    return { ...base, category: "idle", owner: idleOwner, basis: "idle" };
  }
  if (owner === undefined) {
    const reason = reasonWithoutOwner(cell);
    return {
      ...base,
      category,
      owner: { kind: "unallocated" },
      basis: "direct",
      reason,
      label: cell.teamLabel,
    };
  }
  if (owner.kind !== "team") return undefined;
  return { ...base, category, owner: { kind: "team", teamId: owner.id }, basis: "direct" };
}

/** Record types of the bill that are the use of something; the others are the company's. */
const USAGE_RECORD_TYPES = new Set(["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"]);

function reasonWithoutOwner({ kind, teamLabel, namespace }: CostCell): string {
  if (kind === "network" && namespace === "") return "no-bytes";
  return (kind === "object-storage" || kind === "bill") && teamLabel === "" ? "untagged" : "no-owner";
}

function addToPool(pools: Map<string, Pool>, owner: Owner, cell: CostCell, amount: bigint): void {
  const id = owner.kind === "system" ? systemPoolId(cell.cluster) : owner.id;
  const pool = pools.get(id) ?? { id, kind: owner.kind, cluster: cell.cluster, costs: [] };
  pools.set(id, pool);
  const cost = pool.costs.find(({ source, scope }) => source === cell.source && scope === cell.scope);
  if (cost) cost.amount += amount;
  else pool.costs.push({ source: cell.source, scope: cell.scope, amount });
}

/** Adds up lines that differ in nothing but the amount, and puts them in an order that does not depend on the cells'. */
function mergeLines(lines: readonly AllocationLine[]): AllocationLine[] {
  const merged = new Map<string, AllocationLine>();
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
  service,
  label,
  category,
  owner,
  basis,
  reason,
}: AllocationLine): string {
  const teamId = owner.kind === "team" ? owner.teamId : "";
  const place = [source, scope, cluster, namespace, service, label];
  return JSON.stringify([...place, owner.kind, teamId, basis, category, reason]);
}
