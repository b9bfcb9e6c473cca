import { pathToFileURL } from "node:url";
import { defineEntry, runEntry } from "@apportion/platform/entry";
import { notifierConfig } from "./config.js";
import { createNotifier } from "./service.js";

export const notifierEntry = defineEntry({
  name: "notifier",
  section: "notifier",
  schema: notifierConfig,
  create: async (config, platform) => {
    const clickhouse = await platform.clickhouse();
    return createNotifier({ ...platform, clickhouse }, config);
  },
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await runEntry(notifierEntry, { argv: process.argv.slice(2), env: process.env });
