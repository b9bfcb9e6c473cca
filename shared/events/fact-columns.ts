import type { Dataset, FactRows } from "@apportion/domain/facts";

/** How the cells of a column of facts lie in a chunk. */
export type FactKind =
  /** Text of which many rows have the same: each is written once. Empty where a row has none. */
  | "name"
  /** Text of which almost every row has its own. */
  | "text"
  /** A decimal string with up to 12 places; 0 where a row has none. */
  | "amount"
  /** The same, and NULL where a row has none. */
  | "known-amount"
  /** A day, NULL where a row has none. */
  | "known-day";

/** Beside those of facts, how the columns lie that are the same in all rows of a chunk. */
export type ColumnKind = FactKind | "count" | "instant";

type ColumnsOf<Row> = { readonly [Column in keyof Row]-?: FactKind };

/**
 * Every column of the rows of `shared/domain/facts.ts`; one that is missing here does not compile. From these come the types in chunks, and
 * what is refused of rows and of chunks; `test/pipeline/chunks.test.ts` holds them against the tables.
 */
export const FACT_COLUMNS: { readonly [D in Dataset]: ColumnsOf<FactRows[D]> } = {
  cost: {
    kind: "name",
    cluster: "name",
    namespace: "name",
    controller_kind: "name",
    controller: "name",
    pod: "text",
    container: "name",
    node: "name",
    team_label: "name",
    cost_center: "name",
    account: "name",
    region: "name",
    service: "name",
    usage_type: "name",
    record_type: "name",
    network_class: "name",
    effective_cost: "amount",
    billed_cost: "amount",
    cpu_cost: "amount",
    gpu_cost: "amount",
    ram_cost: "amount",
    pv_cost: "amount",
    load_balancer_cost: "amount",
    network_cost_info: "amount",
    amortized_cost: "amount",
    net_amortized_cost: "amount",
    cpu_core_hours: "amount",
    cpu_request_core_hours: "amount",
    cpu_usage_core_hours: "amount",
    gpu_hours: "amount",
    gpu_usage_hours: "amount",
    ram_gib_hours: "amount",
    ram_request_gib_hours: "amount",
    ram_usage_gib_hours: "amount",
  },
  usage: {
    meter: "name",
    unit: "name",
    team_label: "name",
    cluster: "name",
    namespace: "name",
    quantity: "amount",
  },
  bucket: {
    bucket: "text",
    region: "name",
    team_label: "name",
    storage_class: "name",
    tag_status: "name",
    size_bytes: "known-amount",
    size_day: "known-day",
    objects: "known-amount",
  },
  bill: {
    service: "name",
    usage_type: "name",
    record_type: "name",
    owner: "name",
    billed_cost: "amount",
    amortized_cost: "amount",
    effective_cost: "amount",
    usage_quantity: "amount",
  },
  "workload-utilisation": {
    namespace: "name",
    controller_kind: "name",
    controller: "name",
    container: "name",
    pods: "amount",
    cpu_p50_cores: "known-amount",
    cpu_p95_cores: "known-amount",
    cpu_p99_cores: "known-amount",
    cpu_max_cores: "known-amount",
    cpu_request_cores: "known-amount",
    cpu_limit_cores: "known-amount",
    cpu_throttled_share: "known-amount",
    memory_p95_gib: "known-amount",
    memory_max_gib: "known-amount",
    memory_request_gib: "known-amount",
    memory_limit_gib: "known-amount",
    restarts: "known-amount",
    oom_killed_pods: "known-amount",
    gpu_utilisation_share: "known-amount",
    gpu_memory_max_gib: "known-amount",
    off_hours: "known-amount",
    busy_off_hours: "known-amount",
    quota_cpu_cores: "known-amount",
    quota_cpu_used_cores: "known-amount",
    quota_memory_gib: "known-amount",
    quota_memory_used_gib: "known-amount",
    quota_gpus: "known-amount",
    quota_gpus_used: "known-amount",
  },
};

/** What says to which snapshot a row belongs. */
export const SNAPSHOT_COLUMNS = {
  snapshot_id: "name",
  chunk: "count",
  source: "name",
  scope: "name",
  charge_period_start: "instant",
  charge_period_end: "instant",
} as const satisfies Record<string, ColumnKind>;
