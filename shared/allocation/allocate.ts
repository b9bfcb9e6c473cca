import type { CostKind } from "@apportion/domain/facts";
import type { Day } from "@apportion/domain/period";
import { isCommitment, isUsage } from "@apportion/domain/record-types";
import {
  nodePoolOf,
  ownerResolver,
  systemPoolId,
  tenantOf,
  type Owner,
  type Registry,
  type Subject,
} from "@apportion/domain/tenancy";
import type { DriverContext, UnreadMeters } from "./drivers.js";
import { policiesOn, type Policies, type UsageWindow } from "./policy.js";
import { idlePoolId } from "./idle.js";
import {
  drive,
  driveServices,
  isDriven,
  poolLines,
  serviceLines,
  type LadderQuestion,
  type Pool,
} from "./pools.js";

/** Categories of direct cost. */
export const DIRECT_CATEGORIES = [
  "cpu",
  "gpu",
  "memory",
  "persistent-volume",
  "load-balancer",
  "object-storage",
  "network",
  /** Other services of the bill. */
  "services",
] as const;
export const CATEGORIES = [
  ...DIRECT_CATEGORIES,
  "corporate",
  /** What nobody used of savings plans and reservations. */
  "unused-commitment",
  /** Idle capacity by resource; `idle` is what is of none. */
  "idle-cpu",
  "idle-gpu",
  "idle-memory",
  "idle",
  /** What was allocated of a node beyond its cost: negative. */
  "idle-variance",
  /** What the bill says of Kubernetes beyond or below Kubecost's prices. */
  "rate-variance",
  "shared",
  /** Cost that nobody owns, where a policy spreads it. */
  "unallocated",
] as const;
/** What a dollar was spent on. A team's statement has one line for each, and one for each shared service. */
export type Category = (typeof CATEGORIES)[number];

/** Facts of one day that have the same owner and origin, summed by ClickHouse. Amounts in picos. */
export interface CostCell {
  readonly source: string;
  readonly scope: string;
  readonly kind: CostKind;
  readonly cluster: string;
  readonly namespace: string;
  /** Only where the registry tells owners apart by controller; else empty. */
  readonly controller: string;
  /** Only of idle, where it was read by node; else empty. */
  readonly node: string;
  readonly teamLabel: string;
  /** Service of the bill, for costs that come from it; else empty. */
  readonly service: string;
  /** Record type of the bill, for costs of kinds `bill` and `unowned`; else empty. */
  readonly recordType: string;
  readonly parts: readonly { readonly category: Category; readonly amount: bigint }[];
}

/** Usage of one meter, by who used it. Quantity in units of 10⁻¹². */
export interface UsageCell {
  /** The day of the use; of meters that no policy counts by day, the first of the days on which owners were the same. */
  readonly day: Day;
  readonly meter: string;
  readonly teamLabel: string;
  /** Of the namespace; empty where the meter does not know it. */
  readonly cluster: string;
  readonly namespace: string;
  readonly quantity: bigint;
}

export interface AllocationInput {
  readonly day: Day;
  readonly cells: readonly CostCell[];
  /** Of the whole billing month so far. */
  readonly usage: readonly UsageCell[];
  readonly metersWithoutReading: UnreadMeters;
  readonly registry: Registry;
  readonly policies: Policies;
}

export type LineOwner =
  | { readonly kind: "team"; readonly teamId: string }
  | { readonly kind: "idle" }
  /** Tax, support, credits, refunds and fees of the bill, and commitments that nobody used. */
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
  /** Of idle capacity, the pool of its nodes; empty for nodes of no pool and for everything else. */
  readonly nodePool: string;
  /** Service of the bill; else empty. */
  readonly service: string;
  /** Record type of the bill where it is no usage: Tax, Support, Credit …; else empty. */
  readonly recordType: string;
  /** Team label or tag of a cost that nobody owns; else empty. */
  readonly label: string;
  readonly category: Category;
  readonly owner: LineOwner;
  /** `shared` wherever a policy split a pool; `direct`, `idle` and `corporate` where none did. */
  readonly basis: "direct" | "shared" | "idle" | "corporate";
  readonly pool: string;
  /** Version of the policy that split the pool; empty where none did. */
  readonly policy: string;
  readonly method: "" | "usage" | "proportional" | "even" | "fixed" | "limit";
  /** Why a fallback was taken, or why nobody owns the amount; else empty. */
  readonly reason: string;
  /** What is measured: `mlflow.runs`, several with their percentages, or `gpu-cost` where the share follows that and not direct cost. Of a limit: cap, minimum or limits-of-others. */
  readonly meter: string;
  /** Whose use was counted, where usage split the pool; else empty. */
  readonly usageWindow: "" | UsageWindow;
  /** Where the pool also serves other services: how their share reached the teams. The driver is then an end-to-end ratio. */
  readonly betweenServices: "" | "step-down" | "reciprocal";
  /** `driverQuantity ÷ driverTotal` is the line's share of its pool, in units of 10⁻¹². */
  readonly driverQuantity: bigint;
  readonly driverTotal: bigint;
  readonly amount: bigint;
}

