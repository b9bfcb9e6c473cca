-- A sealed reading of costs has its cells: its facts summed to what ownership, pools, statements and explanations need, without the hours, pods and
-- containers. Where summing would not halve them each fact is a cell, so several may have the same names. Intake writes them beside the seal and proves them against the facts; whatever allocates or explains a month reads cells.

CREATE TABLE IF NOT EXISTS cells {onCluster}
(
    snapshot_id LowCardinality(String) COMMENT 'Snapshot whose facts were summed',
    attempt LowCardinality(String) COMMENT 'Attempt that wrote the cell, and the snapshot; only those that a seal names count',
    charge_day Date COMMENT 'Day on which the cost arose, UTC',
    source LowCardinality(String) COMMENT 'Where the dollars were read: kubecost, s3, network or aws-bill',
    scope LowCardinality(String) COMMENT 'What was read as a whole: a cluster, an account',
    kind LowCardinality(String) COMMENT 'workload, idle, unmounted, object-storage, network, bill or unowned',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster; else empty',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace; empty when there is none',
    controller_kind LowCardinality(String) COMMENT 'deployment, statefulset, daemonset, job …',
    controller String COMMENT 'Name of the controller',
    team_label LowCardinality(String) COMMENT 'Value of the team label, or of the bucket''s team tag; empty when there is none',
    cost_center LowCardinality(String) COMMENT 'Value of the cost-center label; empty when there is none',
    node LowCardinality(String) COMMENT 'Node, for idle by node; else empty',
    account LowCardinality(String) COMMENT 'Account of the bill; empty for Kubernetes',
    region LowCardinality(String) COMMENT 'Region of the bill''s line; empty where the bill was not asked by region',
    service LowCardinality(String) COMMENT 'Service of the bill''s line; empty for Kubernetes',
    usage_type LowCardinality(String) COMMENT 'Usage type of the bill; empty for Kubernetes',
    record_type LowCardinality(String) COMMENT 'Record type of the bill: Usage, Credit, Refund, Tax …; empty for Kubernetes',
    network_class LowCardinality(String) COMMENT 'internet, inter-region, inter-zone or nat, for network; else empty',
    cpu_cost Decimal(38, 12) COMMENT 'CPU with its adjustment, in the deployment''s currency',
    gpu_cost Decimal(38, 12) COMMENT 'GPU with its adjustment, in the deployment''s currency',
    ram_cost Decimal(38, 12) COMMENT 'Memory with its adjustment, in the deployment''s currency',
    pv_cost Decimal(38, 12) COMMENT 'Persistent volumes with their adjustment, in the deployment''s currency',
    load_balancer_cost Decimal(38, 12) COMMENT 'Load balancers with their adjustment, in the deployment''s currency',
    network_cost_info Decimal(38, 12) COMMENT 'Kubecost''s estimate of network cost: information, never charged',
    effective_cost Decimal(38, 12) COMMENT 'FOCUS EffectiveCost: the chargeable amount; for Kubernetes the sum of the five parts',
    billed_cost Decimal(38, 12) COMMENT 'FOCUS BilledCost: the unblended amount, to tie out with the invoice',
    amortized_cost Decimal(38, 12) COMMENT 'The bill''s amortized cost, before discounts; 0 where it was not asked for',
    net_amortized_cost Decimal(38, 12) COMMENT 'The bill''s amortized cost after discounts; 0 where it was not asked for',
    cpu_core_hours Decimal(38, 12) COMMENT 'Core-hours allocated',
    cpu_request_core_hours Decimal(38, 12) COMMENT 'Core-hours requested, on average over the period',
    cpu_usage_core_hours Decimal(38, 12) COMMENT 'Core-hours used: divided by those requested it is the efficiency',
    gpu_hours Decimal(38, 12) COMMENT 'GPU-hours allocated',
    gpu_usage_hours Decimal(38, 12) COMMENT 'GPU-hours used',
    ram_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory allocated',
    ram_request_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory requested',
    ram_usage_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory used',
    fact_count UInt64 COMMENT 'Facts that were summed'
)
ENGINE = {MergeTree}
PARTITION BY toYYYYMM(charge_day)
ORDER BY (charge_day, source, scope, attempt, namespace, controller)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Services only: cells of all attempts of all snapshots, with every name; current_cells are for analysts';

ALTER TABLE snapshots {onCluster} ADD COLUMN IF NOT EXISTS
    cells_attempt String DEFAULT concat('/', snapshot_id) COMMENT 'Of costs, the attempt whose cells are sealed with it; of several the greatest counts, all of them were proved to be the same';

-- Snapshots of before have theirs under an attempt without a name. Made again from the beginning where this was interrupted: nothing counts them before.
DELETE FROM cells WHERE startsWith(attempt, '/');

INSERT INTO cells (snapshot_id, attempt, charge_day, source, scope, kind, cluster, namespace, controller_kind, controller, team_label, cost_center, node, account, region, service, usage_type, record_type, network_class,
    cpu_cost, gpu_cost, ram_cost, pv_cost, load_balancer_cost, network_cost_info, effective_cost, billed_cost, amortized_cost, net_amortized_cost, cpu_core_hours, cpu_request_core_hours, cpu_usage_core_hours, gpu_hours, gpu_usage_hours, ram_gib_hours, ram_request_gib_hours, ram_usage_gib_hours, fact_count)
SELECT snapshot_id, concat('/', snapshot_id), toDate(charge_period_start) AS charge_day, source, scope, kind, cluster, namespace, controller_kind, controller, team_label, cost_center, node, account, region, service, usage_type, record_type, network_class,
    toDecimal128(sum(toDecimal256(cost_facts.cpu_cost, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.gpu_cost, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.ram_cost, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.pv_cost, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.load_balancer_cost, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.network_cost_info, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.effective_cost, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.billed_cost, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.amortized_cost, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.net_amortized_cost, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.cpu_core_hours, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.cpu_request_core_hours, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.cpu_usage_core_hours, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.gpu_hours, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.gpu_usage_hours, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.ram_gib_hours, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.ram_request_gib_hours, 12)), 12),
    toDecimal128(sum(toDecimal256(cost_facts.ram_usage_gib_hours, 12)), 12),
    count()
FROM cost_facts WHERE snapshot_id IN (SELECT snapshot_id FROM snapshots WHERE dataset = 'cost')
GROUP BY snapshot_id, charge_day, source, scope, kind, cluster, namespace, controller_kind, controller, team_label, cost_center, node, account, region, service, usage_type, record_type, network_class
SETTINGS max_bytes_before_external_group_by = 1000000000, insert_deduplicate = 0;
