CREATE OR REPLACE VIEW current_allocations {onCluster}
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
    meters Array(LowCardinality(String)) COMMENT 'Meters of the usage that the share follows; none where no usage split the pool',
    meter_percents Array(Decimal(9, 6)) COMMENT 'Percent of the pool that follows each of the meters',
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
    owner_kind, team_id, basis, pool, policy, method, reason, meter, meters, meter_percents, usage_window, between_services, driver_quantity, driver_total, amount
FROM allocation_lines
WHERE (billing_period, charge_day, run_id, attempt) IN (SELECT billing_period, charge_day, run_id, attempt FROM current_runs)
COMMENT 'Every dollar once: the lines of the current runs';
