import { pathToFileURL } from "node:url";
import { defineEntry, runEntry } from "@apportion/platform/entry";
import { usageConfig } from "./config.js";
import { createUsageCollector } from "./service.js";

export const usageEntry = defineEntry({
  name: "collector-usage",
  section: "usage",
  schema: usageConfig,
  create: createUsageCollector,
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await runEntry(usageEntry, { argv: process.argv.slice(2), env: process.env });
