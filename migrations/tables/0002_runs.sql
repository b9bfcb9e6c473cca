-- Allocation runs: the rules in force, then lines, then one row in `allocation_runs` that seals them. Readers go through `current_runs`.
-- Several allocators may write the lines of a run, and die at any step. Each attempt writes lines of its own, and only those of the attempt
-- that sealed the run count: nothing has to be deleted, so nothing that counts can be.

CREATE TABLE IF NOT EXISTS configuration_versions {onCluster}
(
    kind LowCardinality(String) COMMENT 'allocation: the registry and the policies; teams: their budgets and cost centers',
    hash String COMMENT 'SHA-256 of content',
    activated_at DateTime64(3, 'UTC') COMMENT 'When the allocator first worked with it',
    content String COMMENT 'The configuration as canonical JSON'
)
ENGINE = {MergeTree}
ORDER BY (kind, activated_at, hash)
SETTINGS {deduplicates 1000 inserts}
COMMENT 'Services only: registries and policies by when they came into force; they name what belongs to whom';

CREATE TABLE IF NOT EXISTS allocation_lines {onCluster}
(
    run_id String COMMENT 'Run that made the line',
    charge_day Date COMMENT 'Day on which the cost arose, UTC',
    billing_period LowCardinality(String) COMMENT 'Month of the day, YYYY-MM',
    attempt LowCardinality(String) COMMENT 'Attempt that wrote the line; lines of an attempt that sealed nothing never count',
    line UInt32 COMMENT 'Number of the line in its run, from 0',
    source LowCardinality(String) COMMENT 'Where the dollars were read: kubecost, s3, network or aws-bill; rate-variance: from Kubecost''s prices to the bill; limits: caps and minimums',
    scope LowCardinality(String) COMMENT 'What was read as a whole: a cluster, an account',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster; else empty',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace; empty for pools and for what is not Kubernetes',
    node_pool LowCardinality(String) COMMENT 'Pool of the nodes whose capacity was idle; empty for nodes of no pool and for everything else',
    service LowCardinality(String) COMMENT 'Service of the bill, for costs that come from it; else empty',
    record_type LowCardinality(String) COMMENT 'Record type of the bill where it is no usage: Tax, Support, Credit …; else empty',
    label LowCardinality(String) COMMENT 'Team label or tag of a cost that nobody owns; else empty',
    category LowCardinality(String) COMMENT 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, unused-commitment, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle for what is of none, and idle-variance for what was allocated of a node beyond its cost: negative',
    owner_kind LowCardinality(String) COMMENT 'team, idle, corporate or unallocated',
    team_id LowCardinality(String) COMMENT 'Team that owes the amount; empty for other owners',
    basis LowCardinality(String) COMMENT 'direct: owned as collected; shared: a share of a pool; idle: capacity nobody asked for; corporate: the company''s',
    pool LowCardinality(String) COMMENT 'Shared service, system/<cluster>, idle/<cluster>, idle/<cluster>/<node pool>, unallocated or corporate of which this is a share; empty for direct cost',
    policy LowCardinality(String) COMMENT 'Version of the policy that split the pool: eight digits that name its content, or default; empty where none did',
    method LowCardinality(String) COMMENT 'How the pool was split: usage, proportional, even, fixed or limit; empty where none was',
    reason LowCardinality(String) COMMENT 'Why another method than the policy''s first was used, or why nobody owns the amount; else empty',
    meter LowCardinality(String) COMMENT 'What was measured: a meter, several with their percentages, or for example gpu-cost where a proportional share follows that and not direct cost; else empty',
    meters Array(LowCardinality(String)) COMMENT 'Meters of the usage that the share follows; none where no usage split the pool',
    meter_percents Array(Decimal(9, 6)) COMMENT 'Percent of the pool that follows each of the meters',
    usage_window LowCardinality(String) COMMENT 'Where usage split the pool, whose use was counted: billing-month, or day; else empty',
    between_services LowCardinality(String) COMMENT 'step-down or reciprocal where the pool also serves other services: the driver is then an end-to-end ratio; else empty',
    driver_quantity Decimal(38, 12) COMMENT 'What this line weighed: units of the meter, or currency when proportional',
    driver_total Decimal(38, 12) COMMENT 'What all weighed together: driver_quantity / driver_total is the share',
    amount Decimal(38, 12) COMMENT 'Effective cost in the deployment''s currency'
)
ENGINE = {MergeTree}
PARTITION BY billing_period
ORDER BY (billing_period, charge_day, run_id, line)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Services only: lines of all attempts of all runs, with every label; current_allocations are for analysts';

CREATE TABLE IF NOT EXISTS allocation_runs {onCluster}
(
    run_id String COMMENT 'Hash of the snapshots, the registry and the policies of the day',
    charge_day Date COMMENT 'Day that was allocated, UTC',
    billing_period LowCardinality(String) COMMENT 'Month of the day, YYYY-MM',
    as_of DateTime64(3, 'UTC') COMMENT 'When the newest input was read',
    rules_activated_at DateTime64(3, 'UTC') COMMENT 'Since when its registry and policies are in force; the run under the latest rules counts',
    input_version UInt64 COMMENT 'Sum of the read times of its inputs in milliseconds: grows with each newer input, so the greatest counts',
    snapshot_ids Array(String) COMMENT 'Snapshots that were allocated or measured by',
    registry_hash String COMMENT 'Ownership that was in force on the day',
    policy_hash String COMMENT 'Policies that were in force on the day',
    missing Array(String) COMMENT 'Expected readings that were not there; empty when the day is complete',
    missing_bills Array(String) COMMENT 'Accounts whose bill is among them',
    collected Decimal(38, 12) COMMENT 'Sum of the facts, in the deployment''s currency',
    allocated Decimal(38, 12) COMMENT 'Sum of the lines; equal to collected',
    line_count UInt32 COMMENT 'Lines of the run',
    certificate String COMMENT 'Conservation certificate as JSON: collected and allocated for each source, and their difference of zero',
    attempt String COMMENT 'Attempt whose lines are sealed; of several the greatest counts, all of them were proved to be the same'
)
ENGINE = {MergeTree}
ORDER BY (billing_period, charge_day, rules_activated_at, input_version, run_id)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Sealed runs: each was proved to allocate exactly what was collected';
