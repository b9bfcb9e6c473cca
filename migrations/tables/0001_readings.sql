-- What intake keeps of readings: facts, the seals that make them count, and what is in quarantine. A snapshot's rows are inserted chunk by
-- chunk and count only once its seal lies in `snapshots`. Readers go through `current_snapshots`; rows of unsealed or replaced snapshots
-- are never summed. One insert stays within one partition (a snapshot covers one charge period), so it is stored whole or not at all.

CREATE TABLE IF NOT EXISTS cost_facts {onCluster}
(
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    chunk UInt32 COMMENT 'Chunk of the snapshot, from 0',
    source LowCardinality(String) COMMENT 'Where the dollars were read: kubecost, s3, network or aws-bill',
    scope LowCardinality(String) COMMENT 'What was read as a whole: a cluster, an account',
    charge_period_start DateTime('UTC') COMMENT 'FOCUS ChargePeriodStart, inclusive',
    charge_period_end DateTime('UTC') COMMENT 'FOCUS ChargePeriodEnd, exclusive',
    kind LowCardinality(String) COMMENT 'workload, idle, unmounted, object-storage, network or bill',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster; else empty',
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
    ram_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory allocated',
    account LowCardinality(String) COMMENT 'Account of the bill; empty for Kubernetes',
    region LowCardinality(String) COMMENT 'Region of the bill''s line; empty where the bill was not asked by region',
    service LowCardinality(String) COMMENT 'Service of the bill''s line; empty for Kubernetes',
    record_type LowCardinality(String) COMMENT 'Record type of the bill: Usage, Credit, Refund, Tax …; empty for Kubernetes',
    network_class LowCardinality(String) COMMENT 'internet, inter-region, inter-zone or nat, for network; else empty',
    node LowCardinality(String) COMMENT 'Node, for idle by node; else empty',
    pod String COMMENT 'Pod, when containers are kept apart; else empty',
    container String COMMENT 'Container, when containers are kept apart; else empty',
    amortized_cost Decimal(38, 12) COMMENT 'The bill''s amortized cost, before discounts; 0 where it was not asked for',
    net_amortized_cost Decimal(38, 12) COMMENT 'The bill''s amortized cost after discounts; 0 where it was not asked for',
    cpu_request_core_hours Decimal(38, 12) COMMENT 'Core-hours requested, on average over the period',
    cpu_usage_core_hours Decimal(38, 12) COMMENT 'Core-hours used: divided by those requested it is the efficiency',
    gpu_usage_hours Decimal(38, 12) COMMENT 'GPU-hours used',
    ram_request_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory requested',
    ram_usage_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory used'
)
ENGINE = {MergeTree}
PARTITION BY toYYYYMM(charge_period_start)
ORDER BY (charge_period_start, source, scope, snapshot_id, namespace, controller)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Services only: cost facts of all snapshots, with every name; current_cost_facts are for analysts';

CREATE TABLE IF NOT EXISTS usage_facts {onCluster}
(
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    chunk UInt32 COMMENT 'Chunk of the snapshot, from 0',
    source LowCardinality(String) COMMENT 'Where the usage was measured: mlflow, prometheus',
    scope LowCardinality(String) COMMENT 'What was read as a whole: one server',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period, inclusive',
    charge_period_end DateTime('UTC') COMMENT 'End of the period, exclusive',
    meter LowCardinality(String) COMMENT 'What was measured, e.g. mlflow.runs',
    unit LowCardinality(String) COMMENT 'Unit of quantity, e.g. runs',
    team_label LowCardinality(String) COMMENT 'Value of the team tag; empty when there is none',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster of the namespace, where the meter knows it; else empty',
    namespace LowCardinality(String) COMMENT 'Namespace of the user, where the meter knows it',
    quantity Decimal(38, 12) COMMENT 'How much was used, in unit'
)
ENGINE = {MergeTree}
PARTITION BY toYYYYMM(charge_period_start)
ORDER BY (charge_period_start, source, scope, snapshot_id, team_label)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Services only: usage facts of all snapshots, with every name; current_usage_facts are for analysts';

CREATE TABLE IF NOT EXISTS bucket_facts {onCluster}
(
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    chunk UInt32 COMMENT 'Chunk of the snapshot, from 0',
    source LowCardinality(String) COMMENT 'Where the inventory was read: s3',
    scope LowCardinality(String) COMMENT 'What was read as a whole: an account',
    charge_period_start DateTime('UTC') COMMENT 'Start of the day on which the inventory holds',
    charge_period_end DateTime('UTC') COMMENT 'End of that day, exclusive',
    bucket String COMMENT 'Name of the bucket',
    region LowCardinality(String) COMMENT 'Region of the bucket; empty when it is not known',
    team_label LowCardinality(String) COMMENT 'Value of the team tag; empty when the bucket is untagged',
    storage_class LowCardinality(String) COMMENT 'Storage class of size_bytes, as CloudWatch names it; empty when it is not known',
    size_bytes Nullable(Decimal(38, 12)) COMMENT 'Bytes stored on size_day in the storage class; NULL when it is not known',
    tag_status LowCardinality(String) COMMENT 'unknown where the bucket''s tags must not be read: it is neither tagged nor untagged; else empty',
    size_day Nullable(Date) COMMENT 'Day of size_bytes: CloudWatch tells sizes a day late; NULL when the size is not known'
)
ENGINE = {MergeTree}
PARTITION BY toYYYYMM(charge_period_start)
ORDER BY (charge_period_start, source, scope, snapshot_id, bucket)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Services only: inventory of buckets of all snapshots, with every name; current_buckets is for analysts';

