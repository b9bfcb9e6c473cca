import { z } from "zod";
import type { CostFactRow, CostKind } from "@apportion/domain/facts";

/** Columns by which the cells of a snapshot and day are told apart: those of its facts but for their hours, pods and containers. */
export const CELL_NAMES = [
  "source",
  "scope",
  "kind",
  "cluster",
  "namespace",
  "controller_kind",
  "controller",
  "team_label",
  "cost_center",
  "node",
  "account",
  "region",
  "service",
  "usage_type",
  "record_type",
  "network_class",
] as const satisfies readonly ("source" | "scope" | keyof CostFactRow)[];

/** What a row of cells says first of where its dollars were read and what they are of. */
export const cellHead = {
  source: z.string(),
  scope: z.string(),
  kind: z.string().transform((text) => text as CostKind),
  cluster: z.string(),
  namespace: z.string(),
  controller: z.string(),
};

/** Columns that a cell has the sums of: every amount and quantity of its facts. */
export const CELL_AMOUNTS = [
  "cpu_cost",
  "gpu_cost",
  "ram_cost",
  "pv_cost",
  "load_balancer_cost",
  "network_cost_info",
  "effective_cost",
  "billed_cost",
  "amortized_cost",
  "net_amortized_cost",
  "cpu_core_hours",
  "cpu_request_core_hours",
  "cpu_usage_core_hours",
  "gpu_hours",
  "gpu_usage_hours",
  "ram_gib_hours",
  "ram_request_gib_hours",
  "ram_usage_gib_hours",
] as const satisfies readonly (keyof CostFactRow)[];

type Told = (typeof CELL_NAMES | typeof CELL_AMOUNTS)[number] | "pod" | "container";
/** The compiler refuses a column of facts that cells neither name, nor sum, nor leave out on purpose. */
true satisfies keyof CostFactRow extends Told ? true : never;

/**
 * Condition on `cells`: those that sealed snapshots, of which each names its attempt. Attempts that died, or came second, left theirs too. Both are columns
 * of few different values, at which the engine looks once and not for each row; a cell of the attempt and of no snapshot is nobody's.
 * @param which condition on `snapshots`
 */
export function ofSealedCells(which: string): string {
  return `attempt IN (SELECT max(cells_attempt) FROM snapshots WHERE dataset = 'cost' AND ${which} GROUP BY snapshot_id)
  AND snapshot_id IN (SELECT snapshot_id FROM snapshots WHERE dataset = 'cost' AND ${which})`;
}
/** Of the snapshots of the parameter. */
export const OF_SEALED_CELLS = ofSealedCells("snapshot_id IN {snapshotIds:Array(String)}");
