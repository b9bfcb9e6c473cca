import { defineEntry } from "@apportion/platform/entry";
import { allocationConfig } from "@apportion/registry/allocation";

export const allocatorEntry = defineEntry({
  name: "allocator",
  section: "allocation",
  schema: allocationConfig.prefault({}),
  uses: ["clickhouse"],
  create: async (config, platform) => {
    const { createAllocator } = await import("./service.js");
    const clickhouse = await platform.clickhouse();
    return createAllocator({ ...platform, clickhouse, recovery: await platform.recovery() }, config);
  },
});
