import { isWeekend, NIGHT_HOURS } from "./clock.js";
import { stateOfWaste, type WasteKind, type WastePlan } from "./waste.js";
import { LEAN, type UsedShares, type WorkloadSpec } from "./workload-spec.js";

interface Waste {
  readonly kind: WasteKind;
  readonly used: Partial<UsedShares>;
  /** What it costs once it is mended. */
  readonly healed: (usd: WorkloadSpec["usd"], day: string) => WorkloadSpec["usd"];
}

/** Requests cut to what a lean workload asks for. */
function cutTo(used: Pick<UsedShares, "cpu" | "ram">): Waste["healed"] {
  return ({ cpu = 0, ram = 0, ...usd }) => ({
    ...usd,
    cpu: (cpu * used.cpu) / LEAN.cpu,
    ram: (ram * used.ram) / LEAN.ram,
  });
}

const FAR_ABOVE = { cpu: 0.08, ram: 0.15 };

/** Workloads of teams that waste. What they cost is what they would cost anyway: it has to be found by their use. */
const OF_TEAMS: Readonly<Record<string, Waste>> = {
  "team-vision/training": {
    kind: "unused-gpus",
    used: { gpu: 0.01 },
    healed: (usd) => ({ ...usd, gpu: 0 }),
  },
  "team-ranking/api": { kind: "request-sizes", used: FAR_ABOVE, healed: cutTo(FAR_ABOVE) },
};

/** A team's workload as it is on the day: with its waste, mended, or lean. */
export function asPlanted(plan: WastePlan, spec: WorkloadSpec, day: string): WorkloadSpec {
  const waste = OF_TEAMS[`${spec.namespace}/${spec.controller}`];
  return waste ? (wasting(plan, spec, waste, day)[0] ?? spec) : spec;
}

/** Nothing where the waste is not a part of the plan. */
function wasting(
  plan: WastePlan,
  spec: WorkloadSpec,
  { kind, used, healed }: Waste,
  day: string,
): WorkloadSpec[] {
  const steady = { isSteady: plan.isSteady ?? false };
  switch (stateOfWaste(plan, kind, day)) {
    case "absent":
      return [];
    case "planted":
      return [{ ...spec, ...steady, used }];
    case "healed":
      return [{ ...spec, ...steady, usd: healed(spec.usd, day), nights: spec.nights ? "off" : "works" }];
  }
}

interface PlantedWorkload extends Waste {
  readonly cluster: string;
  readonly spec: WorkloadSpec;
}

const OF_SEARCH = { team: "search", cost_center: "cc-1002" };
const OF_FRAUD = { team: "fraud", cost_center: "cc-1001" };
const GONE: Waste["healed"] = () => ({});

/** Bytes that leave their zone, or go through NAT, as Kubecost prices them; the bill has as many more. */
const TRAFFIC_UNITS_USD = 24;

/** What is there for its waste alone. */
const PLANTED: readonly PlantedWorkload[] = [
  {
    kind: "abandoned-workload", // nobody logs in any more, nor owns its namespace
    cluster: "shared-eu-1",
    spec: deployment("sandbox-x7", "notebook", {}, { cpu: 11, ram: 9 }),
    used: { cpu: 0.002, ram: 0.6 },
    healed: GONE,
  },
  {
    kind: "unmounted-volumes",
    cluster: "shared-eu-1",
    spec: {
      namespace: "team-search",
      controllerKind: "",
      controller: "",
      labels: OF_SEARCH,
      usd: { pv: 4 },
      kind: "unmounted",
    },
    used: {},
    healed: GONE,
  },
  {
    kind: "oversized-requests",
    cluster: "shared-us-1",
    spec: deployment("team-search", "crawler", OF_SEARCH, { cpu: 30, ram: 12 }),
    used: FAR_ABOVE,
    healed: cutTo(FAR_ABOVE),
  },
  {
    kind: "network-traffic",
    cluster: "shared-eu-1",
    spec: deployment("team-search", "gateway", OF_SEARCH, { cpu: 4, ram: 2, network: TRAFFIC_UNITS_USD }),
    used: {},
    healed: (usd) => ({ ...usd, network: 0 }),
  },
  {
    kind: "idle-notebook", // mended by stopping it at night and on weekends
    cluster: "shared-eu-1",
    spec: {
      ...deployment("team-search", "jupyter-ann", OF_SEARCH, { cpu: 9, ram: 7 }),
      controllerKind: "statefulset",
      nights: "rests",
    },
    used: {},
    healed: ({ cpu = 0, ram = 0 }, day) => {
      const part = isWeekend(day) ? 0 : (24 - NIGHT_HOURS) / 24;
      return { cpu: cpu * part, ram: ram * part };
    },
  },
  {
    kind: "gpus-outside-runs", // GPUs are used for a third, and by runs for less
    cluster: "shared-us-1",
    spec: deployment("team-fraud", "workbench", OF_FRAUD, { gpu: 420, cpu: 10, ram: 5 }),
    used: { gpu: 0.3 },
    healed: GONE,
  },
  {
    kind: "unowned-namespace", // mended by a label
    cluster: "shared-eu-1",
    spec: deployment("search-trial", "trial", {}, { cpu: 6, ram: 3 }),
    used: {},
    healed: (usd) => usd,
  },
];

/** What is on the cluster only for its waste. What was mended by its end is gone. */
export function plantedWorkloads(plan: WastePlan, cluster: string, day: string): WorkloadSpec[] {
  return PLANTED.filter((planted) => planted.cluster === cluster)
    .flatMap((planted) => wasting(plan, labelled(plan, planted, day), planted, day))
    .filter(({ usd }) => Object.values(usd).some((amount) => amount > 0));
}

function labelled(plan: WastePlan, { kind, spec }: PlantedWorkload, day: string): WorkloadSpec {
  const isMended = kind === "unowned-namespace" && stateOfWaste(plan, kind, day) === "healed";
  return isMended ? { ...spec, labels: OF_SEARCH } : spec;
}

function deployment(
  namespace: string,
  controller: string,
  labels: WorkloadSpec["labels"],
  usd: WorkloadSpec["usd"],
): WorkloadSpec {
  return { namespace, controllerKind: "deployment", controller, labels, usd };
}
