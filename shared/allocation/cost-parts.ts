import type { CostKind } from "@apportion/domain/facts";
import type { CostPart } from "./cells.js";
import { type IdleCosts, idlePartsOf } from "./idle.js";

/** What facts of a kind cost, in picos: Kubernetes by resource, and in all. */
export interface FactCosts extends IdleCosts {
  readonly kind: CostKind;
  readonly total: bigint;
}

/** Costs of Kubernetes come in parts; those of the bill are of one category. */
export function partsOf(costs: FactCosts): readonly CostPart[] {
  switch (costs.kind) {
    case "object-storage":
    case "network":
      return [{ category: costs.kind, amount: costs.total }];
    case "bill":
    case "unowned":
      return [{ category: "services", amount: costs.total }];
    case "idle":
      return idlePartsOf(costs);
    case "workload":
    case "unmounted":
      return [
        { category: "cpu", amount: costs.cpu },
        { category: "gpu", amount: costs.gpu },
        { category: "memory", amount: costs.memory },
        { category: "persistent-volume", amount: costs.persistent_volume },
        { category: "load-balancer", amount: costs.load_balancer },
      ];
  }
}
