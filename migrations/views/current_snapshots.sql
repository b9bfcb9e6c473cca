CREATE OR REPLACE VIEW current_snapshots {onCluster}
(
    dataset LowCardinality(String) COMMENT 'cost, usage, bucket or bill',
    source LowCardinality(String) COMMENT 'Where it was read: kubecost, s3, network, aws-bill, mlflow …',
    scope LowCardinality(String) COMMENT 'What was read as a whole: a cluster, an account, a server',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period that was read, inclusive, UTC',
    snapshot_id String COMMENT 'The snapshot that counts: the one read last',
    charge_period_end DateTime('UTC') COMMENT 'End of the period, exclusive, UTC',
    read_at DateTime64(3, 'UTC') COMMENT 'When it was read, UTC',
    finality String COMMENT 'final, or provisional while the source may restate it',
    row_count UInt64 COMMENT 'Rows of the snapshot',
    amount Decimal(38, 12) COMMENT 'Exact sum over its rows: in the deployment''s currency, of usage in the meter''s unit',
    claims Array(String) COMMENT 'Lines of the bill, or the cluster, that its dollars are'
)
AS SELECT
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
