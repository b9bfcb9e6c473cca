import type { ChargePeriod, Day } from "./period.js";

/**
 * What a reading is about: dollars that are charged, the usage that splits shared dollars, the buckets behind S3's dollars, a
 * whole bill, against which the charged dollars are reconciled, or how workloads use what they ask for.
 */
export const DATASETS = ["cost", "usage", "bucket", "bill", "workload-utilisation"] as const;
export type Dataset = (typeof DATASETS)[number];

/** Whether its readings explain dollars and move none: a day is allocated without them. */
export function isExplanation(dataset: Dataset): boolean {
  return dataset === "bucket" || dataset === "workload-utilisation";
}

export type CostKind =
  /** A controller's pods, or one container. */
  | "workload"
  /** Node capacity that nobody asked for (Kubecost `__idle__`). */
  | "idle"
  /** A volume that no pod mounts (Kubecost `__unmounted__`). */
  | "unmounted"
  /** Dollars of S3 under one value of the team tag; an empty tag is untagged. */
  | "object-storage"
  /** Network dollars of the bill, attributed to a namespace by its bytes; without a namespace nobody's bytes explain them. */
  | "network"
  /** Any other dollar of a bill: the cloud's, or that of another supplier. */
  | "bill"
  /** A dollar of the bill whose collector is not configured for its account. */
  | "unowned";

/** Columns of `cost_facts` that are names; one that is absent is empty. See the comments in `migrations/`. */
type CostNames =
  /** Kubernetes cluster; empty for a bill. */
  | "cluster"
  | "namespace"
  | "controller_kind"
  | "controller"
  /** Only when containers are kept apart. */
  | "pod"
  | "container"
  | "node"
  /** Value of the team label or of the bucket's team tag; empty when there is none. */
  | "team_label"
  /** Value of the cost-center label (Prometheus spells it `cost_center`); empty when there is none. */
  | "cost_center"
  | "account"
  | "region"
  | "service"
  /** The bill's usage type (`EU-TimedStorage-ByteHrs`); empty for Kubernetes. */
  | "usage_type"
  | "record_type"
  | "network_class";

/** Columns of `cost_facts` that are decimal strings with up to 12 places; one that is absent is zero. */
type CostNumbers =
  | "cpu_cost"
  | "gpu_cost"
  | "ram_cost"
  | "pv_cost"
  | "load_balancer_cost"
  /** Network dollars as Kubecost estimates them: information, not charged (collector-network charges the bill's). */
  | "network_cost_info"
  | "amortized_cost"
  | "net_amortized_cost"
  | "cpu_core_hours"
  | "cpu_request_core_hours"
  | "cpu_usage_core_hours"
  | "gpu_hours"
  | "gpu_usage_hours"
  | "ram_gib_hours"
  | "ram_request_gib_hours"
  | "ram_usage_gib_hours";

/** One row of `cost_facts`. Amounts are in the deployment's one currency. */
export type CostFactRow = {
  readonly kind: CostKind;
  /** The chargeable amount. For Kubernetes the five parts add up to it exactly. */
  readonly effective_cost: string;
  /** Unblended amount of the bill for tie-out with the invoice; equal to effective_cost for Kubernetes. */
  readonly billed_cost: string;
} & { readonly [Column in CostNames | CostNumbers]?: string };

/** One row of `usage_facts`: how much of a shared service somebody used in the period. */
export interface UsageFactRow {
  /** Name of the meter, e.g. `mlflow.runs`. */
  readonly meter: string;
  /** Unit of `quantity`, e.g. `runs`. */
  readonly unit: string;
  readonly team_label: string;
  /** Cluster of the namespace, where the meter knows it. */
  readonly cluster?: string;
  readonly namespace: string;
  readonly quantity: string;
}

/** One row of `bucket_facts`: the inventory that explains S3's dollars by tag. */
export interface BucketFactRow {
  readonly bucket: string;
  readonly region: string;
  readonly team_label: string;
  /** Storage class of `size_bytes`, as CloudWatch names it; a bucket has a row for each. */
  readonly storage_class?: string;
  /** Absent where it is not known. */
  readonly size_bytes?: string;
  /** Day of `size_bytes`, which is told a day late. */
  readonly size_day?: Day;
  /** In all storage classes together, on the newest day that is told; absent where it is not known. */
  readonly objects?: string;
  /** Where the tags must not be read; `team_label` is then empty and says nothing. */
  readonly tag_status?: "unknown";
}

