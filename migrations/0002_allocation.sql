-- Allocation runs: lines first, then one row in `allocation_runs` that seals them. Readers go through `current_runs`.

CREATE TABLE IF NOT EXISTS configuration_versions
(
    kind LowCardinality(String) COMMENT 'allocation: the registry and the policies',
    hash String COMMENT 'SHA-256 of content',
    activated_at DateTime64(3, 'UTC') COMMENT 'When the allocator first worked with it',
    content String COMMENT 'The configuration as canonical JSON'
)
ENGINE = MergeTree
ORDER BY (kind, activated_at, hash)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Every registry and policy that allocation ever used';

CREATE TABLE IF NOT EXISTS allocation_lines
(
    run_id String COMMENT 'Run that made the line',
    line UInt32 COMMENT 'Number of the line in its run, from 0',
    charge_day Date COMMENT 'Day on which the cost arose, UTC',
    billing_period LowCardinality(String) COMMENT 'Month of the day, YYYY-MM',
    source LowCardinality(String) COMMENT 'Where the dollars were read',
    scope LowCardinality(String) COMMENT 'What was read as a whole: a cluster, an account',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster; empty for S3',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace; empty for pools and S3',
    category LowCardinality(String) COMMENT 'cpu, gpu, memory, persistent-volume, load-balancer, object-storage, idle or shared',
    owner_kind LowCardinality(String) COMMENT 'team, idle or unallocated',
    team_id LowCardinality(String) COMMENT 'Team that owes the amount; empty for idle and unallocated',
    basis LowCardinality(String) COMMENT 'direct: owned as collected; shared: a share of a pool; idle: capacity nobody asked for',
    pool LowCardinality(String) COMMENT 'Shared service or system pool of which this is a share; empty for direct cost',
    method LowCardinality(String) COMMENT 'How the pool was split: usage, proportional, even, fixed; empty for direct cost',
    reason LowCardinality(String) COMMENT 'Why another method than the policy''s first was used, or why nobody owns the amount; else empty',
    meter LowCardinality(String) COMMENT 'Meter by which the pool was split; empty unless method is usage',
    driver_quantity Decimal(38, 12) COMMENT 'What this line weighed: units of the meter, or currency when proportional',
    driver_total Decimal(38, 12) COMMENT 'What all weighed together: driver_quantity / driver_total is the share',
    amount Decimal(38, 12) COMMENT 'Effective cost in the deployment''s currency'
)
ENGINE = MergeTree
PARTITION BY billing_period
ORDER BY (billing_period, charge_day, run_id, line)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Lines of all runs; read current_allocations to see what counts';

CREATE TABLE IF NOT EXISTS allocation_runs
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
    collected Decimal(38, 12) COMMENT 'Sum of the facts, in the deployment''s currency',
    allocated Decimal(38, 12) COMMENT 'Sum of the lines; equal to collected',
    line_count UInt32 COMMENT 'Lines of the run',
    certificate String COMMENT 'Conservation certificate as JSON: collected and allocated for each source, and their difference of zero'
)
ENGINE = MergeTree
ORDER BY (billing_period, charge_day, rules_activated_at, input_version, run_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Sealed runs: each was proved to allocate exactly what was collected';

CREATE VIEW IF NOT EXISTS current_runs AS
SELECT
    billing_period,
    charge_day,
    argMax(allocation_runs.run_id, (allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS run_id,
    argMax(allocation_runs.as_of, (allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS as_of,
    argMax(allocation_runs.missing, (allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS missing,
    argMax(allocation_runs.collected, (allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS collected,
    argMax(allocation_runs.allocated, (allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS allocated
FROM allocation_runs
GROUP BY billing_period, charge_day
COMMENT 'The run that counts for each day: the sealed one under the latest rules with the newest inputs';

CREATE VIEW IF NOT EXISTS current_allocations AS
SELECT
    allocation_lines.run_id AS run_id, line, allocation_lines.charge_day AS charge_day,
    allocation_lines.billing_period AS billing_period, source, scope, cluster, namespace, category, owner_kind, team_id,
    basis, pool, method, reason, meter, driver_quantity, driver_total, amount
FROM allocation_lines
WHERE (billing_period, charge_day, run_id) IN (SELECT billing_period, charge_day, run_id FROM current_runs)
COMMENT 'Every dollar once: the lines of the current runs';

CREATE VIEW IF NOT EXISTS team_daily_costs AS
SELECT billing_period, charge_day, team_id, category, basis, pool, sum(toDecimal256(amount, 12)) AS amount
FROM current_allocations
WHERE owner_kind = 'team'
GROUP BY billing_period, charge_day, team_id, category, basis, pool
COMMENT 'What each team owes for each day, by category and pool';

CREATE VIEW IF NOT EXISTS team_monthly_costs AS
SELECT billing_period, team_id, category, basis, pool, sum(toDecimal256(amount, 12)) AS amount
FROM current_allocations
WHERE owner_kind = 'team'
GROUP BY billing_period, team_id, category, basis, pool
COMMENT 'What each team owes for each month so far, by category and pool';
