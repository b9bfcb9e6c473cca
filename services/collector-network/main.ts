import { pathToFileURL } from "node:url";
import { defineEntry, runEntry } from "@apportion/platform/entry";
import { networkConfig } from "./config.js";
import { createNetworkCollector } from "./service.js";

export const networkEntry = defineEntry({
  name: "collector-network",
  section: "network",
  schema: networkConfig,
  create: createNetworkCollector,
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await runEntry(networkEntry, { argv: process.argv.slice(2), env: process.env });
