-- Names of workloads, buckets and labels of teams whose data is under HIPAA or PCI are not for everybody who may read costs. A table whose
-- comment begins with `Services only:` is not the analysts'; the views below give its rows with such names hidden.

ALTER TABLE cost_facts MODIFY COMMENT 'Services only: cost facts of all snapshots, with every name; current_cost_facts are for analysts';
ALTER TABLE usage_facts MODIFY COMMENT 'Services only: usage facts of all snapshots, with every name; current_usage_facts are for analysts';
ALTER TABLE bucket_facts MODIFY COMMENT 'Services only: inventory of buckets of all snapshots, with every name; current_buckets is for analysts';
ALTER TABLE configuration_versions MODIFY COMMENT 'Services only: registries and policies by when they came into force; they name what belongs to whom';

ALTER TABLE allocation_lines MODIFY COMMENT 'Services only: lines of all attempts of all runs, with every label; current_allocations are for analysts';
ALTER TABLE quarantined_readings MODIFY COMMENT 'Services only: readings that must not be charged, with the evidence, which may name a workload or bucket; pending_quarantine is for analysts';

CREATE OR REPLACE VIEW protected_ownership
(
    level String COMMENT 'hipaa or pci; unknown where no rules were ever in force',
    team_id String COMMENT 'Team whose names are hidden',
    cluster String COMMENT 'Pattern of LIKE for the cluster; % matches any',
    namespace String COMMENT 'Pattern of LIKE for the namespace',
    controller String COMMENT 'Pattern of LIKE for the controller',
    team_label String COMMENT 'Pattern of LIKE for the team label or tag',
    service String COMMENT 'Pattern of LIKE for the service of the bill'
)
AS
WITH
    versions AS (SELECT content, activated_at, hash FROM configuration_versions WHERE kind = 'allocation'),
    -- What was a team's once stays hidden when the rule or the team is gone; another level of a team that is there holds for all of its past.
    levels AS
    (
        SELECT JSONExtractString(team, 'id') AS id, argMax(JSONExtractString(team, 'complianceLevel'), (activated_at, hash)) AS of_team
        FROM (SELECT arrayJoin(JSONExtractArrayRaw(content, 'teams')) AS team, activated_at, hash FROM versions)
        GROUP BY id HAVING of_team IN ('hipaa', 'pci')
    ),
    owned AS
    (
        SELECT JSONExtractString(rule, 'owner', 'id') AS id,
            arrayMap(dimension -> JSONExtractString(rule, 'match', dimension), ['cluster', 'namespace', 'controller', 'teamLabel', 'service']) AS names
        FROM (SELECT arrayJoin(JSONExtractArrayRaw(content, 'rules')) AS rule FROM versions) WHERE JSONExtractString(rule, 'owner', 'kind') = 'team'
        UNION DISTINCT
        SELECT JSONExtractString(dedicated, 'team'), [JSONExtractString(dedicated, 'cluster'), '', '', '', '']
        FROM (SELECT arrayJoin(JSONExtractArrayRaw(content, 'dedicatedClusters')) AS dedicated FROM versions)
    ),
    patterns AS
    (
        SELECT levels.of_team AS level, owned.id AS team_id,
            arrayMap(name -> if(name = '', '%', replaceRegexpOne(replaceRegexpAll(name, '[%_\\\\]', '\\\\\\0'), '\\*$', '%')), owned.names) AS likes
        FROM owned INNER JOIN levels ON levels.id = owned.id
    )
SELECT level, team_id, likes[1] AS cluster, likes[2] AS namespace, likes[3] AS controller, likes[4] AS team_label, likes[5] AS service FROM patterns
UNION ALL
SELECT 'unknown', '', '%', '%', '%', '%', '%' FROM (SELECT count() AS recorded FROM versions) WHERE recorded = 0
COMMENT 'Services only: what belongs to a team under HIPAA or PCI by any rule of ownership that was ever in force, whatever its dates and whichever rule wins';

