-- A period that is read again without a change stores no rows: it is confirmed, which makes its reading younger, or final.

CREATE OR REPLACE VIEW last_readings {onCluster}
(
    dataset String COMMENT 'cost, usage, bucket or bill',
    source String COMMENT 'Where it was read',
    scope String COMMENT 'What was read as a whole',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period, inclusive',
    snapshot_id String COMMENT 'The snapshot that counts',
    changed_at DateTime64(3, 'UTC') COMMENT 'When that snapshot was read',
    read_at DateTime64(3, 'UTC') COMMENT 'When the source said the same the last time',
    finality String COMMENT 'final, or provisional while the source may restate it, as it was read the last time',
    row_count UInt64 COMMENT 'Rows of the snapshot',
    amount Decimal(38, 12) COMMENT 'Exact sum over the rows, in the deployment''s currency or the meter''s unit'
)
AS SELECT
    current_snapshots.dataset AS dataset, current_snapshots.source AS source, current_snapshots.scope AS scope,
    current_snapshots.charge_period_start AS charge_period_start, current_snapshots.snapshot_id AS snapshot_id,
    current_snapshots.read_at AS changed_at,
    greatest(current_snapshots.read_at, confirmed.last_at) AS read_at,
    if(confirmed.last_at > current_snapshots.read_at, confirmed.last_finality, current_snapshots.finality) AS finality,
    current_snapshots.row_count AS row_count, current_snapshots.amount AS amount
FROM current_snapshots
LEFT JOIN
(
    SELECT reading_confirmations.snapshot_id AS confirmed_id, max(reading_confirmations.read_at) AS last_at,
        argMax(reading_confirmations.finality, reading_confirmations.read_at) AS last_finality
    FROM reading_confirmations GROUP BY confirmed_id
) AS confirmed ON confirmed.confirmed_id = current_snapshots.snapshot_id
COMMENT 'The reading that counts for each dataset, source, scope and period: since when it is so, when it was read last, whether it is final';
