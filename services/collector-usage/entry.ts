import { defineEntry } from "@apportion/platform/entry";
import { usageConfig } from "./config.js";

export const usageEntry = defineEntry({
  name: "collector-usage",
  section: "usage",
  schema: usageConfig,
  uses: [],
  create: async (config, platform) => (await import("./service.js")).createUsageCollector(config, platform),
});
