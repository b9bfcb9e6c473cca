import { defineCollector } from "@apportion/platform/entry";
import { usageConfig, type UsageConfig } from "./config.js";

export const usageEntry = defineCollector({
  name: "collector-usage",
  section: "usage",
  schema: usageConfig,
  meaning: "Usage of shared services, by which their cost is split",
  uses: [],
  owns: [],
  readings: (config) =>
    (["mlflow", "prometheus"] as const).flatMap((source) =>
      config[source].map(({ name, meter }) => ({ dataset: "usage", source, scope: name, meter })),
    ),
  completed: (config, { clusters }) => withOnlyCluster(config, clusters),
  create: async (config, platform) => (await import("./service.js")).createUsageCollector(config, platform),
});

/** Where there is one cluster, a meter that counts namespaces counts those of it. */
function withOnlyCluster(config: UsageConfig, [only, ...more]: readonly string[]): UsageConfig {
  if (only === undefined || more.length > 0) return config;
  const prometheus = config.prometheus.map((meter) =>
    meter.ownedBy === "namespace" ? { cluster: only, ...meter } : meter,
  );
  return { ...config, prometheus };
}
