import { chargePeriodOf } from "@apportion/domain/period";
import type { Platform } from "@apportion/platform/platform";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { settlingReading } from "@apportion/readings/finality";
import { createReadingPublisher } from "@apportion/readings/publisher";
import type { Source } from "@apportion/readings/source";
import type { UsageConfig } from "./config.js";
import type { UsageMeter } from "./meter.js";
import { mlflowMeter } from "./mlflow/meter.js";
import { prometheusMeter } from "./prometheus/meter.js";

const NAME = "collector-usage";

/** Reads how much of the shared services each team used. */
export async function createUsageCollector(
  config: UsageConfig,
  platform: Pick<Platform, "log" | "clock" | "currency" | "logger" | "health">,
): Promise<Collector> {
  const { clock } = platform;
  const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${NAME}` });
  const sources = [
    meterSource("mlflow", config.mlflow.map(mlflowMeter), config, clock),
    meterSource("prometheus", config.prometheus.map(prometheusMeter), config, clock),
  ].filter(({ scopes }) => scopes.length > 0);
  const lookback = { ...config, readsBill: false };
  return createCollector({ ...platform, name: NAME, sources, publisher }, lookback);
}

/** A scope is a meter. */
function meterSource(
  name: UsageMeter["source"],
  meters: readonly UsageMeter[],
  { settleHours }: Pick<UsageConfig, "settleHours">,
  clock: () => Date,
): Source {
  const byScope = new Map(meters.map((meter) => [meter.scope, meter]));
  return {
    name,
    dataset: "usage",
    scopes: [...byScope.keys()],
    async *read(scope, days, signal) {
      const meter = byScope.get(scope);
      if (!meter) throw new Error(`There is no meter ${scope}`);
      for (const day of days) {
        const [chargePeriod, now] = [chargePeriodOf(day), clock()];
        const key = { dataset: "usage" as const, source: meter.source, scope: meter.scope, chargePeriod };
        yield await settlingReading(key, settleHours, now, () => meter.read(chargePeriod, now, signal));
      }
    },
  };
}
