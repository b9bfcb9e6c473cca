-- Whose tables these are, which the event log says too (topic apportion.deployment.v1): a log and tables that do not agree are not used
-- together. And by which clock: the demo's platform has one of its own, a real platform goes by the server's.

CREATE TABLE IF NOT EXISTS deployment {onCluster}
(
    deployment_id String COMMENT 'Id of the deployment, a UUID, for good',
    identified_at DateTime64(3, 'UTC') COMMENT 'When the tables got it; the first row holds'
)
ENGINE = {MergeTree}
ORDER BY identified_at
SETTINGS {deduplicates 100 inserts}
COMMENT 'Id of the deployment that these tables belong to';

CREATE TABLE IF NOT EXISTS simulated_clock {onCluster}
(
    ahead_ms Int64 COMMENT 'Milliseconds by which the simulated clock is ahead of the server''s; negative when it is behind',
    set_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When it was set, by the server''s clock; the last one holds'
)
ENGINE = {MergeTree}
ORDER BY set_at
COMMENT 'Where the clock of a simulated platform stands; empty where the platform is real';
