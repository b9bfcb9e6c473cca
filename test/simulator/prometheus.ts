import { billOf, SIMULATED_ACCOUNT } from "./platform/bill.js";
import { dayOf, type SimulatedClock } from "./platform/clock.js";
import { workloadsOf } from "./platform/kubernetes.js";
import type { PlatformRegistry } from "./platform/registry.js";
import { json, type HttpAnswer, type HttpQuestion } from "./http.js";

/** Usage type of the bill behind each class, and how much of its bytes the clusters' Prometheus sees. */
const CLASSES = {
  internet: { usageType: "EU-DataTransfer-Out-Bytes", seen: 0.9 },
  "inter-region": { usageType: "EU-USE1-AWS-Out-Bytes", seen: 0.8 },
  "inter-zone": { usageType: "EU-DataTransfer-Regional-Bytes", seen: 1.1 },
  nat: { usageType: "EU-NatGateway-Bytes", seen: 0.95 },
} as const;
const BYTES_PER_GB = 1e9;

/** `GET /api/v1/query` for Kubecost's network bytes of one cluster: the bill's bytes, shared out like Kubecost's estimates. */
export function prometheusApi(
  seed: number,
  registry: PlatformRegistry,
  cluster: string,
  clock: SimulatedClock,
) {
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
    if (!query.includes("kubecost_pod_network_")) return vector([]);
    const day = dayOf(time - 1);
    const { usageType, seen } = CLASSES[classOf(query)];
    const billedGb =
      billOf(seed, registry, day, clock).find(
        ({ account, owner, usageType: billed }) =>
          account === SIMULATED_ACCOUNT && owner === "network" && billed === usageType,
      )?.usageQuantity ?? 0;
    const here = networkOf(seed, registry, cluster, day);
    const everywhere = registry.clusters.flatMap(({ id }) => [
      ...networkOf(seed, registry, id, day).values(),
    ]);
    const total = everywhere.reduce((sum, units) => sum + units, 0);
    return vector(
      Array.from(here, ([namespace, units]) => [
        { namespace },
        String(Math.round((billedGb * seen * BYTES_PER_GB * units) / Math.max(1, total))),
      ]),
    );
  };
}

function classOf(query: string): keyof typeof CLASSES {
  if (query.includes("ingress")) return "nat";
  if (query.includes('same_zone="false"')) return "inter-zone";
  return query.includes('same_region="false"') ? "inter-region" : "internet";
}

function networkOf(
  seed: number,
  registry: PlatformRegistry,
  cluster: string,
  day: string,
): Map<string, number> {
  const units = new Map<string, number>();
  for (const { namespace, costs } of workloadsOf(seed, registry, cluster, day, "final", 1))
    if (costs.network > 0) units.set(namespace, (units.get(namespace) ?? 0) + costs.network);
  return units;
}

function vector(samples: readonly [Record<string, string>, string][]): HttpAnswer {
  const result = samples.map(([metric, value]) => ({ metric, value: [0, value] }));
  return json({ status: "success", data: { resultType: "vector", result } });
}
