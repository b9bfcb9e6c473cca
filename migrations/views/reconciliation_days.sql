CREATE OR REPLACE VIEW reconciliation_days {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    source String COMMENT 'Which collector owns the dollars: kubecost, s3, network or aws-bill',
    account String COMMENT 'Account of the bill',
    service String COMMENT 'Service of the bill; Kubernetes for the machines, volumes and load balancers behind it',
    record_type String COMMENT 'Usage, Credit, Refund, Tax …; Usage for Kubernetes',
    billed Decimal(76, 12) COMMENT 'What the bill says, in the deployment''s currency; of a closed month, the bill with which it was closed',
    attributed Decimal(76, 12) COMMENT 'What was collected and allocated of it, in the deployment''s currency',
    bill_lines UInt64 COMMENT 'Lines of the bill; 0 where only a collector says that there is something'
)
AS SELECT billing_period, charge_day, source, account, service, record_type,
    sum(part_billed) AS billed, sum(part_attributed) AS attributed, sum(part_lines) AS bill_lines
FROM
(
    SELECT billing_period, charge_day, owner AS source,
        current_bill.account AS account, if(owner = 'kubecost', 'Kubernetes', current_bill.service) AS service,
        if(owner = 'kubecost', 'Usage', current_bill.record_type) AS record_type,
        toDecimal256(effective_cost, 12) AS part_billed, toDecimal256(0, 12) AS part_attributed, 1 AS part_lines
    FROM current_bill
    UNION ALL
    SELECT formatDateTime(charge_day, '%Y-%m'), charge_day, source, scope, cells.service, record_type,
        toDecimal256(0, 12), toDecimal256(effective_cost, 12), 0
    FROM cells
    WHERE source != 'kubecost' AND attempt IN (SELECT max(cells_attempt) FROM snapshots WHERE dataset = 'cost' GROUP BY snapshot_id)
        AND snapshot_id IN (SELECT arrayJoin(snapshot_ids) FROM allocation_runs WHERE run_id IN (SELECT run_id FROM current_runs))
    UNION ALL
    SELECT current_allocations.billing_period, charge_day, 'kubecost', if(source = 'kubecost', cluster_accounts.account, scope),
        'Kubernetes', 'Usage', toDecimal256(0, 12), toDecimal256(current_allocations.amount, 12), 0
    FROM current_allocations
    LEFT JOIN cluster_accounts ON cluster_accounts.cluster = current_allocations.scope
        AND cluster_accounts.billing_period = current_allocations.billing_period
    WHERE source = 'rate-variance' OR (source = 'kubecost' AND cluster_accounts.account != 'none')
)
GROUP BY billing_period, charge_day, source, account, service, record_type
COMMENT 'Attributed against billed on each day, by account, service and record type; without clusters that are on no bill';
