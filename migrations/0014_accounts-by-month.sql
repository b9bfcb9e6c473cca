-- Clusters move from one account to another. A closed month was priced by the accounts of its close, and is compared by them for good.

CREATE OR REPLACE VIEW cluster_accounts
(
    billing_period String COMMENT 'Month, YYYY-MM',
    cluster String COMMENT 'Kubernetes cluster',
    account String COMMENT 'Account on whose bill it is under the rules in force, of a closed month under those with which it was closed; none where it is on no bill'
)
AS
WITH
    closed AS
    (
        SELECT journals.billing_period AS month, JSONExtractString(evidence, 'rulesActivatedAt') AS rules_since
        FROM journals WHERE kind = 'statement'
    ),
    latest AS (SELECT toString(max(activated_at)) AS rules_since FROM configuration_versions WHERE kind = 'allocation'),
    rules AS
    (
        SELECT toString(activated_at) AS since, JSONExtractString(argMax(content, hash), 'accounts', 'byDefault') AS by_default,
            JSONExtract(argMax(content, hash), 'accounts', 'named', 'Array(Tuple(cluster String, account String))') AS named
        FROM configuration_versions
        WHERE kind = 'allocation' AND toString(activated_at) IN (SELECT rules_since FROM closed UNION ALL SELECT rules_since FROM latest)
        GROUP BY activated_at
    )
SELECT places.month AS billing_period, places.name AS cluster,
    coalesce(nullIf(arrayFirst(each -> each.1 = places.name, rules.named).2, ''), rules.by_default) AS account
FROM
(
    SELECT priced.month AS month, priced.name AS name, if(closed.rules_since = '', latest.rules_since, closed.rules_since) AS rules_since
    FROM
    (
        SELECT DISTINCT formatDateTime(charge_period_start, '%Y-%m') AS month, snapshots.scope AS name
        FROM snapshots WHERE source = 'kubecost' AND dataset = 'cost'
    ) AS priced
    CROSS JOIN latest
    LEFT JOIN closed ON closed.month = priced.month
) AS places
LEFT JOIN rules ON rules.since = places.rules_since
COMMENT 'On whose bill each cluster is, month by month';

CREATE OR REPLACE VIEW reconciliation_days
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
    SELECT formatDateTime(charge_period_start, '%Y-%m'), toDate(charge_period_start), source, scope, cost_facts.service, record_type,
        toDecimal256(0, 12), toDecimal256(effective_cost, 12), 0
    FROM cost_facts
    WHERE source != 'kubecost'
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
