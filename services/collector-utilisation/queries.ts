import type { UtilisationFactRow } from "@apportion/domain/facts";

type Column = Exclude<
  keyof UtilisationFactRow,
  "namespace" | "controller_kind" | "controller" | "container" | "pods" | `quota_${string}`
>;

/** One number of a container of a pod over `$window`. */
export interface Measure {
  readonly column: Column;
  readonly query: string;
  /** What has to be there for a reading to be made; others are unknown where they are absent. */
  readonly needs?: string;
}

/** cAdvisor also counts the cgroups of pods (no container) and their pause containers. */
const REAL = 'container!="",container!="POD"';
/** Seconds by which the time zone is ahead of UTC on the day stand for `$zone`. */
const LOCAL = "vector(time() + $zone)";
/** Nights, from 20 to 7 o'clock, and weekends. */
const OFF = `(hour(${LOCAL}) >= 20 or hour(${LOCAL}) < 7 or day_of_week(${LOCAL}) == 0 or day_of_week(${LOCAL}) == 6)`;
/** Cores from which it does something: what an idle notebook, its kernels and its proxy come to is less. */
const BUSY_CORES = 0.05;
const STEPS_PER_HOUR = 12;
const RATE = `rate(container_cpu_usage_seconds_total{${REAL}}[5m])`;
const CORES = `${RATE}[$window:5m]`;
const WORKING_SET = `container_memory_working_set_bytes{${REAL}}[$window]`;
const GIB = 1_073_741_824;
const MIB_OF_GIB = 1_024;

/**
 * From cAdvisor (https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md), kube-state-metrics
 * (https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics) and NVIDIA's DCGM exporter (https://docs.nvidia.com/datacenter/dcgm/latest/).
 */
export const MEASURES: readonly Measure[] = [
  {
    column: "cpu_p50_cores",
    query: ofContainer(`quantile_over_time(0.5, ${CORES})`),
    needs: "container_cpu_usage_seconds_total of cAdvisor",
  },
  { column: "cpu_p95_cores", query: ofContainer(`quantile_over_time(0.95, ${CORES})`) },
  { column: "cpu_p99_cores", query: ofContainer(`quantile_over_time(0.99, ${CORES})`) },
  { column: "cpu_max_cores", query: ofContainer(`max_over_time(${CORES})`) },
  { column: "cpu_request_cores", query: asked("requests", "cpu") },
  { column: "cpu_limit_cores", query: asked("limits", "cpu") },
  {
    column: "cpu_throttled_share",
    query: `${periods("container_cpu_cfs_throttled_periods_total")} / ${periods("container_cpu_cfs_periods_total")}`,
  },
  { column: "memory_p95_gib", query: `${ofContainer(`quantile_over_time(0.95, ${WORKING_SET})`)} / ${GIB}` },
  {
    column: "memory_max_gib",
    query: `${ofContainer(`max_over_time(${WORKING_SET})`)} / ${GIB}`,
    needs: "container_memory_working_set_bytes of cAdvisor",
  },
  { column: "memory_request_gib", query: `${asked("requests", "memory")} / ${GIB}` },
  { column: "memory_limit_gib", query: `${asked("limits", "memory")} / ${GIB}` },
  { column: "restarts", query: restarts() },
  {
    // The reason of the last end stays for as long as the pod lives: it is of this day where the container was started again on it. What is not
    // started again, as a job, has ended so.
    column: "oom_killed_pods",
    query: `((${killed("last_terminated_reason")} * (${restarts()} > bool 0.5)) > 0) or ${killed("terminated_reason")}`,
  },
  {
    column: "gpu_utilisation_share",
    query: `${ofGpu("avg", "DCGM_FI_DEV_GPU_UTIL", "avg_over_time")} / 100`,
  },
  {
    column: "gpu_memory_max_gib",
    query: `${ofGpu("max", "DCGM_FI_DEV_FB_USED", "max_over_time")} / ${MIB_OF_GIB}`,
  },
  {
    column: "off_hours",
    query: `${ofContainer(`count_over_time((${RATE} and on() ${OFF})[$window:5m])`)} / ${STEPS_PER_HOUR}`,
  },
  {
    column: "busy_off_hours",
    query: `${ofContainer(`sum_over_time(((${RATE} > bool ${BUSY_CORES}) and on() ${OFF})[$window:5m])`)} / ${STEPS_PER_HOUR}`,
  },
];

/** Who made a pod, and who made the ReplicaSet that made it. */
export const OWNERS = {
  ofPods: "max by (namespace, pod, owner_kind, owner_name) (max_over_time(kube_pod_owner[$window]))",
  ofReplicaSets:
    "max by (namespace, replicaset, owner_kind, owner_name) (max_over_time(kube_replicaset_owner[$window]))",
} as const;

const OF_QUOTA = "(namespace, resourcequota, resource)";
const REQUESTS = 'resource=~"(requests[.])?(cpu|memory)|requests[.]nvidia[.]com/gpu"';

/**
 * What quotas allow, least, and what is requested of it, most, by resource
 * (https://github.com/kubernetes/kube-state-metrics/blob/main/docs/metrics/policy/resourcequota-metrics.md).
 */
export const QUOTAS = {
  hard: `min by ${OF_QUOTA} (min_over_time(kube_resourcequota{type="hard",${REQUESTS}}[$window]))`,
  used: `max by ${OF_QUOTA} (max_over_time(kube_resourcequota{type="used",${REQUESTS}}[$window]))`,
} as const;

function ofContainer(series: string): string {
  return `max by (namespace, pod, container) (${series})`;
}

function asked(kind: "requests" | "limits", resource: "cpu" | "memory"): string {
  return ofContainer(`max_over_time(kube_pod_container_resource_${kind}{resource="${resource}"}[$window])`);
}

function periods(metric: string): string {
  return `sum by (namespace, pod, container) (increase(${metric}{${REAL}}[$window]))`;
}

function killed(state: "last_terminated_reason" | "terminated_reason"): string {
  return ofContainer(`max_over_time(kube_pod_container_status_${state}{reason="OOMKilled"}[$window])`);
}

function restarts(): string {
  return ofContainer("increase(kube_pod_container_status_restarts_total[$window])");
}

/** Where Prometheus keeps its own labels, the exporter's have `exported_` before them. */
function ofGpu(of: "avg" | "max", metric: string, over: string): string {
  return `${of} by (namespace, pod, container, exported_namespace, exported_pod, exported_container) (${over}(${metric}[$window]))`;
}
