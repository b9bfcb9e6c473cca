import type { ChargePeriod } from "@apportion/domain/period";
import { createUpstream } from "@apportion/readings/upstream";
import type { ClusterConfig } from "./config.js";
import { allocationResponse, type AllocationResponse } from "./parse.js";

export interface AllocationClient {
  /** Everything that ran in the period, by container, with idle. @throws ReadingError */
  allocations(period: ChargePeriod, signal: AbortSignal): Promise<AllocationResponse>;
}

/** Windows are written without milliseconds: OpenCost answers 400 to `…00.000Z`. */
export function createAllocationClient(cluster: ClusterConfig): AllocationClient {
  const upstream = createUpstream(cluster);
  return {
    allocations: ({ start, end }, signal) => {
      const window = `${start},${end}`;
      const request =
        cluster.dialect === "opencost"
          ? { path: "/allocation", params: { window, includeIdle: "true", accumulate: "true" } }
          : {
              path: "/model/allocation",
              params: {
                window,
                idle: "true",
                shareIdle: "false",
                shareTenancyCosts: "false",
                external: "false",
                accumulate: "true",
              },
            };
      return upstream.json({ method: "GET", ...request, signal }, allocationResponse);
    },
  };
}
