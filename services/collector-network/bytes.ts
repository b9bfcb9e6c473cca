import type { NetworkClass } from "@apportion/aws/bill-lines";
import type { ChargePeriod } from "@apportion/domain/period";
import { instantVector, vectorOfPeriod, type Vector } from "@apportion/readings/prometheus";
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

export function createByteMeter(servers: readonly PrometheusConfig[]): ByteMeter {
  const upstreams = servers.map((server) => ({ server, upstream: createUpstream(server) }));
  return {
    clusters: servers.map(({ cluster }) => cluster),
    async clustersReachingBackTo(instant, signal) {
      const clusters = new Set<string>();
      for (const { server, upstream } of upstreams) {
        const series = server.metrics === "kubecost" ? EGRESS : TRANSMITTED;
        const query = `count(count_over_time(${series}[1d]))`;
        const counted = await instantVector(upstream, query, new Date(instant), signal);
        if (counted.length > 0) clusters.add(server.cluster);
      }
      return clusters;
    },
    async read(period, now, signal) {
      const bytesOf = async (networkClass: NetworkClass): Promise<NamespaceBytes[]> => {
        const all: NamespaceBytes[] = [];
        for (const { server, upstream } of upstreams) {
          const queries = server.metrics === "kubecost" ? KUBECOST : CONTAINER;
          const answer = await vectorOfPeriod(upstream, queries[networkClass], period, now, signal);
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
  result: Vector,
  { cluster, region }: Pick<PrometheusConfig, "cluster" | "region">,
): NamespaceBytes[] {
  return result.map(({ metric, value }) => {
    const bytes = Number(value[1]);
    if (!Number.isFinite(bytes) || bytes < 0)
      throw new ReadingError(
        "absurd",
        `Prometheus says that ${foreignText(metric["namespace"] ?? "?")} moved ${foreignText(value[1])} bytes`,
      );
    return { cluster, region, namespace: metric["namespace"] ?? "", bytes: BigInt(Math.round(bytes)) };
  });
}
