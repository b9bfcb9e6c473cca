CREATE OR REPLACE VIEW expected_anomalies {onCluster}
(
    id String COMMENT 'By which `apportion anomalies` names it',
    team_id String COMMENT 'Team whose cost it was',
    category LowCardinality(String) COMMENT 'Category of the cost, e.g. gpu',
    charge_day Date COMMENT 'Day of the anomaly, UTC',
    direction LowCardinality(String) COMMENT 'above or below what was expected; within: the sum was not, but what came and went was',
    cost Decimal(38, 12) COMMENT 'What the day cost when it was marked, in the deployment''s currency',
    expected Decimal(38, 12) COMMENT 'What had been expected of it, in the deployment''s currency',
    marked_by String COMMENT 'Who marked it as expected',
    marked_at DateTime64(3, 'UTC') COMMENT 'When, UTC',
    until Nullable(Date) COMMENT 'Day from which the like is said again, UTC; empty: this anomaly alone is expected'
)
AS SELECT id, latest.1 AS team_id, latest.2 AS category, latest.3 AS charge_day, latest.4 AS direction, latest.5 AS cost, latest.6 AS expected, latest.7 AS marked_by, last_at AS marked_at, latest.8 AS until
FROM (
    SELECT anomaly_marks.id AS id, max(anomaly_marks.marked_at) AS last_at,
        argMax((anomaly_marks.team_id, anomaly_marks.category, anomaly_marks.charge_day, anomaly_marks.direction, anomaly_marks.cost,
            anomaly_marks.expected, anomaly_marks.marked_by, anomaly_marks.until), anomaly_marks.marked_at) AS latest
    FROM anomaly_marks GROUP BY id
)
COMMENT 'Anomalies that somebody expected, by the last mark; all anomalies, and what did them, `apportion anomalies` finds in runs and cells'
