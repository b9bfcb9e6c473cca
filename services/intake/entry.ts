import { defineEntry } from "@apportion/platform/entry";
import { allocationConfig } from "@apportion/registry/allocation";

export const intakeEntry = defineEntry({
  name: "intake",
  section: "allocation",
  schema: allocationConfig.prefault({}),
  uses: ["clickhouse"],
  create: async (config, platform) => {
    const { createIntake } = await import("./service.js");
    const clickhouse = await platform.clickhouse();
    return createIntake({
      ...platform,
      clickhouse,
      recovery: await platform.recovery(),
      sanity: config.sanity,
    });
  },
});
