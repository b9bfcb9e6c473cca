-- How far the log itself is, no table knows: /readyz tells the lag.

CREATE OR REPLACE VIEW log_positions {onCluster}
(
    consumer_group LowCardinality(String) COMMENT 'Consumer group: who handles the messages; apportion-records for the records of the log that the tables have',
    topic LowCardinality(String) COMMENT 'Topic of the event log',
    partitions UInt64 COMMENT 'Partitions of which messages were handled',
    next_offsets UInt64 COMMENT 'Offsets up to which they were handled, added up over the partitions: it grows as long as there is work',
    handled_at DateTime64(3, 'UTC') COMMENT 'When the last batch was handled, by the clock of the database, UTC'
)
AS SELECT consumer_group, topic, count() AS partitions, sum(reached) AS next_offsets, max(last_at) AS handled_at
FROM
(
    SELECT consumer_group, topic, topic_partition, max(next_offset) AS reached, max(log_progress.at) AS last_at
    FROM log_progress
    WHERE log_id = (SELECT argMax(log_id, log_progress.at) FROM log_progress)
    GROUP BY consumer_group, topic, topic_partition
)
GROUP BY consumer_group, topic
COMMENT 'How far each consumer of the event log has come, and when it last handled anything'
