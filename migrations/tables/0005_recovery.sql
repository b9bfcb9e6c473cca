-- Up to where of the event log the tables are. Both are stored with the data: a database that is restored from a backup goes back with
-- them, while the log does not, and the difference is what was lost.

CREATE TABLE IF NOT EXISTS log_progress {onCluster}
(
    log_id LowCardinality(String) COMMENT 'The event log: another one for a log that was started anew',
    consumer_group LowCardinality(String) COMMENT 'Consumer group; apportion-records for the records of the log that the tables have',
    topic LowCardinality(String) COMMENT 'Topic',
    topic_partition UInt32 COMMENT 'Partition of the topic',
    from_offset UInt64 COMMENT 'Offset from which on messages were handled, inclusive',
    next_offset UInt64 COMMENT 'Offset up to which they were, exclusive',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When'
)
ENGINE = {MergeTree}
ORDER BY (log_id, consumer_group, topic, topic_partition, from_offset)
SETTINGS {deduplicates 1000 inserts}
COMMENT 'Batches whose effects are in the tables; written before a batch is committed';

CREATE TABLE IF NOT EXISTS log_records {onCluster}
(
    log_id LowCardinality(String) COMMENT 'The event log',
    table_name LowCardinality(String) COMMENT 'Table of which the log has rows',
    record_key String COMMENT 'What the rows are of, as the columns of their key joined by slashes',
    row_count UInt32 COMMENT 'Rows of that key'
)
ENGINE = {ReplacingMergeTree}
ORDER BY (log_id, table_name, record_key)
SETTINGS {deduplicates 1000 inserts}
COMMENT 'Rows that cannot be computed from readings, of which the log has a copy';
