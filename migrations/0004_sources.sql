-- What more sources need: lines of the bill with everything that identifies them, requests and usage beside cost, who claims
-- which dollar, and what is done about readings in quarantine.

ALTER TABLE cost_facts
    ADD COLUMN IF NOT EXISTS account LowCardinality(String) COMMENT 'Account of the bill; empty for Kubernetes',
    ADD COLUMN IF NOT EXISTS region LowCardinality(String) COMMENT 'Region of the bill''s line; empty where the bill was not asked by region',
    ADD COLUMN IF NOT EXISTS service LowCardinality(String) COMMENT 'Service of the bill''s line; empty for Kubernetes',
    ADD COLUMN IF NOT EXISTS record_type LowCardinality(String) COMMENT 'Record type of the bill: Usage, Credit, Refund, Tax …; empty for Kubernetes',
    ADD COLUMN IF NOT EXISTS network_class LowCardinality(String) COMMENT 'internet, inter-region, inter-zone or nat, for network; else empty',
    ADD COLUMN IF NOT EXISTS node LowCardinality(String) COMMENT 'Node, for idle by node; else empty',
    ADD COLUMN IF NOT EXISTS pod String COMMENT 'Pod, when containers are kept apart; else empty',
    ADD COLUMN IF NOT EXISTS container String COMMENT 'Container, when containers are kept apart; else empty',
    ADD COLUMN IF NOT EXISTS amortized_cost Decimal(38, 12) COMMENT 'The bill''s amortized cost, before discounts; 0 where it was not asked for',
    ADD COLUMN IF NOT EXISTS net_amortized_cost Decimal(38, 12) COMMENT 'The bill''s amortized cost after discounts; 0 where it was not asked for',
    ADD COLUMN IF NOT EXISTS cpu_request_core_hours Decimal(38, 12) COMMENT 'Core-hours requested, on average over the period',
    ADD COLUMN IF NOT EXISTS cpu_usage_core_hours Decimal(38, 12) COMMENT 'Core-hours used: divided by those requested it is the efficiency',
    ADD COLUMN IF NOT EXISTS gpu_usage_hours Decimal(38, 12) COMMENT 'GPU-hours used',
    ADD COLUMN IF NOT EXISTS ram_request_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory requested',
    ADD COLUMN IF NOT EXISTS ram_usage_gib_hours Decimal(38, 12) COMMENT 'GiB-hours of memory used';

ALTER TABLE bucket_facts
    ADD COLUMN IF NOT EXISTS storage_class LowCardinality(String) COMMENT 'Storage class of size_bytes, as CloudWatch names it; empty when it is not known',
    ADD COLUMN IF NOT EXISTS size_bytes Decimal(38, 12) COMMENT 'Bytes stored on the day in the storage class; 0 when it is not known';

ALTER TABLE snapshots
    ADD COLUMN IF NOT EXISTS claims Array(String) COMMENT 'What the dollars are: lines of the bill or a cluster. Two sources that claim the same for the same day would charge it twice';

CREATE OR REPLACE VIEW current_snapshots AS
SELECT
    dataset,
    source,
    scope,
    charge_period_start,
    argMax(snapshots.snapshot_id, (snapshots.read_at, snapshots.snapshot_id)) AS snapshot_id,
    argMax(snapshots.charge_period_end, (snapshots.read_at, snapshots.snapshot_id)) AS charge_period_end,
    max(snapshots.read_at) AS read_at,
    argMax(snapshots.finality, (snapshots.read_at, snapshots.snapshot_id)) AS finality,
    argMax(snapshots.row_count, (snapshots.read_at, snapshots.snapshot_id)) AS row_count,
    argMax(snapshots.amount, (snapshots.read_at, snapshots.snapshot_id)) AS amount,
    argMax(snapshots.claims, (snapshots.read_at, snapshots.snapshot_id)) AS claims
FROM snapshots
GROUP BY dataset, source, scope, charge_period_start
COMMENT 'The snapshot that counts for each dataset, source, scope and period: the one read last';