CREATE OR REPLACE VIEW current_cost_facts
(
    charge_day Date COMMENT 'Day, UTC',
    charge_period_start DateTime('UTC') COMMENT 'FOCUS ChargePeriodStart, inclusive',
    source LowCardinality(String) COMMENT 'Where the dollars were read: kubecost, s3, network or aws-bill',
    scope LowCardinality(String) COMMENT 'What was read as a whole: a cluster, an account',
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    kind LowCardinality(String) COMMENT 'workload, idle, unmounted, object-storage, network or bill',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster; else empty',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace; empty when there is none',
    controller_kind LowCardinality(String) COMMENT 'deployment, statefulset, daemonset, job …',
    controller String COMMENT 'Name of the controller; hidden (hipaa) or hidden (pci) where it is of such a team',
    pod String COMMENT 'Pod, when containers are kept apart, or hidden likewise; else empty',
    container String COMMENT 'Container, when containers are kept apart, or hidden likewise; else empty',
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
    ram_usage_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory used'
)
AS
WITH
    (SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership,
    arrayFirst(each -> facts.cluster LIKE each.2 AND facts.namespace LIKE each.3 AND facts.controller LIKE each.4 AND facts.team_label LIKE each.5
        AND facts.service LIKE each.6, ownership).1 AS level,
    name -> if(level = '' OR name = '', name, concat('hidden (', level, ')')) AS shown
SELECT toDate(charge_period_start) AS charge_day, charge_period_start, source, scope, snapshot_id, kind, cluster, namespace, controller_kind,
    shown(facts.controller) AS controller, shown(facts.pod) AS pod, shown(facts.container) AS container, node,
    shown(facts.team_label) AS team_label, shown(facts.cost_center) AS cost_center, account, region, service, usage_type, record_type, network_class,
    cpu_cost, gpu_cost, ram_cost, pv_cost, load_balancer_cost, effective_cost, billed_cost,
    cpu_core_hours, cpu_request_core_hours, cpu_usage_core_hours, gpu_hours, gpu_usage_hours, ram_gib_hours, ram_request_gib_hours, ram_usage_gib_hours
FROM cost_facts AS facts
WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'cost')
COMMENT 'Cost facts that count, as read last; names of workloads and labels of teams under HIPAA or PCI are hidden';

CREATE OR REPLACE VIEW current_usage_facts
(
    charge_day Date COMMENT 'Day, UTC',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period, inclusive',
    source LowCardinality(String) COMMENT 'Where the usage was measured: mlflow, prometheus',
    scope LowCardinality(String) COMMENT 'What was read as a whole: one server',
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    meter LowCardinality(String) COMMENT 'What was measured, e.g. mlflow.runs',
    unit LowCardinality(String) COMMENT 'Unit of quantity, e.g. runs',
    team_label String COMMENT 'Value of the team tag; hidden (hipaa) or hidden (pci) where it is of such a team; empty when there is none',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster of the namespace, where the meter knows it; else empty',
    namespace LowCardinality(String) COMMENT 'Namespace of the user, where the meter knows it',
    quantity Decimal(38, 12) COMMENT 'How much was used, in unit'
)
AS
WITH
    (SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership,
    arrayFirst(each -> facts.cluster LIKE each.2 AND facts.namespace LIKE each.3 AND '' LIKE each.4 AND facts.team_label LIKE each.5
        AND '' LIKE each.6, ownership).1 AS level
SELECT toDate(charge_period_start) AS charge_day, charge_period_start, source, scope, snapshot_id, meter, unit,
    if(level = '' OR facts.team_label = '', facts.team_label, concat('hidden (', level, ')')) AS team_label, cluster, namespace, quantity
FROM usage_facts AS facts
WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'usage')
COMMENT 'Usage facts that count, as read last; labels of teams under HIPAA or PCI are hidden';

