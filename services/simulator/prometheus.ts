import { BILL_PREFIX, billOf, SIMULATED_ACCOUNT } from "./platform/bill.js";
import { dayOf, type SimulatedClock } from "./platform/clock.js";
import { networkUnitsOf, unitsOfRegion } from "./platform/network.js";
import type { PlatformRegistry } from "./platform/registry.js";
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

/** `GET /api/v1/query` for Kubecost's network bytes of one cluster: the bytes of its region's bill, shared out like Kubecost's estimates. */
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

function vector(samples: readonly [Record<string, string>, string][]): HttpAnswer {
  const result = samples.map(([metric, value]) => ({ metric, value: [0, value] }));
  return json({ status: "success", data: { resultType: "vector", result } });
}
