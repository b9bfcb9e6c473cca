import type { Category } from "@apportion/domain/category";
import { printMix } from "@apportion/domain/meter-mix";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { clusterOf, type PoolId, printPool } from "@apportion/domain/pool-id";
import { printProportion } from "@apportion/domain/proportion";
import { printReasons, type Reason, type Reasons } from "@apportion/domain/reason";
import type { Origin } from "./cells.js";
import type { Method } from "./policy.js";
import type { TakerName } from "./taker.js";
import { DEFAULT_WINDOW, type UsageWindow } from "./usage-window.js";

export type LineOwner =
  | { readonly kind: "team"; readonly teamId: string }
  | { readonly kind: "idle" }
  /** Tax, support, credits, refunds and fees of the bill, and commitments that nobody used. */
  | { readonly kind: "corporate" }
  | { readonly kind: "unallocated" };

interface LineOf<Kind extends string> extends Origin {
  readonly kind: Kind;
  readonly category: Category;
  readonly owner: LineOwner;
  readonly amount: bigint;
}

/** What no policy split: a dollar whose owner the registry names, or that nobody owns. */
export interface DirectLine extends LineOf<"direct"> {
  readonly basis: "direct" | "idle" | "corporate";
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
  /** Why nobody owns it; absent where somebody does. */
  readonly reason?: Reason;
}

interface PoolLine<Kind extends string> extends LineOf<Kind> {
  readonly pool: PoolId;
  /** Of a share of the bill that is no usage; else empty. */
  readonly recordType: string;
  /** Methods before the one that was taken, and why they had nothing to go by; of what nobody owns, why. */
  readonly reasons: Reasons;
}

interface SplitPool<Kind extends string>
  extends Origin, Pick<PoolLine<string>, "category" | "pool" | "recordType" | "reasons"> {
  readonly kind: Kind;
  /** Version of the policy that split the pool. */
  readonly policy: string;
  readonly method: SplittingMethod;
  /** Where the pool also serves other services: how their share reached the teams. The driver is then an end-to-end ratio. */
  readonly betweenServices: "" | "step-down" | "reciprocal";
  /** What all takers weigh together, in units of 10⁻¹². */
  readonly driverTotal: bigint;
}

/** A pool's cost of one origin, split: a line for each of its takers whose amount is not zero. */
export interface Shares extends SplitPool<"shares"> {
  /** In the order of the lines. */
  readonly takers: readonly TakerName[];
  /** `driverQuantity` of each of the takers. */
  readonly weights: readonly bigint[];
  /** What each of the takers gets. */
  readonly amounts: readonly bigint[];
}

/** A share of a pool. */
export interface SplitLine extends SplitPool<"split"> {
  readonly owner: LineOwner;
  /** `driverQuantity ÷ driverTotal` is the line's share of its pool, in units of 10⁻¹². */
  readonly driverQuantity: bigint;
  readonly amount: bigint;
}
export type SplittingMethod = Exclude<Method, { readonly kind: "keep" }>;

/** Cost of a pool that no method splits: nobody's. */
export type KeptLine = PoolLine<"kept">;

/** By how much a month's limits change what somebody pays for a pool. Those of a pool add up to zero. */
export interface LimitLine extends LineOf<"limit"> {
  readonly pool: PoolId;
  readonly policy: string;
  readonly because: LimitCause;
}
export type LimitCause = "cap" | "minimum" | "limits-of-others" | "limits-of-all";

/** Who owes what of a day, and why. */
export type AllocationLine = DirectLine | SplitLine | KeptLine | LimitLine;

/**
 * The lines of a day in their order, those of one split together: a day of thousands of teams and hundreds of pools has a million lines,
 * which differ in little and never lie in memory one by one.
 */
export type Allocation = readonly (DirectLine | Shares | KeptLine | LimitLine)[];

/** Every line of an allocation, or those of some owners: lines of others are not made. */
export function* linesOf(
  allocation: Allocation,
  isWanted: (owner: LineOwner) => boolean = () => true,
): Generator<AllocationLine> {
  for (const item of allocation) {
    if (item.kind !== "shares") {
      if (isWanted(item.owner)) yield item;
      continue;
    }
    const owners = ownersOf(item.takers);
    for (let index = 0; index < owners.length; index += 1)
      if (item.amounts[index] !== 0n && isWanted(owners[index] ?? NO_TEAM)) yield lineOf(item, index);
  }
}

const NO_TEAM: LineOwner = { kind: "unallocated" };

/** Pools of a day that go by the same have the same takers, and whoever looks for a payer's lines looks through all of them. */
const ownersByTakers = new WeakMap<readonly TakerName[], readonly LineOwner[]>();

function ownersOf(takers: readonly TakerName[]): readonly LineOwner[] {
  const known = ownersByTakers.get(takers) ?? takers.map(ownerOf);
  ownersByTakers.set(takers, known);
  return known;
}

