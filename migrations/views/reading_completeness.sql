-- What is late or old is so by the clock of the platform: the server's, or the demo's own.

CREATE OR REPLACE VIEW reading_completeness {onCluster}
(
    day Nullable(Date) COMMENT 'Day, UTC',
    dataset String COMMENT 'cost, usage or bill',
    source String COMMENT 'Where it is read',
    scope String COMMENT 'What is read as a whole: a cluster, an account, a server',
    status String COMMENT 'final, provisional, stale (provisional and not read for 48 hours) or missing',
    read_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was read last, UTC; empty when it is missing',
    age_hours Nullable(Int64) COMMENT 'Hours since then; empty when it is missing',
    row_count UInt64 COMMENT 'Rows of the reading; 0 when it is missing',
    amount Decimal(38, 12) COMMENT 'Exact sum over its rows: in the deployment''s currency, of usage in the meter''s unit; 0 when it is missing'
)
AS
WITH
    now64(3, 'UTC') + toIntervalMillisecond((SELECT argMax(ahead_ms, set_at) FROM simulated_clock)) AS present,
    rules AS (
        SELECT argMax(content, (activated_at, hash)) AS content FROM configuration_versions WHERE kind = 'allocation'
    ),
    expected AS (
        SELECT DISTINCT
            JSONExtractString(reading, 'dataset') AS dataset,
            JSONExtractString(reading, 'source') AS source,
            JSONExtractString(reading, 'scope') AS scope
        FROM (SELECT arrayJoin(JSONExtractArrayRaw(content, 'expectedReadings')) AS reading FROM rules)
        WHERE dataset NOT IN ('bucket', 'workload-utilisation')
    ),
    days AS (
        SELECT toDate((SELECT min(charge_period_start) FROM snapshots)) + number AS day
        FROM numbers(3660) WHERE day < toDate(present)
    )
SELECT
    days.day AS day, expected.dataset AS dataset, expected.source AS source, expected.scope AS scope,
    multiIf(
        last_readings.snapshot_id = '', 'missing',
        last_readings.finality = 'final', 'final',
        last_readings.read_at < present - toIntervalHour(48), 'stale',
        'provisional') AS status,
    if(last_readings.snapshot_id = '', NULL, last_readings.read_at) AS read_at,
    if(last_readings.snapshot_id = '', NULL, age('hour', last_readings.read_at, present)) AS age_hours,
    last_readings.row_count AS row_count, last_readings.amount AS amount
FROM expected
CROSS JOIN days
LEFT JOIN last_readings ON last_readings.dataset = expected.dataset AND last_readings.source = expected.source
    AND last_readings.scope = expected.scope AND toDate(last_readings.charge_period_start) = days.day
COMMENT 'For each expected reading and day: final, provisional, stale (provisional and not read for 48 hours) or missing';
