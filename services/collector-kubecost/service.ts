import { chargePeriodOf } from "@apportion/domain/period";
import type { Reading, ReadingKey } from "@apportion/domain/facts";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { isSettled } from "@apportion/readings/finality";
import { createReadingPublisher } from "@apportion/readings/publisher";
import { failedReading, type FailedReading, type Source } from "@apportion/readings/source";
import type { Platform } from "@apportion/platform/platform";
import { createAllocationClient, type AllocationClient } from "./client.js";
import { SOURCE, type KubecostConfig } from "./config.js";
import { refuseOtherThanAssets } from "./gpu-nodes.js";
import { toCostFacts, type ParseOptions } from "./parse.js";

const NAME = "collector-kubecost";

/** Reads each cluster's days from Kubecost or OpenCost; a scope is a cluster. */
export async function createKubecostCollector(
  config: KubecostConfig,
  platform: Pick<Platform, "log" | "clock" | "currency" | "logger" | "health">,
): Promise<Collector> {
  const { clock } = platform;
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  const source = kubecostSource(config, clock);
  const lookback = { ...config, readsBill: false };
  return createCollector({ ...platform, name: NAME, sources: [source], publisher }, lookback);
}

export function kubecostSource(config: KubecostConfig, clock: () => Date): Source {
  const charging = new Set(config.clusters.filter((each) => each.chargeNetwork).map(({ id }) => id));
  const clients = new Map(
    config.clusters.map((cluster) => [cluster.id, createAllocationClient(cluster, config)]),
  );
  return {
    name: SOURCE,
    dataset: "cost",
    scopes: [...clients.keys()],
    about: async (scope, signal) => clients.get(scope)?.dialect(signal),
    async *read(scope, days, signal) {
      const client = clients.get(scope);
      if (!client) throw new Error(`There is no cluster ${scope}`);
      for (const day of days) {
        const key = {
          dataset: "cost" as const,
          source: SOURCE,
          scope,
          chargePeriod: chargePeriodOf(day),
        };
        yield await readDay(client, key, { ...config, chargeNetwork: charging.has(scope) }, clock, signal);
      }
    },
  };
}

async function readDay(
  client: AllocationClient,
  key: ReadingKey & { readonly dataset: "cost" },
  config: KubecostConfig & Pick<ParseOptions, "chargeNetwork">,
  clock: () => Date,
  signal: AbortSignal,
): Promise<Reading<"cost"> | FailedReading> {
  try {
    const finality = isSettled(key.chargePeriod, config.settleHours, clock()) ? "final" : "provisional";
    const options = { ...config, cluster: key.scope, chargePeriod: key.chargePeriod };
    const { rows, nodes } = await client.allocations(
      key.chargePeriod,
      (allocations) => toCostFacts(allocations, options),
      signal,
    );
    // While the day runs, what is asked second has seen more of it.
    const isOver = Date.parse(key.chargePeriod.end) <= clock().getTime();
    if (config.checkGpuNodes && isOver && nodes.withGpus().size > 0) {
      const assets = await client.nodes(key.chargePeriod, signal);
      if (assets) refuseOtherThanAssets(nodes, assets);
    }
    return { key, rows, finality };
  } catch (error) {
    return failedReading(key, error);
  }
}
