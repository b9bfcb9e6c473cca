import { pathToFileURL } from "node:url";
import { defineEntry, runEntry } from "@apportion/platform/entry";
import { s3Config } from "./config.js";
import { createS3Collector } from "./service.js";

export const s3Entry = defineEntry({
  name: "collector-s3",
  section: "s3",
  schema: s3Config,
  create: createS3Collector,
});

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  // The AWS SDK warns about Node.js 20 on every start; docs/operators.md says it once.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  await runEntry(s3Entry, { argv: process.argv.slice(2), env: process.env });
}