CREATE TABLE IF NOT EXISTS bill_facts
(
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    chunk UInt32 COMMENT 'Chunk of the snapshot, from 0',
    source LowCardinality(String) COMMENT 'Where the bill was read: aws-bill',
    scope LowCardinality(String) COMMENT 'Account that was read as a whole',
    charge_period_start DateTime('UTC') COMMENT 'FOCUS ChargePeriodStart, inclusive',
    charge_period_end DateTime('UTC') COMMENT 'FOCUS ChargePeriodEnd, exclusive',
    service LowCardinality(String) COMMENT 'Service',
    usage_type LowCardinality(String) COMMENT 'Usage type; empty for record types other than usage',
    record_type LowCardinality(String) COMMENT 'Usage, Credit, Refund, Tax …',
    owner LowCardinality(String) COMMENT 'Which collector owns the dollar: kubecost, s3, network or aws-bill',
    billed_cost Decimal(38, 12) COMMENT 'Unblended cost, as on the invoice',
    amortized_cost Decimal(38, 12) COMMENT 'Amortized cost, before discounts',
    effective_cost Decimal(38, 12) COMMENT 'FOCUS EffectiveCost: the basis that is charged',
    usage_quantity Decimal(38, 12) COMMENT 'Quantity, in the unit of the usage type'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(charge_period_start)
ORDER BY (charge_period_start, source, scope, snapshot_id, service, usage_type)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Every line of the bill of all snapshots, for reconciliation; join current_snapshots to see what counts';

ALTER TABLE allocation_lines
    ADD COLUMN IF NOT EXISTS service LowCardinality(String) COMMENT 'Service of the bill, for costs that come from it; else empty',
    ADD COLUMN IF NOT EXISTS label LowCardinality(String) COMMENT 'Team label or tag of a cost that nobody owns; else empty';

CREATE OR REPLACE VIEW current_allocations AS
SELECT
    allocation_lines.run_id AS run_id, line, allocation_lines.charge_day AS charge_day,
    allocation_lines.billing_period AS billing_period, source, scope, cluster, namespace, service, label, category,
    owner_kind, team_id, basis, pool, method, reason, meter, driver_quantity, driver_total, amount
FROM allocation_lines
WHERE (billing_period, charge_day, run_id) IN (SELECT billing_period, charge_day, run_id FROM current_runs)
COMMENT 'Every dollar once: the lines of the current runs';

ALTER TABLE quarantined_readings
    ADD COLUMN IF NOT EXISTS currency LowCardinality(String) COMMENT 'Currency of the reading; empty when the collector refused it',
    ADD COLUMN IF NOT EXISTS finality LowCardinality(String) COMMENT 'final or provisional; empty when the collector refused it',
    ADD COLUMN IF NOT EXISTS chunk_count UInt32 COMMENT 'Chunks of the snapshot',
    ADD COLUMN IF NOT EXISTS row_count UInt64 COMMENT 'Rows of the snapshot',
    ADD COLUMN IF NOT EXISTS amount Decimal(38, 12) COMMENT 'Exact sum over the rows, in the deployment''s currency or the meter''s unit',
    ADD COLUMN IF NOT EXISTS content_hash String COMMENT 'SHA-256 over the canonical rows',
    ADD COLUMN IF NOT EXISTS log_topic LowCardinality(String) COMMENT 'Where the seal lies in the event log',
    ADD COLUMN IF NOT EXISTS log_partition UInt32 COMMENT 'Partition of the seal',
    ADD COLUMN IF NOT EXISTS log_offset UInt64 COMMENT 'Offset of the seal',
    ADD COLUMN IF NOT EXISTS id String ALIAS substring(lower(hex(SHA256(concat(dataset, '/', source, '/', scope, '/', toString(charge_period_start), '/', toString(read_at), '/', snapshot_id)))), 1, 12) COMMENT 'By which `apportion quarantine` names it';

CREATE TABLE IF NOT EXISTS quarantine_decisions
(
    id String COMMENT 'Quarantined reading that was decided on',
    decision LowCardinality(String) COMMENT 'release: it becomes visible; drop: it never will',
    prepared_by String COMMENT 'Who prepared the decision',
    approved_by String COMMENT 'Who approved it; somebody else',
    reason String COMMENT 'Why',
    effect Decimal(38, 12) COMMENT 'By how much the visible total of its period changed, in the deployment''s currency; 0 for a drop',
    decided_at DateTime64(3, 'UTC') COMMENT 'When'
)
ENGINE = MergeTree
ORDER BY (id, decided_at)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'What was done about quarantined readings, by whom and why';

CREATE VIEW IF NOT EXISTS pending_quarantine AS
SELECT
    quarantined_readings.id AS id, dataset, source, scope, charge_period_start,
    max(quarantined_readings.read_at) AS read_at,
    any(quarantined_readings.snapshot_id) AS snapshot_id, any(quarantined_readings.row_count) AS row_count,
    any(quarantined_readings.amount) AS amount, any(quarantined_readings.reason) AS reason
FROM quarantined_readings
WHERE id NOT IN (SELECT id FROM quarantine_decisions)
GROUP BY id, dataset, source, scope, charge_period_start
COMMENT 'Quarantined readings on which nobody has decided; a later good reading of the same period makes one moot';

CREATE VIEW IF NOT EXISTS reading_completeness AS
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
        current_snapshots.snapshot_id = '', 'missing',
        current_snapshots.finality = 'final', 'final',
        current_snapshots.read_at < now64(3, 'UTC') - toIntervalHour(48), 'stale',
        'provisional') AS status,
    if(current_snapshots.snapshot_id = '', NULL, current_snapshots.read_at) AS read_at,
    if(current_snapshots.snapshot_id = '', NULL, dateDiff('hour', current_snapshots.read_at, now64(3, 'UTC'))) AS age_hours,
    current_snapshots.row_count AS row_count, current_snapshots.amount AS amount
FROM expected
CROSS JOIN days
LEFT JOIN current_snapshots ON current_snapshots.dataset = expected.dataset AND current_snapshots.source = expected.source
    AND current_snapshots.scope = expected.scope AND toDate(current_snapshots.charge_period_start) = days.day
COMMENT 'For each expected reading and day: final, provisional, stale (provisional and not read for 48 hours) or missing';
