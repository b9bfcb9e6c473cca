import { pathToFileURL } from "node:url";
import { defineEntry, runEntry } from "@apportion/platform/entry";
import { allocationConfig } from "./config.js";
import { createAllocator } from "./service.js";

export const allocatorEntry = defineEntry({
  name: "allocator",
  section: "allocation",
  schema: allocationConfig.prefault({}),
  create: async (config, platform) => {
    const clickhouse = await platform.clickhouse();
    return createAllocator({ ...platform, clickhouse }, config);
  },
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await runEntry(allocatorEntry, { argv: process.argv.slice(2), env: process.env });
