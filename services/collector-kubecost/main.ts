import { defineEntry } from "@apportion/platform/entry";
import { kubecostConfig } from "./config.js";
import { createKubecostCollector } from "./service.js";

export const kubecostEntry = defineEntry({
  name: "collector-kubecost",
  section: "kubecost",
  schema: kubecostConfig,
  uses: [],
  create: createKubecostCollector,
});
