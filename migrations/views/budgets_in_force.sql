-- Budgets and cost centers of a closed month are those with which it was closed, whatever the configuration says since.

CREATE OR REPLACE VIEW budgets_in_force {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    team_id String COMMENT 'Team',
    cost_center String COMMENT 'Its cost center as configured; of a closed month, as configured when it was closed',
    budget Nullable(Decimal(38, 2)) COMMENT 'Its budget of the month for all costs as configured likewise, with increases of that month, in the deployment''s currency; empty without one'
)
AS SELECT billing_period, team_id, cost_center,
    toDecimal128OrNull(JSONExtractString(agreed, 'amount'), 2) + arraySum(each -> toDecimal128OrZero(JSONExtractString(each, 'amount'), 2),
        arrayFilter(each -> JSONExtractString(each, 'period') = billing_period, JSONExtractArrayRaw(agreed, 'increases'))) AS budget
FROM
(
SELECT billing_period, JSONExtractString(team, 'id') AS team_id, JSONExtractString(team, 'costCenter') AS cost_center,
    arrayLast(each -> JSONExtractString(each, 'from') <= billing_period, arraySort(each -> JSONExtractString(each, 'from'),
        arrayFilter(each -> JSONExtractString(each, 'span') IN ('', 'month') AND empty(JSONExtractArrayRaw(each, 'categories')),
            JSONExtractArrayRaw(team, 'budgets')))) AS agreed
FROM
(
    SELECT months.billing_period AS billing_period,
        arrayJoin(JSONExtractArrayRaw(argMax(versions.content, (versions.activated_at <= months.closed_at, versions.activated_at, versions.hash)))) AS team
    FROM
    (
        SELECT allocated.billing_period AS billing_period, closed.posted_at AS closed_at
        FROM (SELECT DISTINCT billing_period FROM current_runs) AS allocated
        LEFT JOIN (SELECT billing_period, posted_at FROM journals WHERE kind = 'statement') AS closed
            ON closed.billing_period = allocated.billing_period
    ) AS months
    CROSS JOIN (SELECT content, activated_at, hash FROM configuration_versions WHERE kind = 'teams') AS versions
    GROUP BY months.billing_period
)
)
COMMENT 'Budget and cost center of each team, month by month: what is configured, of a closed month what was when it was closed';
