import { DAY_MS, dayOf, startOf, type SimulatedClock } from "./platform/clock.js";
import {
  chargeableUnits,
  stateOf,
  UNITS_PER_USD,
  withIdleOfCluster,
  workloadsOf,
  type Workload,
} from "./platform/kubernetes.js";
import { HOURS, podsOf } from "./platform/pods.js";
import type { PlatformRegistry } from "./platform/registry.js";
import { json, type HttpAnswer, type HttpQuestion } from "./http.js";
import type { Ledger, ServedLine } from "./ledger.js";

const PICOS_PER_UNIT = 10n ** 7n;
/** Adjustments appear when a day is re-priced against the bill. */
const ADJUSTED_SHARE = 0.02;
const BYTES_PER_GIB = 2 ** 30;

/** `GET /allocation` and `/assets` as OpenCost answers them, or `/model/…` as Kubecost does, for one cluster and one day at a time. */
export function openCostApi(
  seed: number,
  registry: PlatformRegistry,
  cluster: string,
  clock: SimulatedClock,
  ledger: Ledger,
) {
  const isKubecost = registry.clusters.find(({ id }) => id === cluster)?.dialect === "kubecost";
  const root = isKubecost ? "/model" : "";
  return ({ url }: HttpQuestion): HttpAnswer => {
    if (![`${root}/allocation`, `${root}/assets`].includes(url.pathname))
      return { status: 404, contentType: "text/plain", body: "404 page not found\n" };
    const window = url.searchParams.get("window") ?? "";
    const match = /^(\d{4}-\d\d-\d\d)T00:00:00Z,(\d{4}-\d\d-\d\d)T00:00:00Z$/.exec(window);
    const [, day = "", end = ""] = match ?? [];
    if (!match || dayOf(startOf(day) + DAY_MS) !== end) return badWindow(window);
    const state = stateOf(day, clock.asOfMs);
    const dayShare = state === "partial" ? (clock.asOfMs - startOf(day)) / DAY_MS : 1;
    const running = priced(workloadsOf(seed, registry, cluster, day, state, dayShare), {
      isWrong: clock.mispriced.has(`${cluster}/${day}`),
    });
    const window_ = { start: `${day}T00:00:00Z`, end: `${end}T00:00:00Z` };
    if (url.pathname.endsWith("/assets")) {
      const set = assetsOf(running, window_);
      return json({ code: 200, status: "success", data: isKubecost ? [set] : set });
    }
    const withIdle = ["includeIdle", "idle"].some((name) => url.searchParams.get(name) === "true");
    const byNode = running.filter(({ kind }) => withIdle || kind !== "idle");
    const workloads = url.searchParams.get("idleByNode") === "true" ? byNode : withIdleOfCluster(byNode);
    ledger.record("kubecost", cluster, day, workloads.map(servedLine));
    const minutes = Math.floor(dayShare * 1440);
    const allocations = workloads.flatMap((workload) =>
      podsOf(workload).map((pod) => allocationOf(pod, window_, minutes, state === "final")),
    );
    return json({ code: 200, status: "success", data: [Object.fromEntries(allocations)] });
  };
}

/** What a wrong price list makes of a day: the price of an hour taken for that of some minutes. */
const WRONG_FACTOR = 20;

function priced(workloads: readonly Workload[], { isWrong }: { readonly isWrong: boolean }): Workload[] {
  if (!isWrong) return [...workloads];
  return workloads.map((workload) => {
    const entries = Object.entries(workload.costs) as [keyof Workload["costs"], number][];
    const costs = Object.fromEntries(entries.map(([name, units]) => [name, units * WRONG_FACTOR]));
    return { ...workload, costs: costs as unknown as Workload["costs"] };
  });
}

/** The nodes, each at what its pods and its idle capacity come to. */
function assetsOf(
  workloads: readonly Workload[],
  window: { readonly start: string; readonly end: string },
): Record<string, object> {
  const nodes = new Map<string, Record<"cpu" | "gpu" | "ram", number>>();
  for (const { node, costs } of workloads) {
    if (node === "") continue;
    const { cpu, gpu, ram } = nodes.get(node) ?? { cpu: 0, gpu: 0, ram: 0 };
    nodes.set(node, { cpu: cpu + costs.cpu, gpu: gpu + costs.gpu, ram: ram + costs.ram });
  }
  const assets = [...nodes].map(([name, { cpu, gpu, ram }]): [string, object] => [
    `AWS/__undefined__/__undefined__/Compute/Node/Kubernetes/i-${name}/${name}`,
    {
      type: "Node",
      properties: { category: "Compute", service: "Kubernetes", name, providerID: `i-${name}` },
      window,
      ...window,
      cpuCost: cpu / UNITS_PER_USD,
      gpuCost: gpu / UNITS_PER_USD,
      ramCost: ram / UNITS_PER_USD,
      discount: 0,
      adjustment: 0,
      totalCost: (cpu + gpu + ram) / UNITS_PER_USD,
    },
  ]);
  return Object.fromEntries(assets);
}

