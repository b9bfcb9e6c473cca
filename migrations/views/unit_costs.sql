-- A pool that follows several meters is part of what each of them costs: by its percentage of the pool.

CREATE OR REPLACE VIEW unit_costs {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    unit String COMMENT 'What one of is priced: a meter such as mlflow.runs; gpu-hour, core-hour or gib-hour of workloads',
    cost Decimal(76, 12) COMMENT 'Cost of the month as statements charge it: at the bill''s price where there is one; in the deployment''s currency',
    quantity Decimal(76, 12) COMMENT 'How many there were',
    cost_per_unit Nullable(Decimal(38, 6)) COMMENT 'Cost of one as statements charge it, in the deployment''s currency; empty when there was none',
    cost_at_list_price Decimal(76, 12) COMMENT 'The same before the bill: at the prices that Kubecost or OpenCost was given, in the deployment''s currency',
    cost_per_unit_at_list_price Nullable(Decimal(38, 6)) COMMENT 'Cost of one at these prices, in the deployment''s currency; empty when there was none'
)
AS
WITH
    resources AS
    (
        SELECT formatDateTime(charge_day, '%Y-%m') AS month, charge_day AS day, cells.scope AS cluster, of.1 AS unit,
            sum(toDecimal256(of.2, 12)) AS at_list, sum(toDecimal256(of.3, 12)) AS hours
        FROM cells
        ARRAY JOIN [('gpu-hour', gpu_cost, gpu_hours), ('core-hour', cpu_cost, cpu_core_hours), ('gib-hour', ram_cost, ram_gib_hours)] AS of
        WHERE kind = 'workload' AND attempt IN (SELECT max(cells_attempt) FROM snapshots WHERE dataset = 'cost' GROUP BY snapshot_id)
            AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'cost')
        GROUP BY month, day, cluster, unit
        HAVING at_list != 0 OR hours != 0
    ),
    -- What the bill makes of the list prices of a day is in proportion to them, on every cluster of its account.
    prices AS
    (
        SELECT charge_day AS day, if(source = 'kubecost', cluster_accounts.account, current_allocations.scope) AS account,
            sumIf(toDecimal256(amount, 12), source = 'kubecost') AS at_list, sumIf(toDecimal256(amount, 12), source = 'rate-variance') AS variance
        FROM current_allocations
        LEFT JOIN cluster_accounts ON cluster_accounts.cluster = current_allocations.scope
            AND cluster_accounts.billing_period = current_allocations.billing_period
        WHERE source IN ('kubecost', 'rate-variance')
        GROUP BY day, account
    )
SELECT billing_period, unit, sum(part_cost) AS cost, sum(part_quantity) AS quantity,
    if(quantity = 0, NULL, toDecimal128(cost / quantity, 6)) AS cost_per_unit,
    sum(part_at_list) AS cost_at_list_price,
    if(quantity = 0, NULL, toDecimal128(cost_at_list_price / quantity, 6)) AS cost_per_unit_at_list_price
FROM
(
    SELECT billing_period, weighted.1 AS unit, toDecimal256(of_mix * weighted.2 / 100, 12) AS part_cost,
        toDecimal256(of_mix_at_list * weighted.2 / 100, 12) AS part_at_list, toDecimal256(0, 12) AS part_quantity
    FROM
    (
        SELECT billing_period, arrayZip(meters, meter_percents) AS mix, sum(toDecimal256(current_allocations.amount, 12)) AS of_mix,
            sumIf(toDecimal256(current_allocations.amount, 12), source != 'rate-variance') AS of_mix_at_list
        FROM current_allocations WHERE method = 'usage' GROUP BY billing_period, mix
    )
    ARRAY JOIN mix AS weighted
    UNION ALL
    SELECT formatDateTime(charge_period_start, '%Y-%m'), meter, toDecimal256(0, 12), toDecimal256(0, 12), sum(toDecimal256(usage_facts.quantity, 12))
    FROM usage_facts WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'usage')
    GROUP BY formatDateTime(charge_period_start, '%Y-%m'), meter
    UNION ALL
    SELECT resources.month, resources.unit,
        sum(toDecimal256(resources.at_list + if(prices.at_list = 0, toDecimal256(0, 12), toDecimal256(resources.at_list * prices.variance / prices.at_list, 12)), 12)),
        sum(resources.at_list), sum(resources.hours)
    FROM resources
    LEFT JOIN cluster_accounts ON cluster_accounts.cluster = resources.cluster AND cluster_accounts.billing_period = resources.month
    LEFT JOIN prices ON prices.day = resources.day AND prices.account = cluster_accounts.account
    GROUP BY resources.month, resources.unit
)
GROUP BY billing_period, unit
COMMENT 'What one MLflow run, one GPU-hour, core-hour or GiB-hour, or one of any meter cost in a month, as it is charged and at list price';
