import { weekdayFactor } from "./clock.js";
import type { PodUtilisation } from "./utilisation.js";
import { stateOfWaste, type WastePlan } from "./waste.js";

/** The ResourceQuota of a team's namespace: what it allows of each resource, and what is requested of it, in the units of kube-state-metrics. */
export interface SimulatedQuota {
  readonly namespace: string;
  readonly hard: Readonly<Record<string, number>>;
  readonly used: Readonly<Record<string, number>>;
}

/** Limits beside what is requested on a weekday. */
const LEAN_TIMES = 1.25;
const FAR_ABOVE_TIMES = 6;
/** Whose quota is far above use, where that is planted. */
const GENEROUS = "team-ranking";
const GIB = 2 ** 30;

/** Of the teams' namespaces on a cluster; each has one. */
export function quotasOf(pods: readonly PodUtilisation[], plan: WastePlan, day: string): SimulatedQuota[] {
  const namespaces = [...new Set(pods.map(({ pod }) => pod.namespace))].filter((name) =>
    name.startsWith("team-"),
  );
  const isPlanted = stateOfWaste(plan, "quota-above-use", day) === "planted";
  return namespaces.map((namespace) => {
    const own = pods.filter(({ pod }) => pod.namespace === namespace);
    const sum = (of: (each: PodUtilisation) => number): number =>
      own.reduce((all, each) => all + of(each), 0);
    const times = isPlanted && namespace === GENEROUS ? FAR_ABOVE_TIMES : LEAN_TIMES;
    const allowed = (requested: number): number => Math.ceil((requested * times) / weekdayFactor(day));
    const [cores, gib, gpus] = [
      sum(({ cpu }) => cpu.request),
      sum(({ memory }) => memory.request),
      sum((each) => each.gpus),
    ];
    return {
      namespace,
      hard: {
        "requests.cpu": allowed(cores),
        "requests.memory": allowed(gib) * GIB,
        ...(gpus > 0 && { "requests.nvidia.com/gpu": allowed(gpus) }),
      },
      used: {
        "requests.cpu": cores,
        "requests.memory": Math.round(gib * GIB),
        ...(gpus > 0 && { "requests.nvidia.com/gpu": gpus }),
      },
    };
  });
}
