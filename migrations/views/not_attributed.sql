CREATE OR REPLACE VIEW not_attributed {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    source String COMMENT 'Which collector owns the dollars: kubecost, s3, network or aws-bill',
    kind String COMMENT 'unallocated: nobody owns it, also where a policy spreads it; fallback: split by another method than the policy''s first',
    reason String COMMENT 'Why: untagged, no-owner, no-bytes, no-collector, usage-without-owner, spread-without-owner, or the fallback''s reason',
    pool String COMMENT 'Shared service or pool; empty for direct cost',
    cluster String COMMENT 'Kubernetes cluster; else empty',
    namespace String COMMENT 'Kubernetes namespace; else empty',
    service String COMMENT 'Service of the bill; else empty',
    label String COMMENT 'Team label or tag that no team has; else empty',
    amount Decimal(76, 12) COMMENT 'Size of the cost, never negative, in the deployment''s currency; a cost and what the bill makes of it are one'
)
AS SELECT billing_period, charge_day, place AS source, why_kind AS kind, why AS reason, pool, cluster, namespace, service, label,
    sum(abs(place_amount)) AS amount
FROM
(
    SELECT billing_period, charge_day, if(source = 'rate-variance', 'kubecost', source) AS place,
        if(place = 'kubecost', '', scope) AS account, owner_kind, team_id, pool, cluster, namespace, service, label,
        category = 'idle-variance' AS is_excess,
        if(owner_kind = 'unallocated' OR pool = 'unallocated', 'unallocated', 'fallback') AS why_kind,
        if(pool = 'unallocated', 'spread-without-owner', reason) AS why,
        sum(toDecimal256(current_allocations.amount, 12)) AS place_amount
    FROM current_allocations
    WHERE (owner_kind = 'unallocated' OR pool = 'unallocated' OR (basis = 'shared' AND reason != ''))
        AND NOT (source = 'limits' AND pool = 'unallocated')
    GROUP BY billing_period, charge_day, place, account, owner_kind, team_id, pool, cluster, namespace, service, label, is_excess, why_kind, why
)
GROUP BY billing_period, charge_day, source, kind, reason, pool, cluster, namespace, service, label
COMMENT 'Cost that does not count as attributed: nobody owns it, or a fallback split it';
