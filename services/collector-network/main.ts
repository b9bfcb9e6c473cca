import { defineEntry } from "@apportion/platform/entry";
import { networkConfig } from "./config.js";
import { createNetworkCollector } from "./service.js";

export const networkEntry = defineEntry({
  name: "collector-network",
  section: "network",
  schema: networkConfig,
  uses: ["aws"],
  create: createNetworkCollector,
});
