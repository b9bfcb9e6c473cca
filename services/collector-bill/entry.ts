import { defineEntry } from "@apportion/platform/entry";
import { billConfig } from "./config.js";

export const billEntry = defineEntry({
  name: "collector-bill",
  section: "bill",
  schema: billConfig,
  uses: ["aws"],
  create: async (config, platform) => (await import("./service.js")).createBillCollector(config, platform),
});
