-- Rows of the books that were stored twice count once: see posted_entries.

CREATE OR REPLACE VIEW frozen_runs {onCluster}
(
    billing_period LowCardinality(String) COMMENT 'Closed month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    run_id String COMMENT 'The run with which it was closed'
)
AS SELECT DISTINCT billing_period, charge_day, run_id FROM closed_runs
WHERE journal_id IN (SELECT journal_id FROM journals WHERE kind = 'statement')
COMMENT 'The runs of closed months, which no later input replaces';
