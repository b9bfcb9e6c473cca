import { clusterOf } from "@apportion/domain/pool-id";
import type { Proportion } from "@apportion/domain/proportion";
import type { Allocation } from "./line.js";
import type { Taker } from "./taker.js";

/** What teams pay up to a stage, by team; with a cluster what arose there. Those who pay nothing, or get credit, may be among them. */
export type TeamCosts = (to: Proportion, cluster: string) => readonly Taker[];

/** Each proportion is summed once, for all pools of a stage and all clusters to which they belong. */
export function teamCosts(allocation: Allocation): TeamCosts {
  const known = new Map<Proportion, ReadonlyMap<string, readonly Taker[]>>();
  return (to, cluster) => {
    const byCluster = known.get(to) ?? sumsByCluster(allocation, to);
    known.set(to, byCluster);
    return byCluster.get(cluster) ?? [];
  };
}

function sumsByCluster(allocation: Allocation, to: Proportion): Map<string, readonly Taker[]> {
  const sums = new Map<string, Map<string, bigint>>();
  const add = (cluster: string, teamId: string, amount: bigint): void => {
    const ofTeams = sums.get(cluster) ?? new Map<string, bigint>();
    sums.set(cluster, ofTeams.set(teamId, (ofTeams.get(teamId) ?? 0n) + amount));
  };
  for (const item of allocation) {
    const cluster = item.kind === "direct" ? item.cluster : clusterOf(item.pool);
    const places = cluster === "" ? [""] : ["", cluster];
    if (item.kind === "shares") {
      if (to !== "total") continue;
      item.takers.forEach(({ kind, id }, index) => {
        if (kind === "team") for (const place of places) add(place, id, item.amounts[index] ?? 0n);
      });
      continue;
    }
    const isDirect = item.kind === "direct" && item.basis === "direct";
    const follows = to === "total" || (isDirect && (to === "direct" || item.category === to));
    if (follows && item.owner.kind === "team")
      for (const place of places) add(place, item.owner.teamId, item.amount);
  }
  return new Map(
    [...sums].map(([cluster, ofTeams]) => [
      cluster,
      [...ofTeams]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([id, weight]) => ({ kind: "team", id, weight })),
    ]),
  );
}
