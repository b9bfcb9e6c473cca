import { defineEntry } from "@apportion/platform/entry";
import { usageConfig } from "./config.js";
import { createUsageCollector } from "./service.js";

export const usageEntry = defineEntry({
  name: "collector-usage",
  section: "usage",
  schema: usageConfig,
  uses: [],
  create: createUsageCollector,
});
