import { defineCollector } from "@apportion/platform/entry";
import { utilisationConfig } from "./config.js";

export const utilisationEntry = defineCollector({
  name: "collector-utilisation",
  section: "utilisation",
  schema: utilisationConfig,
  meaning: "How workloads use what they ask for, from which sizes are advised",
  uses: [],
  owns: [],
  readings: () => [], // a day is allocated without them
  create: async (config, platform) =>
    (await import("./service.js")).createUtilisationCollector(config, platform),
});
