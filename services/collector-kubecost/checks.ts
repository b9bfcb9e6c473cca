import { accountOf } from "@apportion/domain/tenancy";
import type { PlatformConfig } from "@apportion/platform/config";
import { toRegistry } from "@apportion/registry/config";
import type { ConfigCheck } from "@apportion/runtime/config";
import type { KubecostConfig } from "./config.js";

type Check = ConfigCheck<PlatformConfig & { readonly kubecost?: KubecostConfig | undefined }>;

/** Idle of a cluster as a whole has no node, and so would be in no pool of nodes. */
export const checkIdle: Check = {
  check: ({ clusters, kubecost }) => {
    const named = clusters.filter(({ nodePools }) => nodePools.length > 0).map(({ id }) => id);
    const message = `the node pools of ${named.join(", ")} need idle capacity of each node: node`;
    return kubecost?.idle === "cluster" && named.length > 0 ? [{ path: ["kubecost", "idle"], message }] : [];
  },
};

/** The bill of a cluster has its network, which would be charged twice. */
export const checkChargedNetwork: Check = {
  needs: ["aws", "kubecost", "clusters"],
  check: ({ kubecost, ...config }) => {
    const registry = toRegistry(config, config.aws?.accounts[0]);
    return (kubecost?.clusters ?? []).flatMap(({ id, chargeNetwork }, index) => {
      const account = chargeNetwork ? accountOf(registry, id) : undefined;
      const message = `its network is on the bill of ${account}; it can be charged for a cluster on no bill (clusters[].account: none)`;
      return account === undefined
        ? []
        : [{ path: ["kubecost", "clusters", index, "chargeNetwork"], message }];
    });
  },
};
