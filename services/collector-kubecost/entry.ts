import { defineEntry } from "@apportion/platform/entry";
import { kubecostConfig } from "./config.js";

export const kubecostEntry = defineEntry({
  name: "collector-kubecost",
  section: "kubecost",
  schema: kubecostConfig,
  uses: [],
  create: async (config, platform) =>
    (await import("./service.js")).createKubecostCollector(config, platform),
});
