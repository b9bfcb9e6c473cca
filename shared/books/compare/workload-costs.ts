import { sumOf } from "../months/month.js";
import type { WorkloadCosts } from "./split-difference.js";
import type { WorkloadName } from "./movement.js";

/** What somebody paid of one workload: at the bill's price, exactly. */
export interface WorkloadCost {
  readonly name: WorkloadName;
  /** In picos. */
  readonly picos: bigint;
}

/** By payer, as `ownerOf` names it, what it paid of each workload: together its direct lines, but for differences to the bill that are of no workload. */
export type CostsByPayer = ReadonlyMap<string, readonly WorkloadCost[]>;

/** @param only of these payers; a namespace is read of all who share it. Undefined for everybody */
export function addWorkloadCosts(
  byPayer: Map<string, WorkloadCost[]>,
  { workloads }: WorkloadCosts,
  only?: readonly string[],
): void {
  for (const { name, byPayer: payers } of workloads.values())
    for (const [payer, parts] of payers) {
      if (only && !only.includes(payer)) continue;
      const picos = sumOf(Array.from(parts.values(), ({ cost }) => ({ picos: cost })));
      if (picos === 0n) continue;
      const own = byPayer.get(payer);
      if (own) own.push({ name, picos });
      else byPayer.set(payer, [{ name, picos }]);
    }
}
