import { isRegion, isRegionName } from "@apportion/aws/region";
import type { PlatformConfig } from "@apportion/platform/config";
import type { ConfigCheck } from "@apportion/runtime/config";
import type { NetworkConfig } from "./config.js";

/** One cluster is in one region. Of a new one the network has the prefix of its usage types, which is not its name. */
export const checkRegions: ConfigCheck<PlatformConfig & { readonly network?: NetworkConfig | undefined }> = {
  needs: ["clusters", "network"],
  check: ({ clusters, network }) => {
    const regionOf = new Map(clusters.map(({ id, region }) => [id, region]));
    return (network?.prometheus ?? []).flatMap(({ cluster, region }, index) => {
      const said = regionOf.get(cluster);
      const message = `${cluster} is in ${said} by its own section (clusters[].region)`;
      return said === undefined || said === region || !(isRegion(said) || isRegionName(region))
        ? []
        : [{ path: ["network", "prometheus", index, "region"], message }];
    });
  },
};
