import { escapePart, unescapePart } from "./printed.js";

/** Pools that are kept apart unless a policy splits them. Those beside `idle`, which each cluster has of its own, are one for the company. */
export const KEPT_POOLS = ["idle", "unallocated", "unused-commitment", "corporate"] as const;
/** Pools that are no shared service, as policies name them: system namespaces are one of each cluster too. */
export const NAMED_POOLS = ["system", ...KEPT_POOLS] as const;

/** Cost that several share, or that is kept apart. */
export type PoolId =
  | { readonly kind: "service"; readonly id: string }
  /** Kubernetes' own namespaces on a cluster. */
  | { readonly kind: "system"; readonly cluster: string }
  /** Idle capacity of a cluster, or of a pool of its nodes; that is empty for nodes of none. */
  | { readonly kind: "idle"; readonly cluster: string; readonly nodePool: string }
  | { readonly kind: Exclude<(typeof KEPT_POOLS)[number], "idle"> };

const SEPARATOR = "/";

/** As lines, journals and views have it: `mlflow`, `system/shared-eu-1`, `idle/shared-eu-1`, `idle/shared-eu-1/a100`, `corporate`. */
export function printPool(pool: PoolId): string {
  switch (pool.kind) {
    case "service":
      return pool.id;
    case "system":
      return ["system", escapePart(pool.cluster, SEPARATOR)].join(SEPARATOR);
    case "idle":
      return ["idle", pool.cluster, ...(pool.nodePool === "" ? [] : [pool.nodePool])]
        .map((part) => escapePart(part, SEPARATOR))
        .join(SEPARATOR);
    default:
      return pool.kind;
  }
}

/** The inverse of {@link printPool}; undefined for the empty text of a line of no pool. */
export function parsePool(text: string): PoolId | undefined {
  if (text === "") return undefined;
  const [kind, cluster, nodePool = ""] = text.split(SEPARATOR).map(unescapePart);
  if (kind === "system" && cluster !== undefined) return { kind, cluster };
  if (kind === "idle" && cluster !== undefined) return { kind, cluster, nodePool };
  if (kind === "unallocated" || kind === "unused-commitment" || kind === "corporate") return { kind };
  return { kind: "service", id: text };
}

/** Under which name policies know a pool: the id of a service, or one of {@link NAMED_POOLS}. */
export function policyNameOf(pool: PoolId): string {
  return pool.kind === "service" ? pool.id : pool.kind;
}

/** Cluster to which a pool belongs; empty for those of the company. */
export function clusterOf(pool: PoolId): string {
  return pool.kind === "system" || pool.kind === "idle" ? pool.cluster : "";
}