CREATE OR REPLACE VIEW current_buckets
(
    scope LowCardinality(String) COMMENT 'Account',
    seen_on Date COMMENT 'Day on which the inventory was read last, UTC',
    bucket String COMMENT 'Name of the bucket; hidden (hipaa) or hidden (pci) where it is of such a team',
    region LowCardinality(String) COMMENT 'Region of the bucket; empty when it is not known',
    team_label String COMMENT 'Value of the team tag, or hidden likewise; empty when the bucket is untagged or its tags must not be read',
    tag_status LowCardinality(String) COMMENT 'unknown where the bucket''s tags must not be read: it is neither tagged nor untagged; else empty',
    storage_class LowCardinality(String) COMMENT 'Storage class of size_bytes, as CloudWatch names it; empty when it is not known',
    size_day Nullable(Date) COMMENT 'Day of size_bytes: CloudWatch tells sizes a day late; empty when the size is not known',
    size_bytes Nullable(Decimal(38, 12)) COMMENT 'Bytes stored on size_day in the storage class; empty when it is not known'
)
AS
WITH
    (SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership,
    arrayFirst(each -> '' LIKE each.2 AND '' LIKE each.3 AND '' LIKE each.4 AND facts.team_label LIKE each.5
        AND 'Amazon Simple Storage Service' LIKE each.6, ownership).1 AS level,
    name -> if(level = '' OR name = '', name, concat('hidden (', level, ')')) AS shown
SELECT scope, toDate(charge_period_start) AS seen_on, shown(facts.bucket) AS bucket, region, shown(facts.team_label) AS team_label, tag_status,
    storage_class, size_day, size_bytes
FROM bucket_facts AS facts
WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'bucket' ORDER BY charge_period_start DESC LIMIT 1 BY scope)
COMMENT 'Buckets of each account as they were read last; names and tags of teams under HIPAA or PCI are hidden';

CREATE OR REPLACE VIEW workload_daily_costs
(
    charge_day Date COMMENT 'Day, UTC',
    cluster String COMMENT 'Kubernetes cluster',
    namespace String COMMENT 'Kubernetes namespace',
    controller_kind String COMMENT 'deployment, statefulset, daemonset, job …',
    controller String COMMENT 'Name of the controller; hidden (hipaa) or hidden (pci) where it is of such a team: all of its namespace in one row',
    cost_at_list_price Decimal(76, 12) COMMENT 'Cost at Kubecost''s prices, before the difference to the bill, in the deployment''s currency',
    cpu_core_hours Decimal(76, 12) COMMENT 'Core-hours that were charged',
    cpu_request_core_hours Decimal(76, 12) COMMENT 'Core-hours requested',
    cpu_usage_core_hours Decimal(76, 12) COMMENT 'Core-hours used',
    gpu_hours Decimal(76, 12) COMMENT 'GPU-hours that were charged',
    ram_gib_hours Decimal(76, 12) COMMENT 'GiB-hours of memory that were charged',
    ram_usage_gib_hours Decimal(76, 12) COMMENT 'GiB-hours of memory used'
)
AS SELECT charge_day, cluster, namespace, controller_kind, controller,
    sum(toDecimal256(effective_cost, 12)) AS cost_at_list_price,
    sum(toDecimal256(current_cost_facts.cpu_core_hours, 12)) AS cpu_core_hours,
    sum(toDecimal256(current_cost_facts.cpu_request_core_hours, 12)) AS cpu_request_core_hours,
    sum(toDecimal256(current_cost_facts.cpu_usage_core_hours, 12)) AS cpu_usage_core_hours,
    sum(toDecimal256(current_cost_facts.gpu_hours, 12)) AS gpu_hours,
    sum(toDecimal256(current_cost_facts.ram_gib_hours, 12)) AS ram_gib_hours,
    sum(toDecimal256(current_cost_facts.ram_usage_gib_hours, 12)) AS ram_usage_gib_hours
FROM current_cost_facts WHERE kind = 'workload'
GROUP BY charge_day, cluster, namespace, controller_kind, controller
COMMENT 'What each workload cost and used on each day, as read last';

