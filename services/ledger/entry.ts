import { defineEntry } from "@apportion/platform/entry";
import { allocationConfig } from "@apportion/registry/allocation";

export const ledgerEntry = defineEntry({
  name: "ledger",
  section: "allocation",
  schema: allocationConfig.prefault({}),
  uses: ["clickhouse"],
  create: async (_config, platform) => {
    const { createLedger } = await import("./service.js");
    const clickhouse = await platform.clickhouse();
    return createLedger({ ...platform, clickhouse, recovery: await platform.recovery() });
  },
});
