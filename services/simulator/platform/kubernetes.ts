import { DAY_MS, HOUR_MS, startOf, weekdayFactor } from "./clock.js";
import { asPlanted, plantedWorkloads } from "./planted.js";
import { chance, noise } from "./random.js";
import type { PlatformRegistry, SimulatedTeam } from "./registry.js";
import { stateOfWaste } from "./waste.js";
import {
  LEAN,
  type Nights,
  type UsedShares,
  type WorkloadCosts,
  type WorkloadSpec,
} from "./workload-spec.js";

/** Dollars are whole numbers of 10⁻⁵: OpenCost rounds what it prints to five places. */
export const UNITS_PER_USD = 100_000;

/** One controller on one cluster for one day, as OpenCost would measure it. */
export interface Workload {
  readonly cluster: string;
  readonly node: string;
  readonly namespace: string;
  readonly controllerKind: string;
  readonly controller: string;
  readonly pod: string;
  readonly container: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly costs: WorkloadCosts;
  readonly kind: "workload" | "unmounted" | "idle";
  readonly used: UsedShares;
  readonly nights: Nights;
}

/** A day is re-priced once, 36 hours after its end. */
const SETTLE_MS = 36 * HOUR_MS;

export type DayState = "future" | "partial" | "provisional" | "final";

export function stateOf(day: string, asOfMs: number): DayState {
  const start = startOf(day);
  if (asOfMs <= start) return "future";
  if (asOfMs < start + DAY_MS) return "partial";
  return asOfMs < start + DAY_MS + SETTLE_MS ? "provisional" : "final";
}

/** Everything that ran on a cluster on a day, as the source says it in the given state. */
export function workloadsOf(
  seed: number,
  registry: PlatformRegistry,
  cluster: string,
  day: string,
  state: DayState,
  dayShare: number,
): Workload[] {
  if (state === "future") return [];
  const scale = weekdayFactor(day) * dayShare * (state === "final" ? 1 : 0.985);
  const make = (part: WorkloadSpec): Workload => workload(seed, cluster, day, scale, part);
  const teams = registry.teams.filter((team) => team.cluster === cluster || team.trainingCluster === cluster);
  const workloads = [
    ...teams
      .flatMap((team) => teamWorkloads(team, cluster).map((spec) => asPlanted(registry.waste, spec, day)))
      .map(make),
    ...platformWorkloads(cluster).map(make),
    ...plantedWorkloads(registry.waste, cluster, day).map(make),
    ...oddities(cluster, state).map(make),
  ];
  const isOversized =
    cluster === OVERSIZED_CLUSTER && stateOfWaste(registry.waste, "idle-capacity", day) === "planted";
  return [...workloads, ...idleOf(seed, cluster, day, workloads, isOversized ? IDLE_OVERSIZED : IDLE)];
}

function teamWorkloads(team: SimulatedTeam, cluster: string): WorkloadSpec[] {
  const { namespace, dailyUsd, gpuHeavy } = team;
  const labels = {
    team: team.id,
    cost_center: team.costCenter,
    compliance_level: team.complianceLevel,
    app_kubernetes_io_managed_by: "argocd",
  };
  const of = (controllerKind: string, controller: string, usd: WorkloadSpec["usd"]): WorkloadSpec => ({
    namespace,
    controllerKind,
    controller,
    labels: { ...labels, app: controller },
    usd,
  });
  const serves = team.cluster === cluster;
  const trainingShare = team.trainingCluster === undefined ? 1 : 0.5;
  const gpuUsd = dailyUsd * (gpuHeavy ? 0.8 : 0.25) * trainingShare;
  const training = {
    ...of("job", "training", {
      gpu: gpuUsd,
      cpu: gpuUsd * 0.08,
      ram: gpuUsd * 0.05,
      network: gpuUsd * 0.01,
    }),
    ...(team.trainingNode !== undefined && serves && { node: team.trainingNode }),
  };
  if (!serves) return [training];
  const rest = dailyUsd * (gpuHeavy ? 0.1 : 0.62);
  return [
    training,
    of("deployment", "api", { cpu: rest * 0.3, ram: rest * 0.14, loadBalancer: 0.6, network: rest * 0.03 }),
    of("deployment", "worker", { cpu: rest * 0.2, ram: rest * 0.1 }),
    of("statefulset", "feature-cache", { cpu: rest * 0.06, ram: rest * 0.14, pv: rest * 0.06 }),
    of("cronjob", "evaluation", { cpu: rest * 0.04, ram: rest * 0.02 }),
  ];
}

function platformWorkloads(cluster: string): WorkloadSpec[] {
  const labels = { team: "platform", cost_center: "cc-platform" };
  const shared = (controllerKind: string, controller: string, usd: WorkloadSpec["usd"]): WorkloadSpec => ({
    namespace: "platform-shared",
    controllerKind,
    controller,
    labels: { ...labels, app: controller },
    usd,
  });
  const system = (controllerKind: string, controller: string, usd: WorkloadSpec["usd"]): WorkloadSpec => ({
    namespace: "kube-system",
    controllerKind,
    controller,
    labels: {},
    usd,
  });
  const everywhere = [
    shared("statefulset", "prometheus", { cpu: 14, ram: 22, pv: 6, network: 1 }),
    system("deployment", "coredns", { cpu: 3, ram: 2 }),
    system("daemonset", "kube-proxy", { cpu: 5, ram: 3 }),
  ];
  if (cluster === "pci-1") return everywhere;
  return [
    ...everywhere,
    shared("deployment", "mlflow", { cpu: 34, ram: 21, pv: 3, network: 2 }),
    shared("deployment", "feast", { cpu: 25, ram: 30 }),
    shared("deployment", "argocd", { cpu: 7, ram: 5 }),
  ];
}

