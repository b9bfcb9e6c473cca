import type { ChargePeriod } from "@apportion/domain/period";
import { createUpstream, type Upstream } from "@apportion/readings/upstream";
import { allocationsOf } from "./allocation-stream.js";
import { assetsSchema, type NodeAsset } from "./gpu-nodes.js";
import type { ClusterConfig, KubecostConfig } from "./config.js";

type Dialect = Exclude<ClusterConfig["dialect"], "auto">;

export interface AllocationClient {
  /** Hands over everything that ran in the period, by container, with idle; again from the start when the answer broke off. @throws ReadingError */
  allocations<T>(
    period: ChargePeriod,
    consume: (allocations: AsyncIterable<unknown>) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>;
  /** What each node cost in the period; undefined where there is no Assets API. @throws ReadingError */
  nodes(period: ChargePeriod, signal: AbortSignal): Promise<readonly NodeAsset[] | undefined>;
  /** Which of the two answers, as configured or as found out. @throws ReadingError */
  dialect(signal: AbortSignal): Promise<Dialect>;
}

const PATHS: Readonly<Record<Dialect, string>> = { opencost: "/allocation", kubecost: "/model/allocation" };

const ASSETS: Readonly<Record<Dialect, string>> = { opencost: "/assets", kubecost: "/model/assets" };

export function createAllocationClient(
  cluster: ClusterConfig,
  { idle }: Pick<KubecostConfig, "idle">,
): AllocationClient {
  const upstream = createUpstream(cluster);
  let found: Dialect | undefined = cluster.dialect === "auto" ? undefined : cluster.dialect;
  let hasAssets: boolean | undefined;
  const dialect = async (signal: AbortSignal): Promise<Dialect> => found ?? detect(upstream, signal);
  return {
    dialect,
    async allocations(period, consume, signal) {
      const asked = await dialect(signal);
      const path = PATHS[asked];
      const params = paramsOf(asked, period, idle);
      const result = await upstream.stream({ method: "GET", path, params, signal }, (body) =>
        consume(allocationsOf(body, `GET ${path}`)),
      );
      found = asked; // only what has answered: a proxy that was starting may have said anything
      return result;
    },
    async nodes({ start, end }, signal) {
      const path = ASSETS[await dialect(signal)];
      const params = { window: `${start},${end}`, accumulate: "true" };
      hasAssets ??= (await upstream.status({ method: "GET", path, params, signal }, [200, 404])) !== 404;
      if (!hasAssets) return undefined;
      const { data } = await upstream.json({ method: "GET", path, params, signal }, assetsSchema);
      return data;
    },
  };
}

/** OpenCost has no `/model/allocation`; Kubecost has, whatever it says to a window that is none. */
async function detect(upstream: Upstream, signal: AbortSignal): Promise<Dialect> {
  const status = await upstream.status(
    { method: "GET", path: PATHS.kubecost, params: { window: "none" }, signal },
    [200, 400, 404],
  );
  return status === 404 ? "opencost" : "kubecost";
}

/** Windows are written without milliseconds: OpenCost answers 400 to `…00.000Z`. */
function paramsOf(
  dialect: Dialect,
  { start, end }: ChargePeriod,
  idle: KubecostConfig["idle"],
): Record<string, string> {
  const common = {
    window: `${start},${end}`,
    accumulate: "true",
    ...(idle === "node" && { idleByNode: "true" }),
  };
  return dialect === "opencost"
    ? { ...common, includeIdle: "true" }
    : { ...common, idle: "true", shareIdle: "false", shareTenancyCosts: "false", external: "false" };
}