/** OpenCost's own words: text, then JSON, with status 400. */
function badWindow(window: string): HttpAnswer {
  const body = `Invalid 'window' parameter: illegal window: ${window}\n{"code":500,"status":"","data":null,"message":"Error: illegal window: [nil, nil)"}\n`;
  return { status: 400, contentType: "text/plain; charset=utf-8", body };
}

function servedLine({ cluster, node, namespace, controller, kind, labels, costs }: Workload): ServedLine {
  return {
    cluster,
    node,
    namespace,
    controller,
    kind,
    teamLabel: labels["team"] ?? "",
    picos: BigInt(chargeableUnits(costs)) * PICOS_PER_UNIT,
  };
}

function allocationOf(
  {
    cluster,
    node,
    namespace,
    controllerKind,
    controller,
    pod,
    container,
    labels,
    kind,
    costs,
    used,
  }: Workload,
  window: { readonly start: string; readonly end: string },
  minutes: number,
  adjusted: boolean,
): [string, object] {
  const place = node === "" ? cluster : `${cluster}/${node}`;
  const name = kind === "idle" ? `${place}/__idle__` : [cluster, node, namespace, pod, container].join("/");
  const cpuAdjustment = adjusted && kind === "workload" ? -Math.floor(costs.cpu * ADJUSTED_SHARE) : 0;
  const usd = (units: number): number => units / UNITS_PER_USD;
  const teamLabels = Object.fromEntries(
    Object.entries(labels).filter(([label]) => label === "team" || label === "cost_center"),
  );
  const cpuHours = usd(costs.cpu) / HOURS.cpuUsd;
  const gpuHours = usd(costs.gpu) / HOURS.gpuUsd;
  const ramByteHours = (usd(costs.ram) / HOURS.ramGibUsd) * BYTES_PER_GIB;
  const hours = Math.max(1, minutes) / 60;
  const allocation = {
    name,
    properties: {
      cluster,
      ...(node && { node }),
      ...(container && { container }),
      ...(controller && { controller, controllerKind }),
      ...(namespace && { namespace }),
      ...(pod && { pod }),
      ...(node && { providerID: `i-${node}` }),
      ...(kind !== "idle" && Object.keys(labels).length > 0 && { labels, namespaceLabels: teamLabels }),
    },
    window,
    start: window.start,
    end: window.end,
    minutes,
    cpuCores: round(cpuHours / hours),
    cpuCoreRequestAverage: round(cpuHours / hours),
    cpuCoreUsageAverage: round((cpuHours / hours) * used.cpu),
    cpuCoreHours: round(cpuHours),
    cpuCost: usd(costs.cpu - cpuAdjustment),
    cpuCostAdjustment: usd(cpuAdjustment),
    cpuCostIdle: 0,
    cpuEfficiency: used.cpu,
    gpuCount: round(gpuHours / hours),
    gpuRequestAverage: round(gpuHours / hours),
    gpuUsageAverage: round((gpuHours / hours) * used.gpu),
    gpuHours: round(gpuHours),
    gpuCost: usd(costs.gpu),
    gpuCostAdjustment: 0,
    gpuCostIdle: 0,
    gpuEfficiency: used.gpu,
    networkTransferBytes: costs.network * 100_000,
    networkReceiveBytes: costs.network * 50_000,
    networkCost: usd(costs.network),
    networkCrossZoneCost: 0,
    networkCrossRegionCost: 0,
    networkInternetCost: usd(costs.network),
    networkCostAdjustment: 0,
    loadBalancerCost: usd(costs.loadBalancer),
    loadBalancerCostAdjustment: 0,
    pvBytes: costs.pv * 1_000_000,
    pvByteHours: costs.pv * 24_000_000,
    pvCost: usd(costs.pv),
    pvs: null,
    pvCostAdjustment: 0,
    ramBytes: round(ramByteHours / hours),
    ramByteRequestAverage: round(ramByteHours / hours),
    ramByteUsageAverage: round((ramByteHours / hours) * used.ram),
    ramByteHours: round(ramByteHours),
    ramCost: usd(costs.ram),
    ramCostAdjustment: 0,
    ramCostIdle: 0,
    ramEfficiency: used.ram,
    externalCost: 0,
    sharedCost: 0,
    totalCost: usd(chargeableUnits(costs) + costs.network),
    totalEfficiency: 0.65,
    rawAllocationOnly: null,
    lbAllocations: null,
  };
  return [name, allocation];
}

function round(value: number): number {
  return Math.round(value * 100_000) / 100_000;
}
