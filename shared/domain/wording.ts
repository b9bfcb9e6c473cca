import { type Category, categoryName } from "./category.js";
import { parsePool } from "./pool-id.js";
import type { Registry } from "./tenancy.js";

/**
 * What a line is about in people's words: its category, or the pool that it is a share of. `mlflow` → `MLflow`, `system/shared-eu-1` →
 * `Kubernetes system services on shared-eu-1`, idle GPU of `idle/shared-eu-1/a100` → `Idle GPU of shared-eu-1/a100`
 */
export function lineName(
  { category, pool }: { readonly category: Category; readonly pool: string },
  registry: Pick<Registry, "sharedServices">,
): string {
  const of = parsePool(pool);
  switch (of?.kind) {
    case "system":
      return `Kubernetes system services on ${of.cluster}`;
    case "idle":
      return `${categoryName(category)} of ${of.cluster}${of.nodePool === "" ? "" : `/${of.nodePool}`}`;
    case "service":
      return registry.sharedServices.find(({ id }) => id === of.id)?.name ?? of.id;
    default:
      return categoryName(category);
  }
}
