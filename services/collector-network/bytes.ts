import { z } from "zod";
import type { NetworkClass } from "@apportion/aws/bill-lines";
import type { ChargePeriod } from "@apportion/domain/period";
import { refusePartial } from "@apportion/readings/prometheus";
import { ReadingError } from "@apportion/readings/source";
import { createUpstream } from "@apportion/readings/upstream";
import type { PrometheusConfig } from "./config.js";
import { foreignText } from "@apportion/runtime/foreign-text";

/** Bytes of a namespace in one class of network. */
export interface NamespaceBytes {
  readonly cluster: string;
  /** Region of the cluster. */
  readonly region: string;
  readonly namespace: string;
  readonly bytes: bigint;
}
export type BytesByClass = Readonly<Record<NetworkClass, readonly NamespaceBytes[]>>;

export interface ByteMeter {
  readonly clusters: readonly string[];
  /** Bytes of the period by class and namespace; until now, while it runs. @throws ReadingError */
  read(period: ChargePeriod, now: Date, signal: AbortSignal): Promise<BytesByClass>;
  /** Clusters whose server has samples of the day before the instant: it has forgotten nothing since. @throws ReadingError */
  clustersReachingBackTo(instant: string, signal: AbortSignal): Promise<ReadonlySet<string>>;
}

const EGRESS = "kubecost_pod_network_egress_bytes_total";
const INGRESS = "kubecost_pod_network_ingress_bytes_total";
const BETWEEN_ZONES = '{internet="false",same_region="true",same_zone="false"}';

/** Kubecost's labels say where bytes went: https://docs.kubecost.com/using-kubecost/navigating-the-kubecost-ui/cost-allocation/network-allocation */
const KUBECOST: Readonly<Record<NetworkClass, string>> = {
  internet: sum(`${EGRESS}{internet="true"}`),
  "inter-region": sum(`${EGRESS}{internet="false",same_region="false"}`),
  // Traffic between zones and a NAT gateway's are charged in both directions. What does not pass through a gateway is never asked of the bill.
  "inter-zone": both(sum(`${EGRESS}${BETWEEN_ZONES}`), sum(`${INGRESS}${BETWEEN_ZONES}`)),
  nat: both(sum(`${EGRESS}{internet="true"}`), sum(`${INGRESS}{internet="true"}`)),
};
const TRANSMITTED = 'container_network_transmit_bytes_total{namespace!=""}';
const TRANSMIT = sum(TRANSMITTED);
const CONTAINER: Readonly<Record<NetworkClass, string>> = {
  internet: TRANSMIT,
  "inter-region": TRANSMIT,
  "inter-zone": TRANSMIT,
  nat: TRANSMIT,
};

function sum(series: string): string {
  return `sum by (namespace) (increase(${series}[$window]))`;
}

/** Adds them for a namespace that has only one of them too: `+` alone keeps what has both. */
function both(one: string, other: string): string {
  return `(${one} or ${other} * 0) + (${other} or ${one} * 0)`;
}

const vector = z.object({
  status: z.literal("success"),
  data: z.object({
    resultType: z.literal("vector"),
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
  warnings: z.array(z.string()).optional(),
});

export function createByteMeter(servers: readonly PrometheusConfig[]): ByteMeter {
  const upstreams = servers.map((server) => ({ server, upstream: createUpstream(server) }));
  return {
    clusters: servers.map(({ cluster }) => cluster),
    async clustersReachingBackTo(instant, signal) {
      const clusters = new Set<string>();
      for (const { server, upstream } of upstreams) {
        const series = server.metrics === "kubecost" ? EGRESS : TRANSMITTED;
        const params = { query: `count(count_over_time(${series}[1d]))`, time: instant };
        const answer = await upstream.json({ method: "GET", path: "/api/v1/query", params, signal }, vector);
        refusePartial(answer.warnings);
        if (answer.data.result.length > 0) clusters.add(server.cluster);
      }
      return clusters;
    },
    async read({ start, end }, now, signal) {
      const time = new Date(Math.min(Date.parse(end), now.getTime()));
      const seconds = Math.max(1, Math.floor((time.getTime() - Date.parse(start)) / 1000));
      const bytesOf = async (networkClass: NetworkClass): Promise<NamespaceBytes[]> => {
        const all: NamespaceBytes[] = [];
        for (const { server, upstream } of upstreams) {
          const queries = server.metrics === "kubecost" ? KUBECOST : CONTAINER;
          const query = queries[networkClass].replaceAll("$window", `${seconds}s`);
          const params = { query, time: time.toISOString() };
          const answer = await upstream.json(
            { method: "GET", path: "/api/v1/query", params, signal },
            vector,
          );
          all.push(...namespaces(answer, server));
        }
        return all;
      };
      return {
        internet: await bytesOf("internet"),
        "inter-region": await bytesOf("inter-region"),
        "inter-zone": await bytesOf("inter-zone"),
        nat: await bytesOf("nat"),
      };
    },
  };
}

function namespaces(
  { data, warnings }: z.infer<typeof vector>,
  { cluster, region }: Pick<PrometheusConfig, "cluster" | "region">,
): NamespaceBytes[] {
  refusePartial(warnings);
  return data.result.map(({ metric, value }) => {
    const bytes = Number(value[1]);
    if (!Number.isFinite(bytes) || bytes < 0)
      throw new ReadingError(
        "absurd",
        `Prometheus says that ${foreignText(metric["namespace"] ?? "?")} moved ${foreignText(value[1])} bytes`,
      );
    return { cluster, region, namespace: metric["namespace"] ?? "", bytes: BigInt(Math.round(bytes)) };
  });
}
