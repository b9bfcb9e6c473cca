import type { ChargePeriod, Day } from "./period.js";

/** What a reading is about: dollars, the usage that splits shared dollars, or the buckets behind S3's dollars. */
export type Dataset = "cost" | "usage" | "bucket";

export type CostKind =
  /** A controller's pods. */
  | "workload"
  /** Node capacity that nobody asked for (Kubecost `__idle__`). */
  | "idle"
  /** A volume that no pod mounts (Kubecost `__unmounted__`). */
  | "unmounted"
  /** Dollars of S3 under one value of the team tag; an empty tag is untagged. */
  | "object-storage";

/** One row of `cost_facts`. Amounts are decimal strings with up to 12 places, in the deployment's one currency. */
export interface CostFactRow {
  readonly kind: CostKind;
  /** Kubernetes cluster; empty for S3. */
  readonly cluster: string;
  readonly namespace: string;
  readonly controller_kind: string;
  readonly controller: string;
  /** Value of the team label or of the bucket's team tag; empty when there is none. */
  readonly team_label: string;
  /** Value of the cost-center label (Prometheus spells it `cost_center`); empty when there is none. */
  readonly cost_center: string;
  /** The bill's usage type (`EU-TimedStorage-ByteHrs`); empty for Kubernetes. */
  readonly usage_type: string;
  readonly cpu_cost: string;
  readonly gpu_cost: string;
  readonly ram_cost: string;
  readonly pv_cost: string;
  readonly load_balancer_cost: string;
  /** Network dollars as Kubecost estimates them: information, not charged (collector-network charges the bill's). */
  readonly network_cost_info: string;
  /** The chargeable amount. For Kubernetes the five parts above add up to it exactly. */
  readonly effective_cost: string;
  /** Unblended amount of the bill for tie-out with the invoice; equal to effective_cost for Kubernetes. */
  readonly billed_cost: string;
  readonly cpu_core_hours: string;
  readonly gpu_hours: string;
  readonly ram_gib_hours: string;
}

/** One row of `usage_facts`: how much of a shared service somebody used in the period. */
export interface UsageFactRow {
  /** Name of the meter, e.g. `mlflow.runs`. */
  readonly meter: string;
  /** Unit of `quantity`, e.g. `runs`. */
  readonly unit: string;
  readonly team_label: string;
  readonly namespace: string;
  readonly quantity: string;
}

/** One row of `bucket_facts`: the inventory that explains S3's dollars by tag. */
export interface BucketFactRow {
  readonly bucket: string;
  readonly region: string;
  readonly team_label: string;
}

export interface FactRows {
  readonly cost: CostFactRow;
  readonly usage: UsageFactRow;
  readonly bucket: BucketFactRow;
}

/** What a reading covers: one source, one scope of it (a cluster, an account, a meter), one charge period. */
export interface ReadingKey {
  readonly dataset: Dataset;
  readonly source: string;
  readonly scope: string;
  readonly chargePeriod: ChargePeriod;
}

/** `final`: the source says it will not change. `provisional`: it may still be restated. */
export type Finality = "final" | "provisional";

/** A reading is complete or it does not exist: a collector hands over all rows of the key, or throws. */
export interface Reading<D extends Dataset = Dataset> {
  readonly key: ReadingKey & { readonly dataset: D };
  readonly rows: readonly FactRows[D][];
  readonly finality: Finality;
}

/** The amount by which a reading is sealed: dollars for costs, quantity for usage, nothing for an inventory. */
export function sealedAmountOf<D extends Dataset>(dataset: D, row: FactRows[D]): string {
  if (dataset === "cost") return (row as CostFactRow).effective_cost;
  if (dataset === "usage") return (row as UsageFactRow).quantity;
  return "0";
}

/** The day on which a charge period starts, by which runs are keyed. */
export function chargeDayOf(period: ChargePeriod): Day {
  return period.start.slice(0, 10) as Day;
}

/** `cost/kubecost/shared-eu-1/2026-11-22T00:00:00Z`: names a reading in logs, errors and messages. */
export function readingName(key: ReadingKey): string {
  return `${key.dataset}/${key.source}/${key.scope}/${key.chargePeriod.start}`;
}
