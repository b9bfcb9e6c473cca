-- What one person prepared on the pages, and waits for another to approve.

CREATE TABLE IF NOT EXISTS prepared_decisions {onCluster}
(
    id String COMMENT 'What was prepared: the first 12 digits of the hash of what it says and when',
    step LowCardinality(String) COMMENT 'prepared; withdrawn: it is not approved any more. What was approved is a journal, or a decision about a reading in quarantine',
    act LowCardinality(String) COMMENT 'close, release or drop',
    about String COMMENT 'Month to be closed, YYYY-MM; of release and drop the reading in quarantine',
    reason String COMMENT 'Why; of a close the reason of its override, empty where no gate is overridden',
    prepared_by String COMMENT 'Who prepared it, as it will be on record: name and, in angle brackets, how the provider of the sign-in knows them',
    prepared_subject String COMMENT 'Who prepared it, as the provider of the sign-in knows them: who approves is another',
    prepared_at DateTime64(3, 'UTC') COMMENT 'When it was prepared',
    expires_at DateTime64(3, 'UTC') COMMENT 'From when it cannot be approved any more',
    withdrawn_by String COMMENT 'Who withdrew it; empty for what was prepared',
    withdrawn_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was withdrawn; empty for what was prepared'
)
ENGINE = {MergeTree}
ORDER BY (id, step)
SETTINGS {deduplicates 1000 inserts}
COMMENT 'Closes of months and decisions about readings that were prepared on the pages, and withdrawn';
