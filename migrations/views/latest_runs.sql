CREATE OR REPLACE VIEW latest_runs {onCluster}
(
    billing_period LowCardinality(String) COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    run_id String COMMENT 'The newest run, also of a closed month',
    missing Array(String) COMMENT 'Expected readings that were not there; empty when the day is complete'
)
AS SELECT
    billing_period,
    charge_day,
    argMax(allocation_runs.run_id, (allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS run_id,
    argMax(allocation_runs.missing, (allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS missing
FROM allocation_runs
GROUP BY billing_period, charge_day
COMMENT 'The newest run of each day, of closed months too: what they would be if they were open';
