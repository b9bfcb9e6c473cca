import type { Workload } from "./kubernetes.js";

/** What an hour of a core, a GPU and a GiB costs. */
export const HOURS = { cpuUsd: 0.0316, gpuUsd: 0.95, ramGibUsd: 0.00424 };

/** Deployments have two pods, which together cost what the deployment costs. */
export function podsOf(workload: Workload): Workload[] {
  if (workload.controllerKind !== "deployment") return [workload];
  const part = (first: boolean): Workload["costs"] => {
    const entries = Object.entries(workload.costs) as [keyof Workload["costs"], number][];
    const half = (units: number): number => (first ? Math.floor(units / 2) : units - Math.floor(units / 2));
    return Object.fromEntries(
      entries.map(([name, units]) => [name, half(units)]),
    ) as unknown as Workload["costs"];
  };
  return [
    { ...workload, pod: `${workload.pod}-a`, costs: part(true) },
    { ...workload, pod: `${workload.pod}-b`, costs: part(false) },
  ];
}
