CREATE OR REPLACE VIEW idle_daily_costs {onCluster}
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
