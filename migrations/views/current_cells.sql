CREATE OR REPLACE VIEW current_cells {onCluster}
(
    charge_day Date COMMENT 'Day, UTC',
    source LowCardinality(String) COMMENT 'Where the dollars were read: kubecost, s3, network or aws-bill',
    scope LowCardinality(String) COMMENT 'What was read as a whole: a cluster, an account',
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    kind LowCardinality(String) COMMENT 'workload, idle, unmounted, object-storage, network or bill',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster; else empty',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace; empty when there is none',
    controller_kind LowCardinality(String) COMMENT 'deployment, statefulset, daemonset, job …',
    controller String COMMENT 'Name of the controller; hidden (hipaa) or hidden (pci) where it is of such a team',
    node LowCardinality(String) COMMENT 'Node, for idle by node; else empty',
    team_label String COMMENT 'Value of the team label or tag, or hidden likewise; empty when there is none',
    cost_center String COMMENT 'Value of the cost-center label, or hidden likewise; empty when there is none',
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
    effective_cost Decimal(38, 12) COMMENT 'FOCUS EffectiveCost: the chargeable amount, in the deployment''s currency; Kubernetes at Kubecost''s prices',
    billed_cost Decimal(38, 12) COMMENT 'FOCUS BilledCost: the unblended amount, in the deployment''s currency',
    cpu_core_hours Decimal(38, 12) COMMENT 'Core-hours that were charged',
    cpu_request_core_hours Decimal(38, 12) COMMENT 'Core-hours requested',
    cpu_usage_core_hours Decimal(38, 12) COMMENT 'Core-hours used',
    gpu_hours Decimal(38, 12) COMMENT 'GPU-hours that were charged',
    gpu_usage_hours Decimal(38, 12) COMMENT 'GPU-hours used',
    ram_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory that were charged',
    ram_request_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory requested',
    ram_usage_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory used',
    fact_count UInt64 COMMENT 'Facts that were summed'
)
AS
WITH
    (SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership,
    arrayFirst(each -> cells.cluster LIKE each.2 AND cells.namespace LIKE each.3 AND cells.controller LIKE each.4 AND cells.team_label LIKE each.5
        AND cells.service LIKE each.6, ownership).1 AS level,
    name -> if(level = '' OR name = '', name, concat('hidden (', level, ')')) AS shown
SELECT charge_day, source, scope, snapshot_id, kind, cluster, namespace, controller_kind,
    shown(cells.controller) AS controller, node, shown(cells.team_label) AS team_label, shown(cells.cost_center) AS cost_center,
    account, region, service, usage_type, record_type, network_class,
    cpu_cost, gpu_cost, ram_cost, pv_cost, load_balancer_cost, effective_cost, billed_cost,
    cpu_core_hours, cpu_request_core_hours, cpu_usage_core_hours, gpu_hours, gpu_usage_hours, ram_gib_hours, ram_request_gib_hours, ram_usage_gib_hours,
    fact_count
FROM cells
WHERE attempt IN (SELECT max(cells_attempt) FROM snapshots WHERE dataset = 'cost' GROUP BY snapshot_id)
    AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'cost')
COMMENT 'Costs that count, as read last, by day without hours, pods and containers: what months are allocated from; names of workloads and labels of teams under HIPAA or PCI are hidden';
