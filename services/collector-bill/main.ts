import { pathToFileURL } from "node:url";
import { defineEntry, runEntry } from "@apportion/platform/entry";
import { billConfig } from "./config.js";
import { createBillCollector } from "./service.js";

export const billEntry = defineEntry({
  name: "collector-bill",
  section: "bill",
  schema: billConfig,
  create: createBillCollector,
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await runEntry(billEntry, { argv: process.argv.slice(2), env: process.env });
