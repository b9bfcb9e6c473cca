import { accountOf } from "@apportion/domain/tenancy";
import { defineCollector } from "@apportion/platform/entry";
import { checkChargedNetwork, checkIdle } from "./checks.js";
import { kubecostConfig, SOURCE } from "./config.js";

export const kubecostEntry = defineCollector({
  name: "collector-kubecost",
  section: "kubecost",
  schema: kubecostConfig,
  meaning: "Kubernetes costs from Kubecost or OpenCost",
  uses: [],
  owns: [{ source: SOURCE, billOf: (cluster, registry) => accountOf(registry, cluster) }],
  readings: ({ clusters }) => clusters.map(({ id }) => ({ dataset: "cost", source: SOURCE, scope: id })),
  clusters: ({ clusters }) => clusters.map(({ id }) => id),
  checks: [checkIdle, checkChargedNetwork],
  create: async (config, platform) =>
    (await import("./service.js")).createKubecostCollector(config, platform),
});
