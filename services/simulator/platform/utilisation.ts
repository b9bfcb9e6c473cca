import { stateOf, UNITS_PER_USD, type Workload, workloadsOf } from "./kubernetes.js";
import { HOURS, podsOf } from "./pods.js";
import { noise } from "./random.js";
import type { PlatformRegistry } from "./registry.js";
import { DAY_MS, isWeekend, NIGHT_HOURS, startOf } from "./clock.js";

/** How a pod used the day, beside what it asks for. Requests and means are those that OpenCost is told. */
export interface PodUtilisation {
  readonly pod: Workload;
  readonly cpu: Readonly<Record<"request" | "limit" | "p50" | "p95" | "p99" | "max", number>>;
  /** In GiB. */
  readonly memory: Readonly<Record<"request" | "limit" | "p95" | "max", number>>;
  /** Held; a part of one where it held it a part of the day. */
  readonly gpus: number;
  /** 0 to 100; undefined without a GPU. */
  readonly gpuPercent: number | undefined;
  /** Of nights and weekends; undefined where it does not run then. */
  readonly offHours: { readonly ran: number; readonly busy: number } | undefined;
}

/** Of all pods of a cluster on a day, or on what has passed of it. */
export function utilisationOf(
  seed: number,
  registry: PlatformRegistry,
  cluster: string,
  day: string,
  asOfMs: number,
): PodUtilisation[] {
  const state = stateOf(day, asOfMs);
  const hours = (state === "partial" ? asOfMs - startOf(day) : DAY_MS) / 3_600_000;
  return workloadsOf(seed, registry, cluster, day, state, hours / 24)
    .filter(({ kind, namespace }) => kind === "workload" && namespace !== "")
    .flatMap(podsOf)
    .map((pod) => podUtilisation(seed, pod, hours, isWeekend(day) ? hours : Math.min(hours, NIGHT_HOURS)));
}

const BUSY_CORES = 0.05;
/** Of what rests: somebody is late, or a backup runs. */
const BUSY_AT_REST = 0.01;

function podUtilisation(seed: number, pod: Workload, hours: number, offHours: number): PodUtilisation {
  const spread = noise(0.1, seed, "utilisation", pod.cluster, pod.namespace, pod.controller);
  const cores = pod.costs.cpu / UNITS_PER_USD / HOURS.cpuUsd / hours;
  const gib = pod.costs.ram / UNITS_PER_USD / HOURS.ramGibUsd / hours;
  const mean = { cpu: cores * pod.used.cpu * spread, memory: gib * pod.used.ram * spread };
  const busy = pod.nights === "rests" ? BUSY_AT_REST : mean.cpu > BUSY_CORES ? 1 : 0;
  return {
    pod,
    cpu: {
      request: cores,
      limit: cores * 2,
      p50: mean.cpu * 0.9,
      p95: mean.cpu * 1.3,
      p99: mean.cpu * 1.35,
      max: mean.cpu * 1.4,
    },
    memory: {
      request: gib,
      limit: gib * 1.5,
      p95: mean.memory * 1.05,
      max: mean.memory * 1.15,
    },
    gpus: pod.costs.gpu / UNITS_PER_USD / HOURS.gpuUsd / hours,
    gpuPercent: pod.costs.gpu > 0 ? 100 * pod.used.gpu * spread : undefined,
    offHours: pod.nights === "off" ? undefined : { ran: offHours, busy: offHours * busy },
  };
}
