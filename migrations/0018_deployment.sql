-- Whose tables these are. The event log says the same (topic apportion.deployment.v1), and a log and tables that do not agree are not used together.

CREATE TABLE IF NOT EXISTS deployment
(
    deployment_id String COMMENT 'Id of the deployment, a UUID, for good',
    identified_at DateTime64(3, 'UTC') COMMENT 'When the tables got it; the first row holds'
)
ENGINE = MergeTree
ORDER BY identified_at
SETTINGS non_replicated_deduplication_window = 100
COMMENT 'Id of the deployment that these tables belong to';
