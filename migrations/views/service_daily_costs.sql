CREATE OR REPLACE VIEW service_daily_costs {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    source String COMMENT 'kubecost, s3, network, aws-bill, or rate-variance: from Kubecost''s prices to the bill',
    service String COMMENT 'Service of the bill; empty for Kubernetes and shared services',
    category String COMMENT 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, unused-commitment, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle for what is of none, and idle-variance for what was allocated of a node beyond its cost: negative',
    pool String COMMENT 'Shared service or pool; empty for direct cost',
    amount Decimal(76, 12) COMMENT 'Cost of all owners together, in the deployment''s currency'
)
AS SELECT billing_period, charge_day, source, service, category, pool, sum(toDecimal256(current_allocations.amount, 12)) AS amount
FROM current_allocations GROUP BY billing_period, charge_day, source, service, category, pool
COMMENT 'Cost of each day by service, category and pool, whoever pays it';
