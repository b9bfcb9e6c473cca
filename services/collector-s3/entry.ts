import { defineEntry } from "@apportion/platform/entry";
import { s3Config } from "./config.js";

export const s3Entry = defineEntry({
  name: "collector-s3",
  section: "s3",
  schema: s3Config,
  uses: ["aws"],
  create: async (config, platform) => (await import("./service.js")).createS3Collector(config, platform),
});
