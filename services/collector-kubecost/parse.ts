import { z } from "zod";
import type { CostFactRow, CostKind } from "@apportion/domain/facts";
import { formatPicos, MoneyError, parsePicos } from "@apportion/domain/money";
import type { ChargePeriod } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import type { KubecostConfig } from "./config.js";
import { NodeCosts } from "./gpu-nodes.js";
import { picosOf } from "./printed.js";
import { foreignText } from "@apportion/runtime/foreign-text";

/** JSON has no NaN: OpenCost prints null for it, and then nobody knows the cost. Unknown is not zero. */
const amount = z.number({
  error: (issue) => (issue.input === null ? "is null, which is how NaN is printed" : "is not a number"),
});
const labels = z.record(z.string(), z.string()).nullish();
/** Averages explain costs and move none, so one that is not there is taken for zero. */
const average = z.number().nullish();

/** One allocation, as https://www.opencost.io/docs/integrations/api and Kubecost's Allocation API have it; what is not used is left out. */
const allocationSchema = z.object({
  name: z.string(),
  properties: z.object({
    cluster: z.string().default(""),
    node: z.string().default(""),
    namespace: z.string().default(""),
    controllerKind: z.string().default(""),
    controller: z.string().default(""),
    pod: z.string().default(""),
    container: z.string().default(""),
    labels,
    namespaceLabels: labels,
  }),
  window: z.object({ start: z.string(), end: z.string() }),
  minutes: amount,
  cpuCoreHours: amount,
  cpuCoreRequestAverage: average,
  cpuCoreUsageAverage: average,
  gpuHours: amount,
  gpuRequestAverage: average,
  gpuUsageAverage: average,
  ramByteHours: amount,
  ramByteRequestAverage: average,
  ramByteUsageAverage: average,
  cpuCost: amount,
  cpuCostAdjustment: amount.default(0),
  gpuCost: amount,
  gpuCostAdjustment: amount.default(0),
  ramCost: amount,
  ramCostAdjustment: amount.default(0),
  pvCost: amount,
  pvCostAdjustment: amount.default(0),
  loadBalancerCost: amount,
  loadBalancerCostAdjustment: amount.default(0),
  networkCost: amount,
  networkCostAdjustment: amount.default(0),
});
type Allocation = z.infer<typeof allocationSchema>;

export interface ParseOptions extends Pick<
  KubecostConfig,
  "teamLabels" | "costCenterLabels" | "costPerDayMax" | "grain"
> {
  readonly cluster: string;
  readonly chargePeriod: ChargePeriod;
  /** Whether its network cost is charged, as rows of their own. */
  readonly chargeNetwork: boolean;
}

const IDLE = "__idle__";
const UNMOUNTED = "__unmounted__";
const UNALLOCATED = "__unallocated__";
const BYTES_PER_GIB = 2 ** 30;
const HOUR_PLACES = 6;
const MINUTES_PER_DAY = 1440;
/** Core-hours or GiB-hours of one container on one day: no machine is as large, and sums of it still fit into their column. */
const HOURS_MAX = 1e9;

/**
 * Facts of one day of one cluster. The containers of a controller are added up, or kept apart when the grain is `container`;
 * idle (by node where the answer has it so) and unmounted volumes stay apart. Chargeable is CPU + GPU + memory + volumes +
 * load balancer, each with its adjustment; network is information unless it is charged. `nodes` has what the day comes to on each node.
 *
 * @throws ReadingError when the answer is not about this cluster and day, or when its numbers cannot be right
 */
export async function toCostFacts(
  allocations: AsyncIterable<unknown>,
  options: ParseOptions,
): Promise<{ readonly rows: CostFactRow[]; readonly nodes: NodeCosts }> {
  const groups = new Map<string, Sums>();
  const nodes = new NodeCosts();
  for await (const each of allocations) {
    const allocation = parseAllocation(each);
    refuseNameless(allocation);
    refuseOther(allocation, options);
    const identity = identityOf(allocation, options);
    const key = JSON.stringify(identity);
    const sums = groups.get(key) ?? new Sums(identity);
    try {
      refuseAbsurd(allocation, options);
      sums.add(allocation);
      nodes.add(allocation.properties.node, identity.kind === "idle" ? "idle" : "pods", allocation);
    } catch (error) {
      if (!(error instanceof MoneyError)) throw error;
      throw new ReadingError("absurd", `allocation "${foreignText(allocation.name)}": ${error.message}`, {
        cause: error,
      });
    }
    groups.set(key, sums);
  }
  const rows = [...groups.values()].flatMap((sums) => [
    sums.toRow(),
    ...(options.chargeNetwork ? sums.toNetworkRows() : []),
  ]);
  refuseCeiling(rows, options);
  return { rows, nodes };
}

