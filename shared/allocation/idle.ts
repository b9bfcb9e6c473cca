import type { Category, CostCell } from "./allocate.js";

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
export function idlePartsOf({ cpu, gpu, memory, ...rest }: IdleCosts): CostCell["parts"] {
  const part = (category: Category, amount: bigint): CostCell["parts"][number] => ({
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

/** `idle/shared-eu-1`, or `idle/shared-eu-1/gpu` for the nodes of a pool. */
export function idlePoolId(cluster: string, nodePool: string): string {
  return nodePool === "" ? `idle/${cluster}` : `idle/${cluster}/${nodePool}`;
}
