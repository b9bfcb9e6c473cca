import { defineCollector } from "@apportion/platform/entry";
import { s3Config, SOURCE } from "./config.js";

export const s3Entry = defineCollector({
  name: "collector-s3",
  section: "s3",
  schema: s3Config,
  meaning: "S3 costs by tag from AWS Cost Explorer, and the buckets behind them",
  uses: ["aws"],
  owns: [{ source: SOURCE, billOf: (account) => account }],
  readings: (_config, { accounts }) =>
    accounts.map((account) => ({ dataset: "cost", source: SOURCE, scope: account })),
  create: async (config, platform) => (await import("./service.js")).createS3Collector(config, platform),
});
