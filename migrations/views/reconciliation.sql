-- A closed month keeps what was attributed; what its bill became since, or was decided of it again, was posted as a correction.

CREATE OR REPLACE VIEW reconciliation {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    source String COMMENT 'Which collector owns the dollars: kubecost, s3, network or aws-bill',
    billed Decimal(76, 12) COMMENT 'What the bill says, as read last, also of a closed month, in the deployment''s currency; reconciliation_days has what a closed month was compared with',
    attributed Decimal(76, 12) COMMENT 'What was allocated of it; of a closed month, what it was closed with, in the deployment''s currency',
    corrected Decimal(76, 12) COMMENT 'What was posted to correct the month since it was closed, in cents, in the deployment''s currency',
    difference Decimal(76, 12) COMMENT 'attributed and corrected less billed: zero unless a reading is missing or a correction is to come; fractions of a cent where there were corrections'
)
AS SELECT billing_period, source, sum(part_billed) AS billed, sum(part_attributed) AS attributed, sum(part_corrected) AS corrected,
    attributed + corrected - billed AS difference
FROM
(
    SELECT formatDateTime(charge_period_start, '%Y-%m') AS billing_period, owner AS source, sum(toDecimal256(effective_cost, 12)) AS part_billed,
        toDecimal256(0, 12) AS part_attributed, toDecimal256(0, 12) AS part_corrected
    FROM bill_facts WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'bill')
    GROUP BY billing_period, source
    UNION ALL
    SELECT billing_period, if(source = 'rate-variance', 'kubecost', source), toDecimal256(0, 12), sum(toDecimal256(amount, 12)), toDecimal256(0, 12)
    FROM current_allocations GROUP BY 1, 2
    UNION ALL
    SELECT corrects_period, if(source = 'rate-variance', 'kubecost', source), toDecimal256(0, 12), toDecimal256(0, 12), sum(toDecimal256(-signed_amount, 12))
    FROM posted_entries WHERE kind != 'statement' AND account = 'clearing' GROUP BY 1, 2
)
GROUP BY billing_period, source
COMMENT 'Attributed against billed, by who owns the dollars; `apportion reconcile` says more';
