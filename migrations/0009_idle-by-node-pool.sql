-- Idle capacity by pool of nodes and by resource.

ALTER TABLE allocation_lines
    ADD COLUMN IF NOT EXISTS node_pool LowCardinality(String) COMMENT 'Pool of the nodes whose capacity was idle; empty for nodes of no pool and for everything else';

ALTER TABLE allocation_lines COMMENT COLUMN IF EXISTS category 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle for what is of none, and idle-variance for what was allocated of a node beyond its cost: negative';
ALTER TABLE allocation_lines COMMENT COLUMN IF EXISTS pool 'Shared service, system/<cluster>, idle/<cluster>, idle/<cluster>/<node pool>, unallocated or corporate of which this is a share; empty for direct cost';

CREATE OR REPLACE VIEW current_allocations AS
SELECT
    allocation_lines.run_id AS run_id, line, allocation_lines.charge_day AS charge_day,
    allocation_lines.billing_period AS billing_period, source, scope, cluster, namespace, node_pool, service, label, category,
    owner_kind, team_id, basis, pool, policy, method, reason, meter, between_services, driver_quantity, driver_total, amount
FROM allocation_lines
WHERE (billing_period, charge_day, run_id) IN (SELECT billing_period, charge_day, run_id FROM current_runs)
COMMENT 'Every dollar once: the lines of the current runs';

CREATE OR REPLACE VIEW idle_daily_costs
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    cluster String COMMENT 'Kubernetes cluster',
    node_pool String COMMENT 'Pool of the nodes; empty for nodes of no pool',
    resource String COMMENT 'cpu, gpu or memory; other for what is of none; variance for what was allocated of nodes beyond their cost',
    owner_kind String COMMENT 'team, or idle where it is kept apart',
    team_id String COMMENT 'Team that pays: of a dedicated cluster or pool the tenant; empty where it is kept apart',
    amount Decimal(76, 12) COMMENT 'Cost of idle capacity at the bill''s price, in the deployment''s currency; negative for variance'
)
AS SELECT billing_period, charge_day, cluster, node_pool, if(category = 'idle', 'other', replaceOne(category, 'idle-', '')) AS resource,
    owner_kind, team_id, sum(toDecimal256(current_allocations.amount, 12)) AS amount
FROM current_allocations WHERE startsWith(category, 'idle')
GROUP BY billing_period, charge_day, cluster, node_pool, resource, owner_kind, team_id
COMMENT 'Idle capacity of each day by cluster, pool of nodes and resource, and who pays it';

ALTER TABLE service_daily_costs COMMENT COLUMN IF EXISTS category 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle and idle-variance';
ALTER TABLE shared_cost_drivers COMMENT COLUMN IF EXISTS pool 'Shared service, system/<cluster>, idle/<cluster>, idle/<cluster>/<node pool>, unallocated or corporate';
