import { BILL_PREFIX, billOf, SIMULATED_ACCOUNT } from "./platform/bill.js";
import { dayOf, type SimulatedClock } from "./platform/clock.js";
import type { Workload } from "./platform/kubernetes.js";
import { networkUnitsOf, unitsOfRegion } from "./platform/network.js";
import { type SimulatedQuota, quotasOf } from "./platform/quotas.js";
import type { PlatformRegistry } from "./platform/registry.js";
import { type PodUtilisation, utilisationOf } from "./platform/utilisation.js";
import { json, type HttpAnswer, type HttpQuestion } from "./http.js";

/** Usage types of the bill behind each class, and how much of its bytes the clusters' Prometheus sees. */
const CLASSES = {
  internet: { usageTypes: ["EU-DataTransfer-Out-Bytes", "USE1-DataTransfer-Out-Bytes"], seen: 0.9 },
  "inter-region": { usageTypes: ["EU-USE1-AWS-Out-Bytes", "USE1-EU-AWS-Out-Bytes"], seen: 0.8 },
  "inter-zone": {
    usageTypes: ["EU-DataTransfer-Regional-Bytes", "USE1-DataTransfer-Regional-Bytes"],
    seen: 1.1,
  },
  nat: { usageTypes: ["EU-NatGateway-Bytes", "USE1-NatGateway-Bytes"], seen: 0.95 },
} as const;
const BYTES_PER_GB = 1e9;

/**
 * `GET /api/v1/query` of one cluster: Kubecost's network bytes, which are the bytes of its region's bill, shared out like Kubecost's estimates; and how
 * containers use what they ask for.
 */
export function prometheusApi(
  seed: number,
  registry: PlatformRegistry,
  cluster: string,
  clock: SimulatedClock,
) {
  // A day is asked about in a dozen questions, one after the other.
  let known: { readonly of: string; readonly pods: readonly PodUtilisation[] } | undefined;
  const podsOn = (day: string): readonly PodUtilisation[] => {
    const of = `${day} ${clock.asOfMs}`;
    if (known?.of !== of) known = { of, pods: utilisationOf(seed, registry, cluster, day, clock.asOfMs) };
    return known.pods;
  };
  return ({ url }: HttpQuestion): HttpAnswer => {
    const query = url.searchParams.get("query") ?? "";
    const time = Date.parse(url.searchParams.get("time") ?? "");
    if (url.pathname !== "/api/v1/query" || Number.isNaN(time))
      return json(
        {
          status: "error",
          errorType: "bad_data",
          error: "the simulator knows instant queries at a time only",
        },
        400,
      );
    const day = dayOf(time - 1);
    if (!query.includes("kubecost_pod_network_")) {
      const pods = podsOn(day);
      const isOfQuotas = query.includes("kube_resourcequota");
      return vector(
        isOfQuotas ? quotaSamples(query, quotasOf(pods, registry.waste, day)) : samplesOf(query, pods),
      );
    }
    const { usageTypes, seen } = CLASSES[classOf(query)];
    const region = registry.clusters.find(({ id }) => id === cluster)?.region ?? "";
    const usageType = usageTypes.find((each) => each.startsWith(`${BILL_PREFIX[region]}-`));
    const billedGb =
      billOf(seed, registry, day, clock).find(
        (line) =>
          line.account === SIMULATED_ACCOUNT && line.owner === "network" && line.usageType === usageType,
      )?.usageQuantity ?? 0;
    const units = networkUnitsOf(seed, registry, day);
    const total = unitsOfRegion(registry, units, region);
    return vector(
      Array.from(units.get(cluster) ?? [], ([namespace, own]) => [
        { namespace },
        String(Math.round((billedGb * seen * BYTES_PER_GB * own) / Math.max(1, total))),
      ]),
    );
  };
}

function classOf(query: string): keyof typeof CLASSES {
  if (query.includes('same_zone="false"')) return "inter-zone";
  if (query.includes("ingress")) return "nat";
  return query.includes('same_region="false"') ? "inter-region" : "internet";
}

type Sample = [Record<string, string>, string];

const QUANTILE = /quantile_over_time\((0\.\d+)/;
const CPU_QUANTILES: Readonly<Record<string, "p50" | "p95" | "p99">> = {
  "0.5": "p50",
  "0.95": "p95",
  "0.99": "p99",
};

/** What the metrics of cAdvisor, kube-state-metrics and the DCGM exporter come to over the day, for the queries of the collector. */
function samplesOf(query: string, pods: readonly PodUtilisation[]): Sample[] {
  const of = (value: (each: PodUtilisation) => number | undefined): Sample[] =>
    pods.flatMap((each) => {
      const { namespace, pod, container } = each.pod;
      const measured = value(each);
      return measured === undefined ? [] : [[{ namespace, pod, container }, String(measured)] as Sample];
    });
  const quantile = QUANTILE.exec(query)?.[1];
  if (query.includes("kube_pod_owner")) return pods.map(({ pod }) => [ownerLabels(pod), "1"]);
  if (query.includes("kube_pod_container_resource_")) {
    const kind = query.includes("_requests") ? "request" : "limit";
    return of(({ cpu, memory }) => (query.includes('"cpu"') ? cpu[kind] : memory[kind]));
  }
  if (query.includes("hour("))
    return of(({ offHours }) => offHours?.[query.includes("> bool") ? "busy" : "ran"]);
  if (query.includes("container_cpu_usage_seconds_total"))
    return of(({ cpu }) => cpu[quantile === undefined ? "max" : (CPU_QUANTILES[quantile] ?? "max")]);
  if (query.includes("container_memory_working_set_bytes"))
    return of(({ memory }) => memory[quantile === undefined ? "max" : "p95"]);
  if (query.includes("DCGM_FI_DEV_GPU_UTIL"))
    return of(({ gpuPercent }) => (gpuPercent === undefined ? undefined : gpuPercent / 100));
  if (query.includes("kube_pod_container_status_restarts_total")) return of(() => 0);
  return [];
}

function quotaSamples(query: string, quotas: readonly SimulatedQuota[]): Sample[] {
  const bound = query.includes('type="hard"') ? "hard" : "used";
  return quotas.flatMap((quota) =>
    Object.entries(quota[bound]).map(([resource, value]): Sample => [
      { namespace: quota.namespace, resourcequota: "compute", resource },
      String(value),
    ]),
  );
}

/** Pods of a Deployment here have no ReplicaSets between. */
function ownerLabels({ namespace, pod, controllerKind, controller }: Workload): Record<string, string> {
  return { namespace, pod, owner_kind: controllerKind, owner_name: controller };
}

function vector(samples: readonly [Record<string, string>, string][]): HttpAnswer {
  const result = samples.map(([metric, value]) => ({ metric, value: [0, value] }));
  return json({ status: "success", data: { resultType: "vector", result } });
}
