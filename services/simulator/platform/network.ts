import { UNITS_PER_USD, workloadsOf } from "./kubernetes.js";
import { plantedWorkloads } from "./planted.js";
import type { PlatformRegistry } from "./registry.js";

/** What a cluster's namespaces moved on a day, in the units of Kubecost's estimates. */
export type NetworkUnits = ReadonlyMap<string, number>;

const known = new WeakMap<PlatformRegistry, Map<string, ReadonlyMap<string, NetworkUnits>>>();

/** Of each cluster, when the day is final. Every question about the bill needs it, so a day is computed once. */
export function networkUnitsOf(
  seed: number,
  registry: PlatformRegistry,
  day: string,
): ReadonlyMap<string, NetworkUnits> {
  const days = known.get(registry) ?? new Map<string, ReadonlyMap<string, NetworkUnits>>();
  known.set(registry, days);
  const units =
    days.get(day) ?? new Map(registry.clusters.map(({ id }) => [id, unitsOf(seed, registry, id, day)]));
  days.set(day, units);
  return units;
}

function unitsOf(seed: number, registry: PlatformRegistry, cluster: string, day: string): NetworkUnits {
  const units = new Map<string, number>();
  for (const { namespace, costs } of workloadsOf(seed, registry, cluster, day, "final", 1))
    if (costs.network > 0) units.set(namespace, (units.get(namespace) ?? 0) + costs.network);
  return units;
}

/** What the clusters of a region moved together. */
export function unitsOfRegion(
  registry: PlatformRegistry,
  units: ReadonlyMap<string, NetworkUnits>,
  region: string,
): number {
  return registry.clusters
    .filter((cluster) => cluster.region === region)
    .flatMap(({ id }) => [...(units.get(id)?.values() ?? [])])
    .reduce((sum, each) => sum + each, 0);
}

/** By how much all traffic is more than without what is planted. */
export function trafficFactor(seed: number, registry: PlatformRegistry, day: string): number {
  const planted = registry.clusters
    .flatMap(({ id }) => plantedWorkloads(registry.waste, id, day))
    .reduce((sum, { usd }) => sum + (usd.network ?? 0) * UNITS_PER_USD, 0);
  if (planted === 0) return 1;
  const total = [...networkUnitsOf(seed, registry, day).values()]
    .flatMap((units) => [...units.values()])
    .reduce((sum, each) => sum + each, 0);
  return total / (total - planted);
}