function parseAllocation(value: unknown): Allocation {
  const parsed = allocationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { name } = z.object({ name: z.string() }).catch({ name: "without a name" }).parse(value);
  throw new ReadingError(
    "malformed",
    `allocation "${foreignText(name)}" has another shape than documented: ${foreignText(z.prettifyError(parsed.error))}`,
  );
}

type Identity = Pick<
  CostFactRow,
  | "kind"
  | "cluster"
  | "node"
  | "namespace"
  | "controller_kind"
  | "controller"
  | "pod"
  | "container"
  | "team_label"
  | "cost_center"
>;

function isIdle({ name }: Allocation): boolean {
  return name.split("/").includes(IDLE);
}

function identityOf(allocation: Allocation, options: ParseOptions): Identity {
  const { properties } = allocation;
  const kind: CostKind = isIdle(allocation)
    ? "idle"
    : properties.container === UNMOUNTED
      ? "unmounted"
      : "workload";
  return {
    kind,
    cluster: options.cluster,
    namespace: named(properties.namespace),
    controller_kind: named(properties.controllerKind),
    controller: named(properties.controller),
    team_label: labelOf(properties, options.teamLabels),
    cost_center: labelOf(properties, options.costCenterLabels),
    ...(kind === "idle" && { node: properties.node }),
    ...(kind === "workload" &&
      options.grain === "container" && { pod: properties.pod, container: properties.container }),
  };
}

function named(text: string): string {
  return text === UNALLOCATED ? "" : text;
}

function labelOf(properties: Allocation["properties"], names: readonly string[]): string {
  const found = [properties.labels, properties.namespaceLabels].flatMap((all) =>
    names.flatMap((name) => all?.[name] ?? []),
  );
  return found.find((value) => value !== "") ?? "";
}

const HOURS = ["cpu", "cpuRequest", "cpuUsage", "gpu", "gpuUsage", "ram", "ramRequest", "ramUsage"] as const;
/** Hours of cores and of GPUs, GiB-hours of memory. */
type Hours = Record<(typeof HOURS)[number], number>;

function hoursOf(allocation: Allocation): Hours {
  const duration = allocation.minutes / 60;
  return {
    cpu: allocation.cpuCoreHours,
    cpuRequest: (allocation.cpuCoreRequestAverage ?? 0) * duration,
    cpuUsage: (allocation.cpuCoreUsageAverage ?? 0) * duration,
    gpu: allocation.gpuHours,
    gpuUsage: (allocation.gpuUsageAverage ?? 0) * duration,
    ram: allocation.ramByteHours / BYTES_PER_GIB,
    ramRequest: ((allocation.ramByteRequestAverage ?? 0) * duration) / BYTES_PER_GIB,
    ramUsage: ((allocation.ramByteUsageAverage ?? 0) * duration) / BYTES_PER_GIB,
  };
}

