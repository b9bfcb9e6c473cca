-- Of the lines themselves, as current_allocations reads them: so the engine takes the sums that it keeps (tables/0021_runs.sql).

CREATE OR REPLACE VIEW team_monthly_costs {onCluster}
(
    billing_period LowCardinality(String) COMMENT 'Month, YYYY-MM',
    team_id LowCardinality(String) COMMENT 'Team that owes the amount',
    category LowCardinality(String) COMMENT 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, unused-commitment, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle for what is of none, and idle-variance for what was allocated of a node beyond its cost: negative',
    basis LowCardinality(String) COMMENT 'direct: owned as collected; shared: a share of a pool; idle: of a cluster or node pool dedicated to the team',
    pool LowCardinality(String) COMMENT 'Shared service or pool; empty for direct cost',
    amount Decimal(76, 12) COMMENT 'What the team owes for what it used in the month, in the deployment''s currency; corrections of earlier months, which are charged in this one, lie in posted_entries'
)
AS SELECT billing_period, team_id, category, basis, pool, sum(toDecimal256(amount, 12)) AS amount
FROM allocation_lines
WHERE (billing_period, charge_day, run_id, attempt) IN (SELECT billing_period, charge_day, run_id, attempt FROM current_runs) AND owner_kind = 'team'
GROUP BY billing_period, team_id, category, basis, pool
COMMENT 'What each team owes for each month so far, by category and pool';
