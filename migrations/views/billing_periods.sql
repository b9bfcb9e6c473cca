-- Rows of the books that were stored twice count once: see posted_entries.

CREATE OR REPLACE VIEW billing_periods {onCluster}
(
    billing_period LowCardinality(String) COMMENT 'Month, YYYY-MM',
    state String COMMENT 'open or closed',
    days UInt64 COMMENT 'Days that are allocated',
    allocated Decimal(76, 12) COMMENT 'Exact sum of their lines, in the deployment''s currency',
    statements Nullable(Decimal(38, 2)) COMMENT 'Sum of its statements, as posted when it was closed, in cents, in the deployment''s currency; empty while it is open. Corrections that were posted into it are beside them: posted_entries',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was closed, UTC; empty while it is open',
    prepared_by String COMMENT 'Who prepared the close; empty while it is open',
    approved_by String COMMENT 'Who approved it, somebody else; empty while it is open'
)
AS SELECT
    days.billing_period AS billing_period,
    if(closed.seq = 0, 'open', 'closed') AS state,
    days.days AS days, days.allocated AS allocated,
    if(closed.seq = 0, NULL, closed.charged) AS statements,
    if(closed.seq = 0, NULL, closed.posted_at) AS closed_at,
    closed.prepared_by AS prepared_by, closed.approved_by AS approved_by
FROM
(
    SELECT billing_period, count() AS days, sum(toDecimal256(current_runs.allocated, 12)) AS allocated
    FROM current_runs GROUP BY billing_period
) AS days
LEFT JOIN (SELECT DISTINCT seq, billing_period, charged, posted_at, prepared_by, approved_by FROM journals WHERE kind = 'statement') AS closed
    ON closed.billing_period = days.billing_period
ORDER BY billing_period
COMMENT 'Months with allocated days: open or closed, by whom and when';
