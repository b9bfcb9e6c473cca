-- Budgets are measured by what is settled, here as in alerts and reports; what is not stands beside it. Of a closed month everything counts.

CREATE OR REPLACE VIEW budget_costs {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    team_id String COMMENT 'Team that owes it',
    category String COMMENT 'Category of the cost, as in current_allocations',
    settled Decimal(76, 12) COMMENT 'What counts for budgets, in the deployment''s currency',
    not_settled Decimal(76, 12) COMMENT 'What does not count yet: Kubernetes before the bill, and shares of pools on such days and on days without all readings; in the deployment''s currency; zero once the month is closed'
)
AS
WITH
    -- Accounts on whose bill the clusters of a month are, as far as one is read or expected at all.
    billed AS
    (
        SELECT DISTINCT formatDateTime(charge_period_start, '%Y-%m') AS month, snapshots.scope AS account
        FROM snapshots WHERE dataset = 'bill'
        UNION DISTINCT
        SELECT DISTINCT allocation_runs.billing_period, arrayJoin(missing_bills)
        FROM allocation_runs WHERE run_id IN (SELECT run_id FROM current_runs)
    ),
    -- Days whose run has the bill of an account, and so its price.
    priced AS
    (
        SELECT DISTINCT toDate(charge_period_start) AS day, snapshots.scope AS account FROM snapshots
        WHERE dataset = 'bill' AND snapshot_id IN
            (SELECT arrayJoin(snapshot_ids) FROM allocation_runs WHERE run_id IN (SELECT run_id FROM current_runs))
    ),
    closed AS (SELECT DISTINCT journals.billing_period FROM journals WHERE kind = 'statement'),
    lines AS
    (
        SELECT current_allocations.billing_period AS month, charge_day, owner_kind, current_allocations.team_id AS team_id, category, basis,
            sum(toDecimal256(current_allocations.amount, 12)) AS amount,
            category IN ('cpu', 'gpu', 'memory', 'persistent-volume', 'load-balancer', 'idle-cpu', 'idle-gpu', 'idle-memory', 'idle', 'idle-variance')
                AND cluster_accounts.account NOT IN ('', 'none')
                AND (current_allocations.billing_period, cluster_accounts.account) IN (SELECT month, account FROM billed)
                AND (charge_day, cluster_accounts.account) NOT IN (SELECT day, account FROM priced)
                AND current_allocations.billing_period NOT IN (SELECT billing_period FROM closed) AS before_the_bill
        FROM current_allocations
        LEFT JOIN cluster_accounts ON cluster_accounts.cluster = current_allocations.cluster
            AND cluster_accounts.billing_period = current_allocations.billing_period
        GROUP BY month, charge_day, owner_kind, team_id, category, basis, before_the_bill
    ),
    incomplete AS (SELECT charge_day AS day FROM current_runs WHERE notEmpty(missing) AND current_runs.billing_period NOT IN (SELECT billing_period FROM closed))
SELECT month AS billing_period, charge_day, team_id, category, sumIf(amount, NOT waits) AS settled, sumIf(amount, waits) AS not_settled
FROM
(
    SELECT month, charge_day, owner_kind, team_id, category, amount,
        -- What anybody pays of a pool can change as long as anything of the day can.
        if(basis = 'shared', max(before_the_bill) OVER (PARTITION BY month, charge_day) OR charge_day IN (SELECT day FROM incomplete), before_the_bill) AS waits
    FROM lines
)
WHERE owner_kind = 'team'
GROUP BY billing_period, charge_day, team_id, category
COMMENT 'What each team owes by day and category, as far as it counts for budgets and as far as it does not yet'
