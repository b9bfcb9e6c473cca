CREATE OR REPLACE VIEW current_bill {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    account String COMMENT 'Account of the bill',
    service String COMMENT 'Service',
    usage_type String COMMENT 'Usage type; empty for record types other than usage',
    record_type String COMMENT 'Usage, Credit, Refund, Tax …',
    owner String COMMENT 'Which collector owns the dollars: kubecost, s3, network or aws-bill',
    billed_cost Decimal(38, 12) COMMENT 'Unblended cost, as on the invoice, in the deployment''s currency',
    amortized_cost Decimal(38, 12) COMMENT 'Amortized cost, before discounts, in the deployment''s currency',
    effective_cost Decimal(38, 12) COMMENT 'FOCUS EffectiveCost: the basis that is charged, in the deployment''s currency',
    usage_quantity Decimal(38, 12) COMMENT 'Quantity, in the unit of the usage type'
)
AS SELECT formatDateTime(charge_period_start, '%Y-%m') AS billing_period, toDate(charge_period_start) AS charge_day, scope AS account,
    service, usage_type, record_type, owner, billed_cost, amortized_cost, effective_cost, usage_quantity
FROM bill_facts
WHERE snapshot_id IN
(
    SELECT snapshot_id FROM current_snapshots
    WHERE dataset = 'bill' AND formatDateTime(charge_period_start, '%Y-%m') NOT IN (SELECT billing_period FROM frozen_runs)
    UNION ALL
    SELECT argMax(id, (is_pinned, at, id)) FROM
    (
        SELECT snapshots.snapshot_id AS id, snapshots.source AS from_source, snapshots.scope AS from_scope,
            snapshots.charge_period_start AS period_start, snapshots.read_at AS at,
            id IN (SELECT arrayJoin(snapshot_ids) FROM allocation_runs WHERE run_id IN (SELECT run_id FROM frozen_runs)) AS is_pinned
        FROM snapshots
        INNER JOIN (SELECT billing_period, posted_at FROM journals WHERE kind = 'statement') AS closed
            ON closed.billing_period = formatDateTime(snapshots.charge_period_start, '%Y-%m')
        WHERE dataset = 'bill' AND (is_pinned OR at <= closed.posted_at)
    )
    GROUP BY from_source, from_scope, period_start
)
COMMENT 'Every line of the bill that counts: as read last; of a closed month as it was pinned, or read last before the close';