/**
 * Says for one day who owes what. Pure: the same facts, registry and policies give the same lines in the same order.
 *
 * Every picodollar of the cells is in exactly one line. A dollar goes to the team that owns its namespace, label or bucket
 * tag; to a pool that the teams share; to idle; to the company; or, where nobody claims it, to "unallocated". Pools are split in
 * this order, each by what is there then: idle, shared services and system namespaces (which may serve each other),
 * unallocated, unused commitments, corporate. What no policy splits is shown and not spread.
 */
export function allocate(input: AllocationInput): AllocationLine[] {
  const policies = policiesOn(input.policies, input.day);
  const resolveOn = resolvers(input.registry);
  const context = { ...input, resolveOn };
  const { direct, pools } = assignOwners(input, resolveOn(input.day));

  const question = (lines: readonly AllocationLine[]): LadderQuestion => ({
    policies,
    context,
    lines,
    serves: () => false,
  });
  const withIdle = spread(direct, "idle", question(direct));
  const services = driveServices(pools, question(withIdle));
  const withServices = [...withIdle, ...serviceLines(services, policies.betweenServices.method)];
  const withUnallocated = spread(withServices, "unallocated", question(withServices));
  const withCommitments = spread(withUnallocated, "unused-commitment", question(withUnallocated));
  return spread(withCommitments, "corporate", question(withCommitments));
}