/** What every real platform has and nobody put into a diagram: seen while the day was young, gone when it was re-priced. */
function oddities(cluster: string, state: DayState): WorkloadSpec[] {
  const labels = { team: "search", cost_center: "cc-1002" };
  const usd = { cpu: 2, ram: 1 };
  return cluster === "shared-us-1" && state !== "final"
    ? [{ namespace: "team-search", controllerKind: "deployment", controller: "canary", labels, usd }]
    : [];
}

function workload(seed: number, cluster: string, day: string, scale: number, spec: WorkloadSpec): Workload {
  const { namespace, controllerKind, controller, labels, usd, kind = "workload" } = spec;
  const anyNode = `${cluster}-node-${1 + Math.floor(6 * chance(seed, "node", cluster, namespace, controller))}`;
  const units = (part: keyof WorkloadCosts): number =>
    Math.round(
      (usd[part] ?? 0) *
        (spec.isSteady ? 1 : scale * noise(0.08, seed, day, cluster, namespace, controller, part)) *
        UNITS_PER_USD,
    );
  const unmounted = kind === "unmounted";
  const suffix = chance(seed, cluster, namespace, controller).toString(36).slice(2, 7);
  return {
    cluster,
    node: unmounted ? "" : (spec.node ?? anyNode),
    namespace,
    controllerKind,
    controller,
    pod: unmounted ? `${namespace}-unmounted-pvcs` : `${controller}-${suffix}`,
    container: unmounted ? "__unmounted__" : controller,
    labels,
    kind,
    used: { ...LEAN, ...spec.used },
    nights: spec.nights ?? "works",
    costs: {
      cpu: units("cpu"),
      gpu: units("gpu"),
      ram: units("ram"),
      pv: units("pv"),
      loadBalancer: units("loadBalancer"),
      network: units("network"),
    },
  };
}

type IdleShares = Readonly<Record<"cpu" | "gpu" | "ram", number>>;

/** Nodes are bought whole: about a sixth of what runs on them is paid for and not asked for, on each in proportion to what runs there. */
const IDLE: IdleShares = { cpu: 0.2, gpu: 0.08, ram: 0.25 };
const IDLE_OVERSIZED: IdleShares = { cpu: 0.7, gpu: 0.6, ram: 0.7 };
/** Where idle capacity is planted. */
const OVERSIZED_CLUSTER = "shared-us-1";

function idleOf(
  seed: number,
  cluster: string,
  day: string,
  workloads: readonly Workload[],
  shares: IdleShares,
): Workload[] {
  const nodes = [...new Set(workloads.map(({ node }) => node))].filter((node) => node !== "").toSorted();
  const onNodes = (part: "cpu" | "gpu" | "ram", share: number): number[] => {
    const used = nodes.map((node) => sumOf(workloads, node, part));
    const total = used.reduce((sum, units) => sum + units, 0);
    const units = Math.round(total * share * noise(0.1, seed, "idle", day, cluster, part));
    // Rounded at the edges between nodes, so that the parts add up.
    const upTo = (count: number): number =>
      total === 0
        ? 0
        : Math.round((units * used.slice(0, count).reduce((sum, each) => sum + each, 0)) / total);
    return nodes.map((_, index) => upTo(index + 1) - upTo(index));
  };
  const parts = {
    cpu: onNodes("cpu", shares.cpu),
    gpu: onNodes("gpu", shares.gpu),
    ram: onNodes("ram", shares.ram),
  };
  return nodes.map((node, index) =>
    idle(cluster, node, parts.cpu[index], parts.gpu[index], parts.ram[index]),
  );
}

function sumOf(workloads: readonly Workload[], node: string, part: "cpu" | "gpu" | "ram"): number {
  return workloads.reduce((total, each) => (each.node === node ? total + each.costs[part] : total), 0);
}

function idle(cluster: string, node: string, cpu = 0, gpu = 0, ram = 0): Workload {
  return {
    cluster,
    node,
    namespace: "",
    controllerKind: "",
    controller: "",
    pod: "",
    container: "",
    labels: {},
    kind: "idle",
    used: LEAN,
    nights: "works",
    costs: { cpu, gpu, ram, pv: 0, loadBalancer: 0, network: 0 },
  };
}

/** What OpenCost answers where it is not asked for idle by node. */
export function withIdleOfCluster(workloads: readonly Workload[]): Workload[] {
  const idles = workloads.filter(({ kind }) => kind === "idle");
  const [first] = idles;
  if (!first) return [...workloads];
  const sum = (part: "cpu" | "gpu" | "ram"): number =>
    idles.reduce((total, { costs }) => total + costs[part], 0);
  const one = idle(first.cluster, "", sum("cpu"), sum("gpu"), sum("ram"));
  return [...workloads.filter(({ kind }) => kind !== "idle"), one];
}

/** What may be charged: everything but network, which the bill knows better. In units of 10⁻⁵ dollars. */
export function chargeableUnits({ cpu, gpu, ram, pv, loadBalancer }: WorkloadCosts): number {
  return cpu + gpu + ram + pv + loadBalancer;
}
