-- What the collectors read. A snapshot's rows are inserted chunk by chunk and count only once its seal lies in `snapshots`.
-- Readers go through `current_snapshots`; rows of unsealed or replaced snapshots are never summed.
-- One insert stays within one partition (a snapshot covers one charge period), so it is stored whole or not at all.

CREATE TABLE IF NOT EXISTS cost_facts
(
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    chunk UInt32 COMMENT 'Chunk of the snapshot, from 0',
    source LowCardinality(String) COMMENT 'Where the dollars were read: kubecost, s3',
    scope LowCardinality(String) COMMENT 'What was read as a whole: a cluster, an account',
    charge_period_start DateTime('UTC') COMMENT 'FOCUS ChargePeriodStart, inclusive',
    charge_period_end DateTime('UTC') COMMENT 'FOCUS ChargePeriodEnd, exclusive',
    kind LowCardinality(String) COMMENT 'workload, idle, unmounted or object-storage',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster; empty for S3',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace; empty when there is none',
    controller_kind LowCardinality(String) COMMENT 'deployment, statefulset, daemonset, job …',
    controller String COMMENT 'Name of the controller',
    team_label LowCardinality(String) COMMENT 'Value of the team label, or of the bucket''s team tag; empty when there is none',
    cost_center LowCardinality(String) COMMENT 'Value of the cost-center label; empty when there is none',
    usage_type LowCardinality(String) COMMENT 'Usage type of the bill; empty for Kubernetes',
    cpu_cost Decimal(38, 12) COMMENT 'CPU with its adjustment, in the deployment''s currency',
    gpu_cost Decimal(38, 12) COMMENT 'GPU with its adjustment, in the deployment''s currency',
    ram_cost Decimal(38, 12) COMMENT 'Memory with its adjustment, in the deployment''s currency',
    pv_cost Decimal(38, 12) COMMENT 'Persistent volumes with their adjustment, in the deployment''s currency',
    load_balancer_cost Decimal(38, 12) COMMENT 'Load balancers with their adjustment, in the deployment''s currency',
    network_cost_info Decimal(38, 12) COMMENT 'Kubecost''s estimate of network cost: information, never charged',
    effective_cost Decimal(38, 12) COMMENT 'FOCUS EffectiveCost: the chargeable amount; for Kubernetes the sum of the five parts',
    billed_cost Decimal(38, 12) COMMENT 'FOCUS BilledCost: the unblended amount, to tie out with the invoice',
    cpu_core_hours Decimal(38, 12) COMMENT 'Core-hours allocated',
    gpu_hours Decimal(38, 12) COMMENT 'GPU-hours allocated',
    ram_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory allocated'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(charge_period_start)
ORDER BY (charge_period_start, source, scope, snapshot_id, namespace, controller)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Cost facts of all snapshots; join current_snapshots to see what counts';

CREATE TABLE IF NOT EXISTS usage_facts
(
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    chunk UInt32 COMMENT 'Chunk of the snapshot, from 0',
    source LowCardinality(String) COMMENT 'Where the usage was measured: mlflow',
    scope LowCardinality(String) COMMENT 'What was read as a whole: one server',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period, inclusive',
    charge_period_end DateTime('UTC') COMMENT 'End of the period, exclusive',
    meter LowCardinality(String) COMMENT 'What was measured, e.g. mlflow.runs',
    unit LowCardinality(String) COMMENT 'Unit of quantity, e.g. runs',
    team_label LowCardinality(String) COMMENT 'Value of the team tag; empty when there is none',
    namespace LowCardinality(String) COMMENT 'Namespace of the user, where the meter knows it',
    quantity Decimal(38, 12) COMMENT 'How much was used, in unit'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(charge_period_start)
ORDER BY (charge_period_start, source, scope, snapshot_id, team_label)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Usage facts of all snapshots; join current_snapshots to see what counts';

CREATE TABLE IF NOT EXISTS bucket_facts
(
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    chunk UInt32 COMMENT 'Chunk of the snapshot, from 0',
    source LowCardinality(String) COMMENT 'Where the inventory was read: s3',
    scope LowCardinality(String) COMMENT 'What was read as a whole: an account',
    charge_period_start DateTime('UTC') COMMENT 'Start of the day on which the inventory holds',
    charge_period_end DateTime('UTC') COMMENT 'End of that day, exclusive',
    bucket String COMMENT 'Name of the bucket',
    region LowCardinality(String) COMMENT 'Region of the bucket; empty when it is not known',
    team_label LowCardinality(String) COMMENT 'Value of the team tag; empty when the bucket is untagged'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(charge_period_start)
ORDER BY (charge_period_start, source, scope, snapshot_id, bucket)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Inventory of buckets and their team tag; join current_snapshots to see what counts';

CREATE TABLE IF NOT EXISTS snapshots
(
    snapshot_id String COMMENT 'Hash of what was read, when and of what',
    dataset LowCardinality(String) COMMENT 'cost, usage or bucket',
    source LowCardinality(String) COMMENT 'Where it was read',
    scope LowCardinality(String) COMMENT 'What was read as a whole',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period that was read, inclusive',
    charge_period_end DateTime('UTC') COMMENT 'End of the period, exclusive',
    read_at DateTime64(3, 'UTC') COMMENT 'When it was read; of two snapshots of a period the later counts',
    finality LowCardinality(String) COMMENT 'final, or provisional while the source may restate it',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    chunk_count UInt32 COMMENT 'Chunks of the snapshot',
    row_count UInt64 COMMENT 'Rows of the snapshot, equal to what lies in the facts',
    amount Decimal(38, 12) COMMENT 'Exact sum over the rows, equal to what lies in the facts',
    content_hash String COMMENT 'SHA-256 over the canonical rows',
    log_topic LowCardinality(String) COMMENT 'Where the seal lies in the event log',
    log_partition UInt32 COMMENT 'Partition of the seal',
    log_offset UInt64 COMMENT 'Offset of the seal'
)
ENGINE = MergeTree
ORDER BY (dataset, source, scope, charge_period_start, read_at, snapshot_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Seals of the snapshots whose rows were found complete';

CREATE TABLE IF NOT EXISTS quarantined_readings
(
    dataset LowCardinality(String) COMMENT 'cost, usage or bucket',
    source LowCardinality(String) COMMENT 'Where it was read',
    scope LowCardinality(String) COMMENT 'What was read as a whole',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period, inclusive',
    charge_period_end DateTime('UTC') COMMENT 'End of the period, exclusive',
    read_at DateTime64(3, 'UTC') COMMENT 'When it was read',
    snapshot_id String COMMENT 'Snapshot that was not made visible; empty when the collector refused the reading',
    reason String COMMENT 'What is wrong and how to mend it'
)
ENGINE = MergeTree
ORDER BY (dataset, source, scope, charge_period_start, read_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Readings that must not be charged, with the evidence; the last good snapshot stays visible';

CREATE VIEW IF NOT EXISTS current_snapshots AS
SELECT
    dataset,
    source,
    scope,
    charge_period_start,
    argMax(snapshots.snapshot_id, (snapshots.read_at, snapshots.snapshot_id)) AS snapshot_id,
    argMax(snapshots.charge_period_end, (snapshots.read_at, snapshots.snapshot_id)) AS charge_period_end,
    max(snapshots.read_at) AS read_at,
    argMax(snapshots.finality, (snapshots.read_at, snapshots.snapshot_id)) AS finality,
    argMax(snapshots.row_count, (snapshots.read_at, snapshots.snapshot_id)) AS row_count,
    argMax(snapshots.amount, (snapshots.read_at, snapshots.snapshot_id)) AS amount
FROM snapshots
GROUP BY dataset, source, scope, charge_period_start
COMMENT 'The snapshot that counts for each dataset, source, scope and period: the one read last';
