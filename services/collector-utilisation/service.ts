import { chargePeriodOf } from "@apportion/domain/period";
import type { Platform } from "@apportion/platform/platform";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { settlingReading } from "@apportion/readings/finality";
import { createReadingPublisher } from "@apportion/readings/publisher";
import type { Source } from "@apportion/readings/source";
import type { UtilisationConfig } from "./config.js";
import { prometheusGauge } from "./gauge.js";

const NAME = "collector-utilisation";
const SOURCE = "prometheus";

/** Reads how the containers of each cluster used a day what they ask for. */
export async function createUtilisationCollector(
  config: UtilisationConfig,
  platform: Pick<Platform, "log" | "clock" | "currency" | "logger" | "health">,
): Promise<Collector> {
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  const sources = [utilisationSource(config, platform.clock)];
  const lookback = { ...config, readsBill: false };
  return createCollector({ ...platform, name: NAME, sources, publisher }, lookback);
}

/** A scope is a cluster. */
function utilisationSource(
  { prometheus, settleHours, timeZone }: UtilisationConfig,
  clock: () => Date,
): Source {
  const gauges = new Map(prometheus.map((server) => [server.cluster, prometheusGauge(server, timeZone)]));
  return {
    name: SOURCE,
    dataset: "workload-utilisation",
    scopes: [...gauges.keys()],
    async *read(scope, days, signal) {
      const gauge = gauges.get(scope);
      if (!gauge) throw new Error(`There is no Prometheus of ${scope}`);
      for (const day of days) {
        const [chargePeriod, now] = [chargePeriodOf(day), clock()];
        const key = { dataset: "workload-utilisation" as const, source: SOURCE, scope, chargePeriod };
        yield await settlingReading(key, settleHours, now, () => gauge.read(chargePeriod, now, signal));
      }
    },
  };
}
