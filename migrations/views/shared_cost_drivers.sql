CREATE OR REPLACE VIEW shared_cost_drivers {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    pool String COMMENT 'Shared service, system/<cluster>, idle/<cluster>, idle/<cluster>/<node pool>, unallocated, unused-commitment or corporate',
    policy String COMMENT 'Version of the policy that split it, or default',
    method String COMMENT 'usage, proportional, even or fixed',
    meter String COMMENT 'What was measured: a meter, several with percentages, or for example gpu-cost; empty where it was split by direct cost, evenly or by fixed percentages',
    usage_window String COMMENT 'Where usage split the pool, whose use was counted: that of the billing-month, or of the day alone; else empty',
    between_services String COMMENT 'step-down or reciprocal where the driver is an end-to-end ratio; else empty',
    reason String COMMENT 'Why a fallback was taken, or usage-without-owner; else empty',
    team_id String COMMENT 'Team; empty for usage that nobody owns',
    driver_quantity Decimal(38, 12) COMMENT 'What the team weighs, in the unit of the meter, or currency, or a ratio',
    driver_total Decimal(38, 12) COMMENT 'What all weigh together, in the same unit',
    amount Decimal(76, 12) COMMENT 'The team''s share of the pool''s cost, in the deployment''s currency'
)
AS SELECT billing_period, charge_day, pool, policy, method, meter, usage_window, between_services, reason, team_id,
    any(current_allocations.driver_quantity) AS driver_quantity, any(current_allocations.driver_total) AS driver_total,
    sum(toDecimal256(current_allocations.amount, 12)) AS amount
FROM current_allocations WHERE method != ''
GROUP BY billing_period, charge_day, pool, policy, method, meter, usage_window, between_services, reason, team_id
COMMENT 'By what each pool was split on each day: the share is driver_quantity ÷ driver_total';
