import type { Category } from "@apportion/domain/category";
import type { CostPart } from "./cells.js";

/** Idle capacity of a node, or of a cluster that was read as a whole: what it cost less what was allocated of it, in picos. */
export interface IdleCosts {
  readonly cpu: bigint;
  readonly gpu: bigint;
  readonly memory: bigint;
  /** Of no resource of a node, and as a rule zero. */
  readonly persistent_volume: bigint;
  readonly load_balancer: bigint;
}

/**
 * Idle by resource. Where more was allocated of a resource than it cost, there is nothing idle but a difference, which must not
 * make the idle of other nodes look smaller: it has a category of its own.
 */
export function idlePartsOf({ cpu, gpu, memory, ...rest }: IdleCosts): CostPart[] {
  const part = (category: Category, amount: bigint): CostPart => ({
    category: amount < 0n ? "idle-variance" : category,
    amount,
  });
  return [
    part("idle-cpu", cpu),
    part("idle-gpu", gpu),
    part("idle-memory", memory),
    part("idle", rest.persistent_volume + rest.load_balancer),
  ];
}
