import { defineEntry } from "@apportion/platform/entry";
import { billConfig } from "./config.js";
import { createBillCollector } from "./service.js";

export const billEntry = defineEntry({
  name: "collector-bill",
  section: "bill",
  schema: billConfig,
  uses: ["aws"],
  create: createBillCollector,
});
