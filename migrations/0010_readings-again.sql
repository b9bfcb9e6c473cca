-- What is known from reading a period again without a change: how old its reading is, and whether it became final.

CREATE TABLE IF NOT EXISTS reading_confirmations
(
    dataset LowCardinality(String) COMMENT 'cost, usage, bucket or bill',
    source LowCardinality(String) COMMENT 'Where it was read',
    scope LowCardinality(String) COMMENT 'What was read as a whole',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period that was read, inclusive',
    snapshot_id String COMMENT 'Snapshot that the source said once more',
    read_at DateTime64(3, 'UTC') COMMENT 'When the source said so',
    finality LowCardinality(String) COMMENT 'final, or provisional while the source may restate it, as of read_at',
    content_hash String COMMENT 'SHA-256 over the canonical rows, the same as the snapshot''s'
)
ENGINE = ReplacingMergeTree
ORDER BY (dataset, source, scope, charge_period_start, snapshot_id, read_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Readings that found the period as the snapshot has it; one that is delivered again is merged away';

CREATE OR REPLACE VIEW last_readings
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

CREATE OR REPLACE VIEW reading_completeness AS
WITH
    rules AS (
        SELECT argMax(content, (activated_at, hash)) AS content FROM configuration_versions WHERE kind = 'allocation'
    ),
    expected AS (
        SELECT DISTINCT
            JSONExtractString(reading, 'dataset') AS dataset,
            JSONExtractString(reading, 'source') AS source,
            JSONExtractString(reading, 'scope') AS scope
        FROM (SELECT arrayJoin(JSONExtractArrayRaw(content, 'expectedReadings')) AS reading FROM rules)
        WHERE dataset != 'bucket'
    ),
    days AS (
        SELECT toDate((SELECT min(charge_period_start) FROM snapshots)) + number AS day
        FROM numbers(3660) WHERE day < toDate(now('UTC'))
    )
SELECT
    days.day AS day, expected.dataset AS dataset, expected.source AS source, expected.scope AS scope,
    multiIf(
        last_readings.snapshot_id = '', 'missing',
        last_readings.finality = 'final', 'final',
        last_readings.read_at < now64(3, 'UTC') - toIntervalHour(48), 'stale',
        'provisional') AS status,
    if(last_readings.snapshot_id = '', NULL, last_readings.read_at) AS read_at,
    if(last_readings.snapshot_id = '', NULL, age('hour', last_readings.read_at, now64(3, 'UTC'))) AS age_hours,
    last_readings.row_count AS row_count, last_readings.amount AS amount
FROM expected
CROSS JOIN days
LEFT JOIN last_readings ON last_readings.dataset = expected.dataset AND last_readings.source = expected.source
    AND last_readings.scope = expected.scope AND toDate(last_readings.charge_period_start) = days.day
COMMENT 'For each expected reading and day: final, provisional, stale (provisional and not read for 48 hours) or missing';

-- What is not known of a bucket is neither zero nor untagged.

ALTER TABLE bucket_facts
    ADD COLUMN IF NOT EXISTS tag_status LowCardinality(String) COMMENT 'unknown where the bucket''s tags must not be read: it is neither tagged nor untagged; else empty',
    ADD COLUMN IF NOT EXISTS size_day Nullable(Date) COMMENT 'Day of size_bytes: CloudWatch tells sizes a day late; NULL when the size is not known',
    MODIFY COLUMN size_bytes Nullable(Decimal(38, 12)) COMMENT 'Bytes stored on size_day in the storage class; NULL when it is not known';