/** What each cell is before any policy: a line, or part of the pool of a shared service or of system namespaces. */
function assignOwners(
  { cells, registry, day }: AllocationInput,
  resolve: (subject: Subject) => Owner | undefined,
): { direct: AllocationLine[]; pools: Pool[] } {
  const direct: AllocationLine[] = [];
  // A service that costs nothing of its own on the day uses the others all the same.
  const pools = new Map(
    registry.sharedServices.map(({ id }): [string, Pool] => [
      id,
      { id, policyId: id, cluster: "", nodePool: "", costs: [] },
    ]),
  );
  for (const cell of cells) {
    const owner = resolve(subjectOf(cell));
    const holder = holderOf(cell, owner, registry, day);
    for (const { category, amount } of cell.parts) {
      if (amount === 0n) continue;
      if (holder) direct.push(directLine(cell, holder, category, amount));
      else if (owner) addToPool(pools, owner, cell, amount);
    }
  }
  return {
    direct: mergeLines(direct),
    pools: [...pools.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** What a cost is recognised by. Bytes say whose network it is, so who owns a service of the bill does not own the traffic that it bills. */
export function subjectOf(cell: Subject & Pick<CostCell, "kind">): Subject {
  return cell.kind === "network" ? { ...cell, service: "" } : cell;
}

type KeptPoolKind = "idle" | "unallocated" | "unused-commitment" | "corporate";

/** The pool of a line that no team has; undefined for a team's. */
function keptPoolOf({ owner, category }: AllocationLine): KeptPoolKind | undefined {
  if (owner.kind === "team") return undefined;
  return owner.kind === "corporate" && category === "unused-commitment" ? category : owner.kind;
}

/** Splits what lies on the lines of such a pool, where a policy says how; otherwise they stay as they are. */
function spread(
  lines: readonly AllocationLine[],
  kind: KeptPoolKind,
  question: LadderQuestion,
): AllocationLine[] {
  const pools = new Map<string, Pool>();
  const idOf = ({ cluster, nodePool }: AllocationLine): string =>
    kind === "idle" ? idlePoolId(cluster, nodePool) : kind;
  for (const line of lines) {
    if (keptPoolOf(line) !== kind) continue;
    const place = kind === "idle" ? line : { cluster: "", nodePool: "" };
    const { cluster, nodePool } = place;
    const id = idOf(line);
    const pool = pools.get(id) ?? { id, policyId: kind, cluster, nodePool, costs: [] };
    pools.set(id, pool);
    addCost(pool, { ...line, category: kind === "idle" ? line.category : kind });
  }
  const driven = [...pools.values()]
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((pool) => drive(pool, question))
    .filter(isDriven);
  const split = new Set(driven.map(({ pool }) => pool.id));
  const rest = lines.filter((line) => keptPoolOf(line) !== kind || !split.has(idOf(line)));
  return [...rest, ...driven.flatMap((pool) => poolLines(pool))];
}

function resolvers(registry: Registry): DriverContext["resolveOn"] {
  const known = new Map<Day, (subject: Subject) => Owner | undefined>();
  return (day) => {
    const resolve = known.get(day) ?? ownerResolver(registry, day);
    known.set(day, resolve);
    return resolve;
  };
}

/** Whose the dollars of a cell are without any policy. */
type Holder = Pick<AllocationLine, "owner" | "basis" | "nodePool" | "recordType" | "reason" | "label">;

/** Who holds a cell, or undefined when its owner is a pool. */
function holderOf(
  cell: CostCell,
  owner: Owner | undefined,
  registry: Registry,
  day: Day,
): Holder | undefined {
  const nothingElse = { nodePool: "", recordType: "", reason: "", label: "" };
  const recordType = otherRecordType(cell);
  if (recordType !== "")
    return { ...nothingElse, recordType, owner: { kind: "corporate" }, basis: "corporate" };
  if (cell.kind === "idle") {
    const tenant = tenantOf(registry, cell, day);
    const idleOwner: LineOwner = tenant === undefined ? { kind: "idle" } : { kind: "team", teamId: tenant };
    const nodePool = nodePoolOf(registry, cell, day)?.id ?? "";
    return { ...nothingElse, nodePool, owner: idleOwner, basis: "idle" };
  }
  if (owner === undefined) {
    const reason = reasonWithoutOwner(cell);
    return { ...nothingElse, owner: { kind: "unallocated" }, basis: "direct", reason, label: cell.teamLabel };
  }
  if (owner.kind !== "team") return undefined;
  return { ...nothingElse, owner: { kind: "team", teamId: owner.id }, basis: "direct" };
}

/** Field by field: a month has as many lines as that a spread of objects would be felt. */
function directLine(cell: CostCell, holder: Holder, category: Category, amount: bigint): AllocationLine {
  return {
    source: cell.source,
    scope: cell.scope,
    cluster: cell.cluster,
    namespace: cell.namespace,
    nodePool: holder.nodePool,
    service: cell.service,
    recordType: holder.recordType,
    label: holder.label,
    category: holder.owner.kind === "corporate" ? companyCategory(holder.recordType) : category,
    owner: holder.owner,
    basis: holder.basis,
    pool: "",
    policy: "",
    method: "",
    reason: holder.reason,
    meter: "",
    usageWindow: "",
    betweenServices: "",
    driverQuantity: 0n,
    driverTotal: 0n,
    amount,
  };
}

function companyCategory(recordType: string): Category {
  return isCommitment(recordType) ? "unused-commitment" : "corporate";
}

/** Record type of a cell of the bill that is no usage; empty for all others. */
function otherRecordType({ kind, recordType }: CostCell): string {
  return kind === "bill" && !isUsage(recordType) ? recordType : "";
}

/** Why a cost that the registry gives to nobody is on no team's statement. */
export function reasonWithoutOwner({
  kind,
  teamLabel,
  namespace,
}: Pick<CostCell, "kind" | "teamLabel" | "namespace">): string {
  if (kind === "network" && namespace === "") return "no-bytes";
  if (kind === "unowned") return "no-collector";
  return (kind === "object-storage" || kind === "bill") && teamLabel === "" ? "untagged" : "no-owner";
}

function addToPool(pools: Map<string, Pool>, owner: Owner, cell: CostCell, amount: bigint): void {
  const isSystem = owner.kind === "system";
  const id = isSystem ? systemPoolId(cell.cluster) : owner.id;
  const policyId = isSystem ? "system" : owner.id;
  const cluster = isSystem ? cell.cluster : "";
  const pool = pools.get(id) ?? { id, policyId, cluster, nodePool: "", costs: [] };
  pools.set(id, pool);
  addCost(pool, { ...cell, recordType: otherRecordType(cell), category: "shared", amount });
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
  nodePool,
  service,
  recordType,
  label,
  category,
  owner,
  basis,
  reason,
}: AllocationLine): string {
  const teamId = owner.kind === "team" ? owner.teamId : "";
  const place = [source, scope, cluster, namespace, nodePool, service, recordType, label];
  return JSON.stringify([...place, owner.kind, teamId, basis, category, reason]);
}
