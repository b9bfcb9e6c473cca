import { defineEntry } from "@apportion/platform/entry";
import { networkConfig } from "./config.js";

export const networkEntry = defineEntry({
  name: "collector-network",
  section: "network",
  schema: networkConfig,
  uses: ["aws"],
  create: async (config, platform) => (await import("./service.js")).createNetworkCollector(config, platform),
});
