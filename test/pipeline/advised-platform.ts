import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { billReading, costReading, cpu, runsReading } from "./platform.js";

/** For tests: days of a platform on which something can be advised. */

/** A workload by the cost of its parts, and by hours charged, requested and used. */
export function workload(row: Partial<CostFactRow>): CostFactRow {
  const parts = ["cpu_cost", "gpu_cost", "ram_cost", "pv_cost", "load_balancer_cost"] as const;
  const cost = formatPicos(parts.reduce((sum, part) => sum + parsePicos(row[part] ?? "0"), 0n));
  return cpu("0", { ...row, cpu_cost: row.cpu_cost ?? "0", effective_cost: cost, billed_cost: cost });
}

export const cpuHours = (charged: string, used: string): Partial<CostFactRow> => ({
  cpu_core_hours: charged,
  cpu_request_core_hours: charged,
  cpu_usage_core_hours: used,
});
export const ramHours = (charged: string, used: string): Partial<CostFactRow> => ({
  ram_gib_hours: charged,
  ram_request_gib_hours: charged,
  ram_usage_gib_hours: used,
});

/** What wastes nothing: requests are used, GPUs too, a fifth of the nodes is idle. */
export const LEAN: readonly CostFactRow[] = [
  workload({
    namespace: "team-a",
    controller: "web",
    cpu_cost: "10",
    ...cpuHours("240", "180"),
    network_cost_info: "0.1",
  }),
  workload({
    namespace: "team-a",
    controller_kind: "job",
    controller: "training",
    cpu_cost: "2",
    gpu_cost: "24",
    gpu_hours: "24",
    gpu_usage_hours: "17",
    ram_cost: "3",
    ...cpuHours("48", "40"),
    ...ramHours("90", "70"),
  }),
  workload({ kind: "idle", controller_kind: "", node: "n1", cpu_cost: "3", gpu_cost: "5", ram_cost: "1" }),
];

/** A complete day whose bill is a part of Kubecost's prices: half, where nothing else is said. */
export function collected(day: Day, rows: readonly CostFactRow[], part = 2n): Reading[] {
  const listed = rows.reduce((sum, { effective_cost }) => sum + parsePicos(effective_cost), 0n);
  return [
    { ...costReading(day, rows), finality: "final" },
    runsReading(day, { a: 1 }),
    billReading(day, formatPicos(listed / part)),
  ];
}
