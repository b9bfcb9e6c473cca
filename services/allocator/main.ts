import { defineEntry } from "@apportion/platform/entry";
import { allocationConfig } from "@apportion/registry/allocation";

const shared = {
  section: "allocation",
  schema: allocationConfig.prefault({}),
  uses: ["clickhouse"],
} as const;

export const intakeEntry = defineEntry({
  ...shared,
  name: "intake",
  create: async (config, platform) => {
    const { createIntake } = await import("./service.js");
    const clickhouse = await platform.clickhouse();
    return createIntake({ ...platform, clickhouse, recovery: await platform.recovery() }, config);
  },
});

export const allocatorEntry = defineEntry({
  ...shared,
  name: "allocator",
  create: async (config, platform) => {
    const { createAllocation } = await import("./service.js");
    const clickhouse = await platform.clickhouse();
    return createAllocation({ ...platform, clickhouse, recovery: await platform.recovery() }, config);
  },
});

export const ledgerEntry = defineEntry({
  ...shared,
  name: "ledger",
  create: async (_config, platform) => {
    const { createLedger } = await import("./service.js");
    const clickhouse = await platform.clickhouse();
    return createLedger({ ...platform, clickhouse, recovery: await platform.recovery() });
  },
});
