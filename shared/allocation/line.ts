import type { Category } from "@apportion/domain/category";
import { printMix } from "@apportion/domain/meter-mix";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { clusterOf, type PoolId, printPool } from "@apportion/domain/pool-id";
import { printProportion } from "@apportion/domain/proportion";
import { printReasons, type Reason, type Reasons } from "@apportion/domain/reason";
import type { Origin } from "./cells.js";
import type { Method } from "./policy.js";
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

/** A share of a pool. */
export interface SplitLine extends PoolLine<"split"> {
  /** Version of the policy that split the pool. */
  readonly policy: string;
  readonly method: SplittingMethod;
  /** Where the pool also serves other services: how their share reached the teams. The driver is then an end-to-end ratio. */
  readonly betweenServices: "" | "step-down" | "reciprocal";
  /** `driverQuantity ÷ driverTotal` is the line's share of its pool, in units of 10⁻¹². */
  readonly driverQuantity: bigint;
  readonly driverTotal: bigint;
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

const OF_NO_POOL = {
  pool: "",
  policy: "",
  method: "",
  meter: "",
  meters: [],
  meterPercents: [],
  usageWindow: "",
  betweenServices: "",
  driverQuantity: 0n,
  driverTotal: 0n,
} as const;
const OF_NO_PLACE = { cluster: "", namespace: "", nodePool: "", service: "", label: "" } as const;

export function flatLine(line: AllocationLine): FlatLine {
  const { source, scope, category, owner, amount } = line;
  const common = { source, scope, category, owner, amount };
  switch (line.kind) {
    case "direct": {
      const { basis, cluster, namespace, nodePool, service, recordType, label, reason } = line;
      const place = { cluster, namespace, nodePool, service, recordType, label };
      return { ...common, ...OF_NO_POOL, basis, ...place, reason: reason ? printReasons([reason]) : "" };
    }
    case "split": {
      const { policy, method, betweenServices, driverQuantity, driverTotal } = line;
      const driver = { betweenServices, driverQuantity, driverTotal };
      return { ...common, ...flatPool(line), policy, method: method.kind, ...flatMeter(method), ...driver };
    }
    case "kept":
      return { ...common, ...flatPool(line) };
    case "limit": {
      const { policy, because } = line;
      const of = flatPool({ pool: line.pool, recordType: "", reasons: [] });
      return { ...common, ...of, policy, method: "limit", meter: because, ...OF_NO_PLACE };
    }
  }
}

function flatPool({
  pool,
  recordType,
  reasons,
}: Pick<PoolLine<string>, "pool" | "recordType" | "reasons">): Omit<
  FlatLine,
  keyof Omit<LineOf<string>, "kind">
> {
  return {
    ...OF_NO_POOL,
    ...OF_NO_PLACE,
    cluster: clusterOf(pool),
    nodePool: pool.kind === "idle" ? pool.nodePool : "",
    recordType,
    basis: "shared",
    pool: printPool(pool),
    reason: printReasons(reasons),
  };
}

type Meters = Pick<FlatLine, "meter" | "meters" | "meterPercents" | "usageWindow">;

/** The lines of a pool share their method, so what it follows is put into words once. */
const metersByMethod = new WeakMap<SplittingMethod, Meters>();

function flatMeter(method: SplittingMethod): Meters {
  const known = metersByMethod.get(method) ?? metersOf(method);
  metersByMethod.set(method, known);
  return known;
}

function metersOf(method: SplittingMethod): Meters {
  const none = { meters: [], meterPercents: [], usageWindow: "" } as const;
  if (method.kind === "proportional") return { meter: printProportion(method.to), ...none };
  if (method.kind !== "usage") return { meter: "", ...none };
  return {
    meter: printMix(method.meters),
    meters: method.meters.map(({ meter }) => meter),
    meterPercents: method.meters.map(({ percent }) => formatPicos(parsePicos(percent))),
    usageWindow: method.window ?? DEFAULT_WINDOW,
  };
}
