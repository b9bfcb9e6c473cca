-- What people said of anomalies. Anomalies themselves are found in runs and cells whenever they are asked for, and kept nowhere.

CREATE TABLE IF NOT EXISTS anomaly_marks {onCluster}
(
    id String COMMENT 'Anomaly, by which `apportion anomalies` names it: the hash of its team, category and day',
    team_id LowCardinality(String) COMMENT 'Team whose cost it was',
    category LowCardinality(String) COMMENT 'Category of the cost, e.g. gpu',
    charge_day Date COMMENT 'Day of the anomaly, UTC',
    direction LowCardinality(String) COMMENT 'above or below what was expected; within: the sum was not, but what came and went was',
    cost Decimal(38, 12) COMMENT 'What the day cost when it was marked, in the deployment''s currency',
    expected Decimal(38, 12) COMMENT 'What had been expected of it, in the deployment''s currency',
    reason String COMMENT 'Why it was to be expected, which may name a protected team''s workloads',
    until Nullable(Date) COMMENT 'Day from which the like is said again, UTC; empty: this anomaly alone is expected',
    marked_by String COMMENT 'Who marked it as expected',
    marked_at DateTime64(3, 'UTC') COMMENT 'When; the last mark of an anomaly holds'
)
ENGINE = {MergeTree}
ORDER BY (id, marked_at)
SETTINGS {deduplicates 1000 inserts}
COMMENT 'Services only: anomalies that people expected, with their reasons; expected_anomalies is for analysts';
