import { z } from "zod";
import type { CostFactRow, CostKind } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { ChargePeriod } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import type { KubecostConfig } from "./config.js";

/** JSON has no NaN: OpenCost prints null for it, and then nobody knows the cost. Unknown is not zero. */
const amount = z.number({
  error: (issue) => (issue.input === null ? "is null, which is how NaN is printed" : "is not a number"),
});
const labels = z.record(z.string(), z.string()).nullish();

/** One allocation, as https://www.opencost.io/docs/integrations/api and Kubecost's Allocation API have it; what is not used is left out. */
const allocationSchema = z.object({
  name: z.string(),
  properties: z.object({
    cluster: z.string().default(""),
    namespace: z.string().default(""),
    controllerKind: z.string().default(""),
    controller: z.string().default(""),
    container: z.string().default(""),
    labels,
    namespaceLabels: labels,
  }),
  window: z.object({ start: z.string(), end: z.string() }),
  cpuCoreHours: amount,
  gpuHours: amount,
  ramByteHours: amount,
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

/** `{ code, status, data: [set] }`: a set for each step of the window, `{}` where there is nothing. */
export const allocationResponse = z.object({
  code: z.literal(200),
  data: z.array(z.record(z.string(), allocationSchema).nullable()),
});
export type AllocationResponse = z.infer<typeof allocationResponse>;

export interface ParseOptions extends Pick<
  KubecostConfig,
  "teamLabels" | "costCenterLabels" | "costPerDayMax"
> {
  readonly cluster: string;
  readonly chargePeriod: ChargePeriod;
}

const IDLE = "__idle__";
const UNMOUNTED = "__unmounted__";
const UNALLOCATED = "__unallocated__";
const BYTES_PER_GIB = 2 ** 30;
const HOUR_PLACES = 6;

/**
 * Facts of one day of one cluster: the containers of each controller added up, idle and unmounted volumes apart. Chargeable is
 * CPU + GPU + memory + volumes + load balancer, each with its adjustment; network is kept as information.
 *
 * @throws ReadingError when the answer is not about this cluster and day, or when its numbers cannot be right
 */
export function toCostFacts(response: AllocationResponse, options: ParseOptions): CostFactRow[] {
  const [set, ...others] = response.data;
  if (others.length > 0)
    throw new ReadingError("malformed", `the answer has ${response.data.length} sets for one day`);
  const groups = new Map<string, Sums>();
  for (const allocation of Object.values(set ?? {})) {
    refuseOther(allocation, options);
    refuseAbsurd(allocation);
    const identity = identityOf(allocation, options);
    const key = JSON.stringify(identity);
    const sums = groups.get(key) ?? new Sums(identity);
    sums.add(allocation);
    groups.set(key, sums);
  }
  const rows = [...groups.values()].map((sums) => sums.toRow());
  refuseCeiling(rows, options);
  return rows;
}

interface Identity {
  readonly kind: CostKind;
  readonly cluster: string;
  readonly namespace: string;
  readonly controller_kind: string;
  readonly controller: string;
  readonly team_label: string;
  readonly cost_center: string;
}

function identityOf({ name, properties }: Allocation, options: ParseOptions): Identity {
  const isIdle = name.split("/").includes(IDLE);
  return {
    kind: isIdle ? "idle" : properties.container === UNMOUNTED ? "unmounted" : "workload",
    cluster: options.cluster,
    namespace: named(properties.namespace),
    controller_kind: named(properties.controllerKind),
    controller: named(properties.controller),
    team_label: labelOf(properties, options.teamLabels),
    cost_center: labelOf(properties, options.costCenterLabels),
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

/** Exact sums over the containers of a controller. */
class Sums {
  readonly #identity: Identity;
  readonly #costs = { cpu: 0n, gpu: 0n, ram: 0n, pv: 0n, loadBalancer: 0n, network: 0n };
  readonly #hours = { cpu: 0, gpu: 0, ramBytes: 0 };

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  add(allocation: Allocation): void {
    const costs = this.#costs;
    costs.cpu += picos(allocation.cpuCost, allocation.cpuCostAdjustment);
    costs.gpu += picos(allocation.gpuCost, allocation.gpuCostAdjustment);
    costs.ram += picos(allocation.ramCost, allocation.ramCostAdjustment);
    costs.pv += picos(allocation.pvCost, allocation.pvCostAdjustment);
    costs.loadBalancer += picos(allocation.loadBalancerCost, allocation.loadBalancerCostAdjustment);
    costs.network += picos(allocation.networkCost, allocation.networkCostAdjustment);
    this.#hours.cpu += allocation.cpuCoreHours;
    this.#hours.gpu += allocation.gpuHours;
    this.#hours.ramBytes += allocation.ramByteHours;
  }

  toRow(): CostFactRow {
    const { cpu, gpu, ram, pv, loadBalancer, network } = this.#costs;
    const chargeable = formatPicos(cpu + gpu + ram + pv + loadBalancer);
    return {
      ...this.#identity,
      usage_type: "",
      cpu_cost: formatPicos(cpu),
      gpu_cost: formatPicos(gpu),
      ram_cost: formatPicos(ram),
      pv_cost: formatPicos(pv),
      load_balancer_cost: formatPicos(loadBalancer),
      network_cost_info: formatPicos(network),
      effective_cost: chargeable,
      billed_cost: chargeable,
      cpu_core_hours: this.#hours.cpu.toFixed(HOUR_PLACES),
      gpu_hours: this.#hours.gpu.toFixed(HOUR_PLACES),
      ram_gib_hours: (this.#hours.ramBytes / BYTES_PER_GIB).toFixed(HOUR_PLACES),
    };
  }
}

/** The digits that were printed: JavaScript's shortest text of a number is what JSON said. */
function picos(...numbers: readonly number[]): bigint {
  return numbers.reduce((sum, number) => sum + parsePicos(String(number)), 0n);
}

function refuseOther(
  { name, properties, window }: Allocation,
  { cluster, chargePeriod }: ParseOptions,
): void {
  if (properties.cluster !== cluster)
    throw new ReadingError(
      "malformed",
      `allocation "${name}" is of cluster "${properties.cluster}"; configure the cluster under the id that its answers print`,
    );
  if (
    Date.parse(window.start) !== Date.parse(chargePeriod.start) ||
    Date.parse(window.end) !== Date.parse(chargePeriod.end)
  )
    throw new ReadingError(
      "malformed",
      `allocation "${name}" is of ${window.start} to ${window.end}, which is not the day that was asked for`,
    );
}

const COSTS = ["cpu", "gpu", "ram", "pv", "loadBalancer"] as const;

function refuseAbsurd(allocation: Allocation): void {
  const { name } = allocation;
  const isIdle = name.split("/").includes(IDLE);
  for (const part of COSTS) {
    const cost = picos(allocation[`${part}Cost`], allocation[`${part}CostAdjustment`]);
    // Idle may be negative where pods were charged more than their node costs: it stays visible as a variance.
    if (cost < 0n && !isIdle)
      throw new ReadingError(
        "absurd",
        `allocation "${name}" has a negative ${part} cost, ${formatPicos(cost)}`,
      );
  }
  if (allocation.gpuHours > 0 && allocation.gpuCost === 0 && !isIdle)
    throw new ReadingError(
      "absurd",
      `allocation "${name}" held GPUs for ${allocation.gpuHours} hours at no cost; set a GPU price in Kubecost or OpenCost`,
    );
}

function refuseCeiling(rows: readonly CostFactRow[], { costPerDayMax, cluster }: ParseOptions): void {
  const total = rows.reduce((sum, row) => sum + parsePicos(row.effective_cost), 0n);
  if (total > parsePicos(costPerDayMax))
    throw new ReadingError(
      "absurd",
      `cluster ${cluster} cost ${formatPicos(total)} on one day, more than costPerDayMax ${costPerDayMax}`,
    );
}
