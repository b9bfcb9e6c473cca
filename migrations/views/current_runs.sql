CREATE OR REPLACE VIEW current_runs {onCluster}
(
    billing_period LowCardinality(String) COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    run_id String COMMENT 'The run that counts',
    attempt String COMMENT 'Attempt whose lines count: of several that sealed the run the greatest; all of them were proved to be the same',
    as_of DateTime64(3, 'UTC') COMMENT 'When its newest input was read, UTC',
    missing Array(String) COMMENT 'Expected readings that were not there; empty when the day is complete',
    collected Decimal(38, 12) COMMENT 'Sum of the facts, in the deployment''s currency',
    allocated Decimal(38, 12) COMMENT 'Sum of the lines, in the deployment''s currency; equal to collected'
)
AS
WITH (allocation_runs.run_id IN (SELECT run_id FROM frozen_runs), allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id, allocation_runs.attempt) AS precedence
SELECT
    billing_period,
    charge_day,
    argMax(allocation_runs.run_id, precedence) AS run_id,
    argMax(allocation_runs.attempt, precedence) AS attempt,
    argMax(allocation_runs.as_of, precedence) AS as_of,
    argMax(allocation_runs.missing, precedence) AS missing,
    argMax(allocation_runs.collected, precedence) AS collected,
    argMax(allocation_runs.allocated, precedence) AS allocated
FROM allocation_runs
GROUP BY billing_period, charge_day
COMMENT 'The run that counts for each day: the frozen one of a closed month, else the sealed one under the latest rules with the newest inputs';
