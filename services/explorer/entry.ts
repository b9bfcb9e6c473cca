import { defineEntry } from "@apportion/platform/entry";
import type { Platform } from "@apportion/platform/platform";
import { explorerConfig } from "./config.js";
import type { Acts } from "./decisions/acts.js";

/** @param actsOn who does what people decide on the pages, over a platform: services do not know each other */
export function explorerEntry(actsOn: (platform: Platform) => Promise<Acts>) {
  return defineEntry({
    name: "explorer",
    section: "explorer",
    schema: explorerConfig,
    uses: ["clickhouse"],
    create: async (config, platform) => {
      const { createExplorer } = await import("./service.js");
      const acts = (): Promise<Acts> => actsOn(platform);
      return createExplorer({ ...platform, clickhouse: await platform.clickhouse(), acts }, config);
    },
  });
}
