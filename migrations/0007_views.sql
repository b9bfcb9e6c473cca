-- What analysts start from. Each column says what it is and in which unit; docs/analysts.md has them beside each other.

CREATE OR REPLACE VIEW service_daily_costs
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    source String COMMENT 'kubecost, s3, network, aws-bill, or rate-variance: from Kubecost''s prices to the bill',
    service String COMMENT 'Service of the bill; empty for Kubernetes and shared services',
    category String COMMENT 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, idle, shared or unallocated',
    pool String COMMENT 'Shared service or pool; empty for direct cost',
    amount Decimal(76, 12) COMMENT 'Cost of all owners together, in the deployment''s currency'
)
AS SELECT billing_period, charge_day, source, service, category, pool, sum(toDecimal256(current_allocations.amount, 12)) AS amount
FROM current_allocations GROUP BY billing_period, charge_day, source, service, category, pool
COMMENT 'Cost of each day by service, category and pool, whoever pays it';

CREATE OR REPLACE VIEW workload_daily_costs
(
    charge_day Date COMMENT 'Day, UTC',
    cluster String COMMENT 'Kubernetes cluster',
    namespace String COMMENT 'Kubernetes namespace',
    controller_kind String COMMENT 'deployment, statefulset, daemonset, job …',
    controller String COMMENT 'Name of the controller',
    cost_at_list_price Decimal(76, 12) COMMENT 'Cost at Kubecost''s prices, before the difference to the bill, in the deployment''s currency',
    cpu_core_hours Decimal(76, 12) COMMENT 'Core-hours that were charged',
    cpu_request_core_hours Decimal(76, 12) COMMENT 'Core-hours requested',
    cpu_usage_core_hours Decimal(76, 12) COMMENT 'Core-hours used',
    gpu_hours Decimal(76, 12) COMMENT 'GPU-hours that were charged',
    ram_gib_hours Decimal(76, 12) COMMENT 'GiB-hours of memory that were charged',
    ram_usage_gib_hours Decimal(76, 12) COMMENT 'GiB-hours of memory used'
)
AS SELECT toDate(charge_period_start) AS charge_day, cluster, namespace, controller_kind, controller,
    sum(toDecimal256(effective_cost, 12)) AS cost_at_list_price,
    sum(toDecimal256(cost_facts.cpu_core_hours, 12)) AS cpu_core_hours,
    sum(toDecimal256(cost_facts.cpu_request_core_hours, 12)) AS cpu_request_core_hours,
    sum(toDecimal256(cost_facts.cpu_usage_core_hours, 12)) AS cpu_usage_core_hours,
    sum(toDecimal256(cost_facts.gpu_hours, 12)) AS gpu_hours,
    sum(toDecimal256(cost_facts.ram_gib_hours, 12)) AS ram_gib_hours,
    sum(toDecimal256(cost_facts.ram_usage_gib_hours, 12)) AS ram_usage_gib_hours
FROM cost_facts
WHERE kind = 'workload' AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'cost')
GROUP BY charge_day, cluster, namespace, controller_kind, controller
COMMENT 'What each workload cost and used on each day, as read last';

CREATE OR REPLACE VIEW shared_cost_drivers
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    pool String COMMENT 'Shared service, system/<cluster>, idle/<cluster>, unallocated or corporate',
    policy String COMMENT 'Version of the policy that split it, or default',
    method String COMMENT 'usage, proportional, even or fixed',
    meter String COMMENT 'What was measured: a meter, several with percentages, or for example gpu-cost; empty for direct cost and even',
    between_services String COMMENT 'step-down or reciprocal where the driver is an end-to-end ratio; else empty',
    reason String COMMENT 'Why a fallback was taken, or usage-without-owner; else empty',
    team_id String COMMENT 'Team; empty for usage that nobody owns',
    driver_quantity Decimal(38, 12) COMMENT 'What the team weighs, in the unit of the meter, or currency, or a ratio',
    driver_total Decimal(38, 12) COMMENT 'What all weigh together, in the same unit',
    amount Decimal(76, 12) COMMENT 'The team''s share of the pool''s cost, in the deployment''s currency'
)
AS SELECT billing_period, charge_day, pool, policy, method, meter, between_services, reason, team_id,
    any(current_allocations.driver_quantity) AS driver_quantity, any(current_allocations.driver_total) AS driver_total,
    sum(toDecimal256(current_allocations.amount, 12)) AS amount
FROM current_allocations WHERE method != ''
GROUP BY billing_period, charge_day, pool, policy, method, meter, between_services, reason, team_id
COMMENT 'By what each pool was split on each day: the share is driver_quantity ÷ driver_total';

