import { pathToFileURL } from "node:url";
import { defineEntry, runEntry } from "@apportion/platform/entry";
import { kubecostConfig } from "./config.js";
import { createKubecostCollector } from "./service.js";

export const kubecostEntry = defineEntry({
  name: "collector-kubecost",
  section: "kubecost",
  schema: kubecostConfig,
  create: createKubecostCollector,
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await runEntry(kubecostEntry, { argv: process.argv.slice(2), env: process.env });