CREATE TABLE IF NOT EXISTS bill_facts {onCluster}
(
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    chunk UInt32 COMMENT 'Chunk of the snapshot, from 0',
    source LowCardinality(String) COMMENT 'Where the bill was read: aws-bill',
    scope LowCardinality(String) COMMENT 'Account that was read as a whole',
    charge_period_start DateTime('UTC') COMMENT 'FOCUS ChargePeriodStart, inclusive',
    charge_period_end DateTime('UTC') COMMENT 'FOCUS ChargePeriodEnd, exclusive',
    service LowCardinality(String) COMMENT 'Service',
    usage_type LowCardinality(String) COMMENT 'Usage type; empty for record types other than usage',
    record_type LowCardinality(String) COMMENT 'Usage, Credit, Refund, Tax …',
    owner LowCardinality(String) COMMENT 'Which collector owns the dollar: kubecost, s3, network or aws-bill',
    billed_cost Decimal(38, 12) COMMENT 'Unblended cost, as on the invoice',
    amortized_cost Decimal(38, 12) COMMENT 'Amortized cost, before discounts',
    effective_cost Decimal(38, 12) COMMENT 'FOCUS EffectiveCost: the basis that is charged',
    usage_quantity Decimal(38, 12) COMMENT 'Quantity, in the unit of the usage type'
)
ENGINE = {MergeTree}
PARTITION BY toYYYYMM(charge_period_start)
ORDER BY (charge_period_start, source, scope, snapshot_id, service, usage_type)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Every line of the bill of all snapshots, for reconciliation; join current_snapshots to see what counts';

CREATE TABLE IF NOT EXISTS snapshots {onCluster}
(
    snapshot_id String COMMENT 'Hash of what was read, when and of what',
    dataset LowCardinality(String) COMMENT 'cost, usage, bucket or bill',
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
    log_offset UInt64 COMMENT 'Offset of the seal',
    claims Array(String) COMMENT 'What the dollars are: lines of the bill or a cluster. Two sources that claim the same for the same day would charge it twice'
)
ENGINE = {MergeTree}
ORDER BY (dataset, source, scope, charge_period_start, read_at, snapshot_id)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Seals of the snapshots whose rows were found complete';

CREATE TABLE IF NOT EXISTS reading_confirmations {onCluster}
(
    dataset LowCardinality(String) COMMENT 'cost, usage, bucket or bill',
    source LowCardinality(String) COMMENT 'Where it was read',
    scope LowCardinality(String) COMMENT 'What was read as a whole',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period that was read, inclusive',
    snapshot_id String COMMENT 'Snapshot that the source said once more',
    read_at DateTime64(3, 'UTC') COMMENT 'When the source said so',
    finality LowCardinality(String) COMMENT 'final, or provisional while the source may restate it, as of read_at',
    content_hash String COMMENT 'SHA-256 over the canonical rows, the same as the snapshot''s'
)
ENGINE = {ReplacingMergeTree}
ORDER BY (dataset, source, scope, charge_period_start, snapshot_id, read_at)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Readings that found the period as the snapshot has it; one that is delivered again is merged away';

CREATE TABLE IF NOT EXISTS quarantined_readings {onCluster}
(
    dataset LowCardinality(String) COMMENT 'cost, usage, bucket or bill',
    source LowCardinality(String) COMMENT 'Where it was read',
    scope LowCardinality(String) COMMENT 'What was read as a whole',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period, inclusive',
    charge_period_end DateTime('UTC') COMMENT 'End of the period, exclusive',
    read_at DateTime64(3, 'UTC') COMMENT 'When it was read',
    snapshot_id String COMMENT 'Snapshot that was not made visible; empty when the collector refused the reading',
    reason String COMMENT 'What is wrong and how to mend it',
    currency LowCardinality(String) COMMENT 'Currency of the reading; empty when the collector refused it',
    finality LowCardinality(String) COMMENT 'final or provisional; empty when the collector refused it',
    chunk_count UInt32 COMMENT 'Chunks of the snapshot',
    row_count UInt64 COMMENT 'Rows of the snapshot',
    amount Decimal(38, 12) COMMENT 'Exact sum over the rows, in the deployment''s currency or the meter''s unit',
    content_hash String COMMENT 'SHA-256 over the canonical rows',
    log_topic LowCardinality(String) COMMENT 'Where the seal lies in the event log',
    log_partition UInt32 COMMENT 'Partition of the seal',
    log_offset UInt64 COMMENT 'Offset of the seal',
    id String ALIAS substring(lower(hex(SHA256(concat(dataset, '/', source, '/', scope, '/', toString(charge_period_start), '/', toString(read_at), '/', snapshot_id)))), 1, 12) COMMENT 'By which `apportion quarantine` names it'
)
ENGINE = {MergeTree}
ORDER BY (dataset, source, scope, charge_period_start, read_at)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Services only: readings that must not be charged, with the evidence, which may name a workload or bucket; pending_quarantine is for analysts';

CREATE TABLE IF NOT EXISTS quarantine_decisions {onCluster}
(
    id String COMMENT 'Quarantined reading that was decided on',
    decision LowCardinality(String) COMMENT 'release: it becomes visible; drop: it never will',
    prepared_by String COMMENT 'Who prepared the decision',
    approved_by String COMMENT 'Who approved it; somebody else',
    reason String COMMENT 'Why',
    effect Decimal(38, 12) COMMENT 'By how much the visible total of its period changed, in the deployment''s currency; 0 for a drop',
    decided_at DateTime64(3, 'UTC') COMMENT 'When'
)
ENGINE = {MergeTree}
ORDER BY (id, decided_at)
SETTINGS {deduplicates 1000 inserts}
COMMENT 'What was done about quarantined readings, by whom and why';
