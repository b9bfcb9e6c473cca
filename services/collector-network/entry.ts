import { defineCollector } from "@apportion/platform/entry";
import { checkRegions } from "./checks.js";
import { networkConfig, SOURCE } from "./config.js";

export const networkEntry = defineCollector({
  name: "collector-network",
  section: "network",
  schema: networkConfig,
  meaning: "Network costs of the bill, attributed to namespaces by their bytes",
  uses: ["aws"],
  owns: [{ source: SOURCE, billOf: (account) => account }],
  readings: (_config, { accounts }) =>
    accounts.map((account) => ({ dataset: "cost", source: SOURCE, scope: account })),
  checks: [checkRegions],
  create: async (config, platform) => (await import("./service.js")).createNetworkCollector(config, platform),
});
