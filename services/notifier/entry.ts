import { defineEntry } from "@apportion/platform/entry";
import { notifierConfig } from "./config.js";

export const notifierEntry = defineEntry({
  name: "notifier",
  section: "notifier",
  schema: notifierConfig,
  uses: ["clickhouse"],
  create: async (config, platform) => {
    const { createNotifier } = await import("./service.js");
    const clickhouse = await platform.clickhouse();
    return createNotifier({ ...platform, clickhouse, recovery: await platform.recovery() }, config);
  },
});