/** One row of `bill_facts`: a line of a whole bill, and who charges its dollars. */
export interface BillFactRow {
  readonly service: string;
  readonly usage_type: string;
  readonly record_type: string;
  /** Source of the costs that are charged for it. */
  readonly owner: string;
  readonly billed_cost: string;
  readonly amortized_cost: string;
  readonly effective_cost: string;
  readonly usage_quantity: string;
}

/** The `controller_kind` of a row that is a ResourceQuota of its namespace: `controller` is its name, it has no container, and of the numbers the quota's. */
export const QUOTA_KIND = "resourcequota";

/**
 * One row of `utilisation_facts`: how the containers of one name of one workload used a day what they ask for. Of several pods each number is the
 * greatest: they share one template, and one size has to do for all of them. A number is absent where nothing measured it: unknown is not zero.
 * What a quota lets a namespace ask for is a row of its own.
 */
export interface UtilisationFactRow {
  readonly namespace: string;
  /** deployment, statefulset, daemonset, job, cronjob …, or pod where nothing owns it. */
  readonly controller_kind: string;
  readonly controller: string;
  readonly container: string;
  /** Pods that ran it on the day. */
  readonly pods: string;
  /** Cores, of means over five minutes. */
  readonly cpu_p50_cores?: string;
  readonly cpu_p95_cores?: string;
  readonly cpu_p99_cores?: string;
  readonly cpu_max_cores?: string;
  readonly cpu_request_cores?: string;
  readonly cpu_limit_cores?: string;
  /** Part of the scheduling periods in which the limit held it up, 0 to 1. */
  readonly cpu_throttled_share?: string;
  /** Working set, which is what the kernel counts against the limit. */
  readonly memory_p95_gib?: string;
  readonly memory_max_gib?: string;
  readonly memory_request_gib?: string;
  readonly memory_limit_gib?: string;
  readonly restarts?: string;
  /** Pods of which a container was killed for want of memory. */
  readonly oom_killed_pods?: string;
  /** Mean over the day and its GPUs, 0 to 1. */
  readonly gpu_utilisation_share?: string;
  readonly gpu_memory_max_gib?: string;
  /** Hours of nights and weekends in which it ran, in the time zone of who works with it. */
  readonly off_hours?: string;
  /** Of these, hours in which it used CPU. */
  readonly busy_off_hours?: string;
  /** What a quota lets the pods of its namespace request together, least of the day, and what they requested of it, greatest of the day. */
  readonly quota_cpu_cores?: string;
  readonly quota_cpu_used_cores?: string;
  readonly quota_memory_gib?: string;
  readonly quota_memory_used_gib?: string;
  readonly quota_gpus?: string;
  readonly quota_gpus_used?: string;
}

export interface FactRows {
  readonly cost: CostFactRow;
  readonly usage: UsageFactRow;
  readonly bucket: BucketFactRow;
  readonly bill: BillFactRow;
  readonly "workload-utilisation": UtilisationFactRow;
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
  /** What who collects must know of it, where it is not simply what the source said. */
  readonly remark?: string;
}

/** The amount by which a reading is sealed: dollars for costs, quantity for usage, nothing for an inventory. */
export function sealedAmountOf<D extends Dataset>(dataset: D, row: FactRows[D]): string {
  switch (dataset) {
    case "cost":
    case "bill":
      return (row as CostFactRow | BillFactRow).effective_cost;
    case "usage":
      return (row as UsageFactRow).quantity;
    default:
      return "0";
  }
}

/** The day on which a charge period starts, by which runs are keyed. */
export function chargeDayOf(period: ChargePeriod): Day {
  return period.start.slice(0, 10) as Day;
}

/** `cost/kubecost/shared-eu-1/2026-11-22T00:00:00Z`: names a reading in logs, errors and messages. */
export function readingName(key: ReadingKey): string {
  return `${key.dataset}/${key.source}/${key.scope}/${key.chargePeriod.start}`;
}