function ownerOf({ kind, id }: TakerName): LineOwner {
  return kind === "team" ? { kind: "team", teamId: id } : NO_TEAM;
}

const USAGE_WITHOUT_OWNER: Reasons = [{ kind: "usage-without-owner" }];

/** The line of one of the takers of a split. */
export function lineOf({ takers, weights, amounts, reasons, ...split }: Shares, index: number): SplitLine {
  const owner = ownersOf(takers)[index] ?? NO_TEAM;
  return {
    ...split,
    kind: "split",
    owner,
    reasons: owner.kind === "team" ? reasons : USAGE_WITHOUT_OWNER,
    driverQuantity: weights[index] ?? 0n,
    amount: amounts[index] ?? 0n,
  };
}

/** A line as it is written and shown: every column, empty where lines of its kind have none. */
export interface FlatLine extends Origin {
  readonly cluster: string;
  readonly namespace: string;
  readonly nodePool: string;
  readonly service: string;
  readonly recordType: string;
  readonly label: string;
  readonly category: Category;
  readonly owner: LineOwner;
  /** `shared` wherever the line is of a pool; `direct`, `idle` and `corporate` where no policy split it. */
  readonly basis: "direct" | "shared" | "idle" | "corporate";
  readonly pool: string;
  readonly policy: string;
  readonly method: "" | SplittingMethod["kind"] | "limit";
  readonly reason: string;
  /** What is measured: `mlflow.runs`, several with their percentages, or `gpu-cost` where the share follows that and not direct cost. Of a limit: its cause. */
  readonly meter: string;
  /** The meters of usage, each with the percentage of the pool that follows it; none where no usage split it. */
  readonly meters: readonly string[];
  readonly meterPercents: readonly string[];
  /** Whose use was counted, where usage split the pool; else empty. */
  readonly usageWindow: "" | UsageWindow;
  readonly betweenServices: "" | "step-down" | "reciprocal";
  readonly driverQuantity: bigint;
  readonly driverTotal: bigint;
  readonly amount: bigint;
}

/** Field by field: objects of so many fields that are spread into one another are slow to make, and days have thousands of direct lines. */
export function flatLine(line: AllocationLine): FlatLine {
  const { source, scope, category, owner, amount } = line;
  if (line.kind === "direct")
    return {
      source,
      scope,
      cluster: line.cluster,
      namespace: line.namespace,
      nodePool: line.nodePool,
      service: line.service,
      recordType: line.recordType,
      label: line.label,
      category,
      owner,
      basis: line.basis,
      pool: "",
      policy: "",
      method: "",
      reason: line.reason ? printReasons([line.reason]) : "",
      ...NO_METERS,
      betweenServices: "",
      driverQuantity: 0n,
      driverTotal: 0n,
      amount,
    };
  const { pool } = line;
  return {
    source,
    scope,
    cluster: line.kind === "limit" ? "" : clusterOf(pool),
    namespace: "",
    nodePool: line.kind !== "limit" && pool.kind === "idle" ? pool.nodePool : "",
    service: "",
    recordType: line.kind === "limit" ? "" : line.recordType,
    label: "",
    category,
    owner,
    basis: "shared",
    pool: printPool(pool),
    policy: line.kind === "kept" ? "" : line.policy,
    method: line.kind === "split" ? line.method.kind : line.kind === "limit" ? "limit" : "",
    reason: line.kind === "limit" ? "" : printReasons(line.reasons),
    ...flatMeters(line),
    betweenServices: line.kind === "split" ? line.betweenServices : "",
    driverQuantity: line.kind === "split" ? line.driverQuantity : 0n,
    driverTotal: line.kind === "split" ? line.driverTotal : 0n,
    amount,
  };
}

type Meters = Pick<FlatLine, "meter" | "meters" | "meterPercents" | "usageWindow">;

const NO_METERS: Meters = { meter: "", meters: [], meterPercents: [], usageWindow: "" };

function flatMeters(line: Exclude<AllocationLine, DirectLine>): Meters {
  if (line.kind === "limit") return { ...NO_METERS, meter: line.because };
  return line.kind === "kept" ? NO_METERS : flatMeter(line.method);
}

/** The lines of a pool share their method, so what it follows is put into words once. */
const metersByMethod = new WeakMap<SplittingMethod, Meters>();

function flatMeter(method: SplittingMethod): Meters {
  const known = metersByMethod.get(method) ?? metersOf(method);
  metersByMethod.set(method, known);
  return known;
}

function metersOf(method: SplittingMethod): Meters {
  if (method.kind === "proportional") return { ...NO_METERS, meter: printProportion(method.to) };
  if (method.kind !== "usage") return NO_METERS;
  return {
    meter: printMix(method.meters),
    meters: method.meters.map(({ meter }) => meter),
    meterPercents: method.meters.map(({ percent }) => formatPicos(parsePicos(percent))),
    usageWindow: method.window ?? DEFAULT_WINDOW,
  };
}
