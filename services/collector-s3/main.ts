import { defineEntry } from "@apportion/platform/entry";
import { s3Config } from "./config.js";
import { createS3Collector } from "./service.js";

export const s3Entry = defineEntry({
  name: "collector-s3",
  section: "s3",
  schema: s3Config,
  uses: ["aws"],
  create: createS3Collector,
});
