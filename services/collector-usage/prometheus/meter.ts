import { createUpstream } from "@apportion/readings/upstream";
import type { PrometheusMeterConfig } from "../config.js";
import type { UsageMeter } from "../meter.js";
import { toUsage, vectorResponse } from "./parse.js";

/** Whatever PromQL can count by team or namespace: one instant query at the end of the day over `$window`, the day. */
export function prometheusMeter(config: PrometheusMeterConfig): UsageMeter {
  const upstream = createUpstream(config);
  return {
    source: "prometheus",
    scope: config.name,
    async read({ start, end }, now, signal) {
      const time = new Date(Math.min(Date.parse(end), now.getTime()));
      const seconds = Math.max(1, Math.floor((time.getTime() - Date.parse(start)) / 1000));
      const query = config.query.replaceAll("$window", `${seconds}s`);
      const params = { query, time: time.toISOString() };
      const answer = await upstream.json(
        { method: "GET", path: "/api/v1/query", params, signal },
        vectorResponse,
      );
      return toUsage(answer, config);
    },
  };
}