CREATE OR REPLACE VIEW budget_status
(
    billing_period String COMMENT 'Month, YYYY-MM',
    team_id String COMMENT 'Team',
    cost_center String COMMENT 'Its cost center',
    spent Decimal(76, 12) COMMENT 'What the team owes for the month so far, in the deployment''s currency',
    budget Nullable(Decimal(38, 2)) COMMENT 'Its budget of the month, in the deployment''s currency; empty without one',
    spent_percent Nullable(Decimal(38, 2)) COMMENT 'Percent of the budget that is spent; empty without a budget or with one of zero'
)
AS
WITH
    teams AS (SELECT argMax(content, (activated_at, hash)) AS content FROM configuration_versions WHERE kind = 'teams'),
    listed AS
    (
        SELECT JSONExtractString(team, 'id') AS id, JSONExtractString(team, 'costCenter') AS cost_center,
            arrayMap(each -> (JSONExtractString(each, 'from'), JSONExtractString(each, 'amount')), JSONExtractArrayRaw(team, 'budgets')) AS budgets
        FROM (SELECT arrayJoin(JSONExtractArrayRaw(content)) AS team FROM teams)
    )
SELECT owed.billing_period AS billing_period, owed.team_id AS team_id, listed.cost_center AS cost_center, owed.amount AS spent,
    toDecimal128OrNull(arrayLast(each -> each.1 <= owed.billing_period, arraySort(each -> each.1, listed.budgets)).2, 2) AS budget,
    if(budget IS NULL OR budget = 0, NULL, toDecimal128(owed.amount * 100 / assumeNotNull(budget), 2)) AS spent_percent
FROM
(
    SELECT billing_period, team_id, sum(toDecimal256(team_monthly_costs.amount, 12)) AS amount
    FROM team_monthly_costs GROUP BY billing_period, team_id
) AS owed
LEFT JOIN listed ON listed.id = owed.team_id
COMMENT 'Each team against its budget, month by month';

CREATE OR REPLACE VIEW unit_costs
(
    billing_period String COMMENT 'Month, YYYY-MM',
    unit String COMMENT 'What one of is priced: a meter such as mlflow.runs, or gpu-hour',
    cost Decimal(76, 12) COMMENT 'Cost of the month, in the deployment''s currency',
    quantity Decimal(76, 12) COMMENT 'How many there were',
    cost_per_unit Nullable(Decimal(38, 6)) COMMENT 'Cost of one, in the deployment''s currency; empty when there was none'
)
AS SELECT billing_period, unit, sum(part_cost) AS cost, sum(part_quantity) AS quantity,
    if(quantity = 0, NULL, toDecimal128(cost / quantity, 6)) AS cost_per_unit
FROM
(
    SELECT billing_period, meter AS unit, sum(toDecimal256(current_allocations.amount, 12)) AS part_cost, toDecimal256(0, 12) AS part_quantity
    FROM current_allocations WHERE method = 'usage' AND position(meter, '%') = 0 GROUP BY billing_period, meter
    UNION ALL
    SELECT formatDateTime(charge_period_start, '%Y-%m'), meter, toDecimal256(0, 12), sum(toDecimal256(usage_facts.quantity, 12))
    FROM usage_facts WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'usage')
    GROUP BY formatDateTime(charge_period_start, '%Y-%m'), meter
    UNION ALL
    SELECT formatDateTime(charge_period_start, '%Y-%m'), 'gpu-hour', sum(toDecimal256(gpu_cost, 12)), sum(toDecimal256(gpu_hours, 12))
    FROM cost_facts WHERE kind = 'workload' AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'cost')
    GROUP BY formatDateTime(charge_period_start, '%Y-%m')
)
GROUP BY billing_period, unit
COMMENT 'What one MLflow run, one GPU-hour at Kubecost''s price, or one of any meter cost in a month';

CREATE OR REPLACE VIEW reconciliation
(
    billing_period String COMMENT 'Month, YYYY-MM',
    source String COMMENT 'Which collector owns the dollars: kubecost, s3, network or aws-bill',
    billed Decimal(76, 12) COMMENT 'What the bill says, as read last, in the deployment''s currency',
    attributed Decimal(76, 12) COMMENT 'What was allocated of it; of a closed month, what it was closed with',
    difference Decimal(76, 12) COMMENT 'attributed less billed: zero unless a reading is missing or the bill came later'
)
AS SELECT billing_period, source, sum(part_billed) AS billed, sum(part_attributed) AS attributed, attributed - billed AS difference
FROM
(
    SELECT formatDateTime(charge_period_start, '%Y-%m') AS billing_period, owner AS source, sum(toDecimal256(effective_cost, 12)) AS part_billed,
        toDecimal256(0, 12) AS part_attributed
    FROM bill_facts WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'bill')
    GROUP BY billing_period, source
    UNION ALL
    SELECT billing_period, if(source = 'rate-variance', 'kubecost', source), toDecimal256(0, 12), sum(toDecimal256(amount, 12))
    FROM current_allocations GROUP BY 1, 2
)
GROUP BY billing_period, source
COMMENT 'Attributed against billed, by who owns the dollars; `apportion reconcile` says more';
