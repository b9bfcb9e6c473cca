CREATE OR REPLACE VIEW pending_quarantine {onCluster}
(
    id String COMMENT 'By which `apportion quarantine` names it',
    dataset LowCardinality(String) COMMENT 'cost, usage, bucket or bill',
    source LowCardinality(String) COMMENT 'Where it was read',
    scope LowCardinality(String) COMMENT 'What was read as a whole',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period, inclusive, UTC',
    read_at DateTime64(3, 'UTC') COMMENT 'When it was read, UTC',
    snapshot_id String COMMENT 'Snapshot that was not made visible; empty when the collector refused the reading',
    row_count UInt64 COMMENT 'Rows of the snapshot',
    amount Decimal(38, 12) COMMENT 'Exact sum over its rows: in the deployment''s currency, of usage in the meter''s unit',
    reason String COMMENT 'What is wrong and how to mend it; where there are teams under HIPAA or PCI only where to read it, since it may name a workload or bucket'
)
AS SELECT
    quarantined_readings.id AS id, dataset, source, scope, charge_period_start,
    max(quarantined_readings.read_at) AS read_at,
    any(quarantined_readings.snapshot_id) AS snapshot_id, any(quarantined_readings.row_count) AS row_count,
    any(quarantined_readings.amount) AS amount,
    if((SELECT count() FROM protected_ownership) = 0, any(quarantined_readings.reason), concat('see apportion quarantine show ', id)) AS reason
FROM quarantined_readings
WHERE id NOT IN (SELECT id FROM quarantine_decisions)
GROUP BY id, dataset, source, scope, charge_period_start
COMMENT 'Quarantined readings on which nobody has decided; a later good reading of the same period makes one moot';
