import { defineEntry } from "@apportion/platform/entry";
import { allocationConfig } from "@apportion/registry/allocation";

export const advisorEntry = defineEntry({
  name: "advisor",
  section: "allocation",
  schema: allocationConfig.prefault({}),
  uses: ["clickhouse"],
  create: async (_config, platform) => {
    const { createAdvisor } = await import("./service.js");
    const clickhouse = await platform.clickhouse();
    return createAdvisor({ ...platform, clickhouse, recovery: await platform.recovery() });
  },
});