CREATE OR REPLACE VIEW named_workload_daily_costs
(
    charge_day Date COMMENT 'Day, UTC',
    cluster String COMMENT 'Kubernetes cluster',
    namespace String COMMENT 'Kubernetes namespace',
    team_id String COMMENT 'Team that alone paid for what ran in the namespace on the day; empty where it is several, nobody or not allocated yet, and for what may be another team''s under HIPAA or PCI',
    controller_kind String COMMENT 'deployment, statefulset, daemonset, job …',
    controller String COMMENT 'Name of the controller, of every team',
    cost_at_list_price Decimal(76, 12) COMMENT 'Cost at Kubecost''s prices, before the difference to the bill, in the deployment''s currency',
    cpu_request_core_hours Decimal(76, 12) COMMENT 'Core-hours requested',
    cpu_usage_core_hours Decimal(76, 12) COMMENT 'Core-hours used',
    gpu_hours Decimal(76, 12) COMMENT 'GPU-hours that were charged'
)
AS
WITH
    (SELECT groupArray((team_id, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership,
    -- What may be another team's under HIPAA or PCI is nobody's here.
    arrayExists(each -> each.1 != owners.team AND workloads.cluster LIKE each.2 AND workloads.namespace LIKE each.3 AND controller LIKE each.4
        AND label LIKE each.5 AND '' LIKE each.6, ownership) AS is_of_another
SELECT workloads.charge_day AS charge_day, workloads.cluster AS cluster, workloads.namespace AS namespace,
    if(is_of_another, '', owners.team) AS team_id, controller_kind, controller,
    sum(workloads.cost) AS cost_at_list_price, sum(requested) AS cpu_request_core_hours, sum(used) AS cpu_usage_core_hours, sum(gpus) AS gpu_hours
FROM
(
    SELECT toDate(charge_period_start) AS charge_day, cluster, namespace, controller_kind, controller, team_label AS label,
        sum(toDecimal256(effective_cost, 12)) AS cost, sum(toDecimal256(cpu_request_core_hours, 12)) AS requested,
        sum(toDecimal256(cpu_usage_core_hours, 12)) AS used, sum(toDecimal256(gpu_hours, 12)) AS gpus
    FROM cost_facts
    WHERE kind = 'workload' AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'cost')
    GROUP BY charge_day, cluster, namespace, controller_kind, controller, label
) AS workloads
LEFT JOIN
(
    SELECT charge_day, cluster, namespace, if(uniqExact(owner_kind, team_id) = 1, any(team_id), '') AS team
    FROM current_allocations WHERE source = 'kubecost' AND basis = 'direct' AND namespace != ''
    GROUP BY charge_day, cluster, namespace
) AS owners
    ON owners.charge_day = workloads.charge_day AND owners.cluster = workloads.cluster AND owners.namespace = workloads.namespace
GROUP BY charge_day, cluster, namespace, team_id, controller_kind, controller
COMMENT 'Services only: workloads with the names of every team, for the roles to which the configuration shows them';

CREATE OR REPLACE VIEW hidden_labels
(
    cluster String COMMENT 'Kubernetes cluster; else empty',
    namespace String COMMENT 'Kubernetes namespace; else empty',
    service String COMMENT 'Service of the bill; else empty',
    label String COMMENT 'Label or tag that is not shown'
)
AS
WITH (SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership
SELECT cluster, namespace, service, label
FROM (SELECT DISTINCT cluster, namespace, service, label FROM allocation_lines WHERE label != '')
WHERE arrayExists(each -> cluster LIKE each.2 AND namespace LIKE each.3 AND '' LIKE each.4 AND label LIKE each.5 AND service LIKE each.6, ownership)
COMMENT 'Services only: labels on lines that nobody owns which a team under HIPAA or PCI owns by a rule, on other days';

CREATE OR REPLACE VIEW current_allocations
(
    run_id String COMMENT 'Run that made the line',
    line UInt32 COMMENT 'Number of the line in its run, from 0',
    charge_day Date COMMENT 'Day on which the cost arose, UTC',
    billing_period LowCardinality(String) COMMENT 'Month of the day, YYYY-MM',
    source LowCardinality(String) COMMENT 'Where the dollars were read: kubecost, s3, network or aws-bill; rate-variance: from Kubecost''s prices to the bill; limits: caps and minimums',
    scope LowCardinality(String) COMMENT 'What was read as a whole: a cluster, an account',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster; else empty',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace; empty for pools and for what is not Kubernetes',
    node_pool LowCardinality(String) COMMENT 'Pool of the nodes whose capacity was idle; empty for nodes of no pool and for everything else',
    service LowCardinality(String) COMMENT 'Service of the bill, for costs that come from it; else empty',
    record_type LowCardinality(String) COMMENT 'Record type of the bill where it is no usage: Tax, Support, Credit …; else empty',
    label LowCardinality(String) COMMENT 'Team label or tag of a cost that nobody owns, or hidden where it is a team''s under HIPAA or PCI on other days; else empty',
    category LowCardinality(String) COMMENT 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, unused-commitment, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle for what is of none, and idle-variance for what was allocated of a node beyond its cost: negative',
    owner_kind LowCardinality(String) COMMENT 'team, idle, corporate or unallocated',
    team_id LowCardinality(String) COMMENT 'Team that owes the amount; empty for other owners',
    basis LowCardinality(String) COMMENT 'direct: owned as collected; shared: a share of a pool; idle: capacity nobody asked for; corporate: the company''s',
    pool LowCardinality(String) COMMENT 'Shared service or pool of which this is a share; empty for direct cost',
    policy LowCardinality(String) COMMENT 'Version of the policy that split the pool, or default; empty where none did',
    method LowCardinality(String) COMMENT 'How the pool was split: usage, proportional, even, fixed or limit; empty where none was',
    reason LowCardinality(String) COMMENT 'Why another method than the policy''s first was used, or why nobody owns the amount; else empty',
    meter LowCardinality(String) COMMENT 'What was measured: a meter, several with percentages, or for example gpu-cost; of a limit cap, minimum or limits-of-others; else empty',
    usage_window LowCardinality(String) COMMENT 'Where usage split the pool, whose use was counted: that of the billing-month, or of the day alone; else empty',
    between_services LowCardinality(String) COMMENT 'step-down or reciprocal where the driver is an end-to-end ratio; else empty',
    driver_quantity Decimal(38, 12) COMMENT 'What the line weighs, in the unit of the meter, or currency, or a ratio',
    driver_total Decimal(38, 12) COMMENT 'What all weigh together, in the same unit: driver_quantity ÷ driver_total is the share',
    amount Decimal(38, 12) COMMENT 'Effective cost, in the deployment''s currency'
)
AS SELECT
    allocation_lines.run_id AS run_id, line, allocation_lines.charge_day AS charge_day,
    allocation_lines.billing_period AS billing_period, source, scope, cluster, namespace, node_pool, service, record_type,
    if(allocation_lines.label = '', '', if((cluster, namespace, service, allocation_lines.label) IN (SELECT cluster, namespace, service, label FROM hidden_labels), 'hidden', allocation_lines.label)) AS label, category,
    owner_kind, team_id, basis, pool, policy, method, reason, meter, usage_window, between_services, driver_quantity, driver_total, amount
FROM allocation_lines
WHERE (billing_period, charge_day, run_id) IN (SELECT billing_period, charge_day, run_id FROM current_runs)
    AND (run_id, attempt) IN (SELECT run_id, max(allocation_runs.attempt) FROM allocation_runs GROUP BY run_id)
COMMENT 'Every dollar once: the lines of the current runs';

CREATE OR REPLACE VIEW pending_quarantine
(
    id String COMMENT 'By which `apportion quarantine` names it',
    dataset LowCardinality(String) COMMENT 'cost, usage, bucket or bill',
    source LowCardinality(String) COMMENT 'Where it was read',
    scope LowCardinality(String) COMMENT 'What was read as a whole',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period, inclusive, UTC',
    read_at DateTime64(3, 'UTC') COMMENT 'When it was read, UTC',
    snapshot_id String COMMENT 'Snapshot that was not made visible; empty when the collector refused the reading',
    row_count UInt64 COMMENT 'Rows of the snapshot',
    amount Decimal(38, 12) COMMENT 'Exact sum over its rows: in the deployment''s currency, of usage in the meter''s unit',
    reason String COMMENT 'What is wrong and how to mend it; where there are teams under HIPAA or PCI only where to read it, since it may name a workload or bucket'
)
AS SELECT
    quarantined_readings.id AS id, dataset, source, scope, charge_period_start,
    max(quarantined_readings.read_at) AS read_at,
    any(quarantined_readings.snapshot_id) AS snapshot_id, any(quarantined_readings.row_count) AS row_count,
    any(quarantined_readings.amount) AS amount,
    if((SELECT count() FROM protected_ownership) = 0, any(quarantined_readings.reason), concat('see apportion quarantine show ', id)) AS reason
FROM quarantined_readings
WHERE id NOT IN (SELECT id FROM quarantine_decisions)
GROUP BY id, dataset, source, scope, charge_period_start
COMMENT 'Quarantined readings on which nobody has decided; a later good reading of the same period makes one moot';