/** Exact sums over the containers of a controller. */
class Sums {
  readonly #identity: Identity;
  readonly #costs = { cpu: 0n, gpu: 0n, ram: 0n, pv: 0n, loadBalancer: 0n, network: 0n };
  readonly #hours: Hours = {
    cpu: 0,
    cpuRequest: 0,
    cpuUsage: 0,
    gpu: 0,
    gpuUsage: 0,
    ram: 0,
    ramRequest: 0,
    ramUsage: 0,
  };

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  add(allocation: Allocation): void {
    const costs = this.#costs;
    costs.cpu += picosOf(allocation.cpuCost, allocation.cpuCostAdjustment);
    costs.gpu += picosOf(allocation.gpuCost, allocation.gpuCostAdjustment);
    costs.ram += picosOf(allocation.ramCost, allocation.ramCostAdjustment);
    costs.pv += picosOf(allocation.pvCost, allocation.pvCostAdjustment);
    costs.loadBalancer += picosOf(allocation.loadBalancerCost, allocation.loadBalancerCostAdjustment);
    costs.network += picosOf(allocation.networkCost, allocation.networkCostAdjustment);
    const hours = hoursOf(allocation);
    for (const name of HOURS) this.#hours[name] += hours[name];
  }

  toRow(): CostFactRow {
    const { cpu, gpu, ram, pv, loadBalancer, network } = this.#costs;
    const chargeable = formatPicos(cpu + gpu + ram + pv + loadBalancer);
    const hours = this.#hours;
    return {
      ...this.#identity,
      cpu_cost: formatPicos(cpu),
      gpu_cost: formatPicos(gpu),
      ram_cost: formatPicos(ram),
      pv_cost: formatPicos(pv),
      load_balancer_cost: formatPicos(loadBalancer),
      network_cost_info: formatPicos(network),
      effective_cost: chargeable,
      billed_cost: chargeable,
      cpu_core_hours: hoursText(hours.cpu),
      cpu_request_core_hours: hoursText(hours.cpuRequest),
      cpu_usage_core_hours: hoursText(hours.cpuUsage),
      gpu_hours: hoursText(hours.gpu),
      gpu_usage_hours: hoursText(hours.gpuUsage),
      ram_gib_hours: hoursText(hours.ram),
      ram_request_gib_hours: hoursText(hours.ramRequest),
      ram_usage_gib_hours: hoursText(hours.ramUsage),
    };
  }

  /** What its network is estimated to cost, owned as the workload is. */
  toNetworkRows(): CostFactRow[] {
    const { network } = this.#costs;
    if (this.#identity.kind !== "workload" || network === 0n) return [];
    const cost = formatPicos(network);
    return [{ ...this.#identity, kind: "network", effective_cost: cost, billed_cost: cost }];
  }
}

function hoursText(hours: number): string {
  return formatPicos(parsePicos(hours.toFixed(HOUR_PLACES)));
}

/** The whole cluster in one nameless sum is what OpenCost answers to a question it does not understand. */
function refuseNameless({ name, properties }: Allocation): void {
  if (name === "" && properties.namespace === "" && properties.controller === "")
    throw new ReadingError("malformed", "the answer is one sum without namespace and controller");
}

function refuseOther(
  { name, properties, window }: Allocation,
  { cluster, chargePeriod }: ParseOptions,
): void {
  if (properties.cluster !== cluster)
    throw new ReadingError(
      "malformed",
      `allocation "${foreignText(name)}" is of cluster "${foreignText(properties.cluster)}"; configure the cluster under the id that its answers print`,
    );
  if (
    Date.parse(window.start) !== Date.parse(chargePeriod.start) ||
    Date.parse(window.end) !== Date.parse(chargePeriod.end)
  )
    throw new ReadingError(
      "malformed",
      `allocation "${foreignText(name)}" is of ${foreignText(`${window.start} to ${window.end}`)}, which is not the day that was asked for`,
    );
}

const COSTS = ["cpu", "gpu", "ram", "pv", "loadBalancer"] as const;

function refuseAbsurd(allocation: Allocation, options: Pick<ParseOptions, "chargeNetwork">): void {
  const { name, minutes } = allocation;
  if (minutes < 0 || minutes > MINUTES_PER_DAY)
    throw new ReadingError("absurd", `allocation "${foreignText(name)}" ran for ${minutes} minutes of a day`);
  const hours = hoursOf(allocation);
  for (const part of HOURS)
    if (Math.abs(hours[part]) > HOURS_MAX || (hours[part] < 0 && !isIdle(allocation)))
      throw new ReadingError(
        "absurd",
        `allocation "${foreignText(name)}" has ${hours[part]} ${part} hours on one day`,
      );
  // Idle may be negative where pods were charged more than their node costs: it stays visible as a variance.
  if (isIdle(allocation)) return;
  for (const part of options.chargeNetwork ? ([...COSTS, "network"] as const) : COSTS) {
    const cost = picosOf(allocation[`${part}Cost`], allocation[`${part}CostAdjustment`]);
    if (cost < 0n)
      throw new ReadingError(
        "absurd",
        `allocation "${foreignText(name)}" has a negative ${part} cost, ${formatPicos(cost)}`,
      );
  }
  const requested = allocation.gpuRequestAverage ?? 0;
  if ((allocation.gpuHours > 0 || requested > 0) && allocation.gpuCost === 0)
    throw new ReadingError(
      "absurd",
      `allocation "${foreignText(name)}" held GPUs for ${allocation.gpuHours} hours and requested ${requested} at no cost; set a GPU price in Kubecost or OpenCost`,
    );
}

/** Signs are left aside: what is far below nothing is as wrong, and must not make up for what is far above. */
function refuseCeiling(rows: readonly CostFactRow[], { costPerDayMax, cluster }: ParseOptions): void {
  const total = rows.reduce((sum, row) => sum + magnitude(parsePicos(row.effective_cost)), 0n);
  if (total > parsePicos(costPerDayMax))
    throw new ReadingError(
      "absurd",
      `cluster ${cluster} cost ${formatPicos(total)} on one day, signs left aside, more than costPerDayMax ${costPerDayMax}`,
    );
}

function magnitude(cost: bigint): bigint {
  return cost < 0n ? -cost : cost;
}
