import { vectorOfPeriod } from "@apportion/readings/prometheus";
import { createUpstream } from "@apportion/readings/upstream";
import type { PrometheusMeterConfig } from "../config.js";
import type { UsageMeter } from "../meter.js";
import { toUsage } from "./parse.js";

/** Whatever PromQL can count by team or namespace: one instant query at the end of the day over `$window`, the day. */
export function prometheusMeter(config: PrometheusMeterConfig): UsageMeter {
  const upstream = createUpstream(config);
  return {
    source: "prometheus",
    scope: config.name,
    read: async (period, now, signal) =>
      toUsage(await vectorOfPeriod(upstream, config.query, period, now, signal), config),
  };
}
