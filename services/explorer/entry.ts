import { defineEntry } from "@apportion/platform/entry";
import { explorerConfig } from "./config.js";

export const explorerEntry = defineEntry({
  name: "explorer",
  section: "explorer",
  schema: explorerConfig,
  uses: ["clickhouse"],
  create: async (config, platform) => {
    const { createExplorer } = await import("./service.js");
    return createExplorer({ ...platform, clickhouse: await platform.clickhouse() }, config);
  },
});
