-- Closed months that one person proposed to be decided again, and waits for another to approve.

CREATE TABLE IF NOT EXISTS decision_drafts {onCluster}
(
    id String COMMENT 'Draft, by which `apportion adjust` names it: the first 12 digits of the hash of what it says and when it was proposed',
    step LowCardinality(String) COMMENT 'proposed; withdrawn: it is not approved any more. An approved one is a journal of the kind decision, whose evidence names the draft',
    month LowCardinality(String) COMMENT 'Closed month, YYYY-MM',
    payers String COMMENT 'Who pays more or less, and by how much, in cents, as JSON',
    content_hash String COMMENT 'Hash of the runs and entries that it came to: where they have become others, it is not posted',
    reason String COMMENT 'Why it is decided again',
    prepared_by String COMMENT 'Who proposed it',
    proposed_at DateTime64(3, 'UTC') COMMENT 'When it was proposed',
    expires_at DateTime64(3, 'UTC') COMMENT 'From when it cannot be approved any more',
    withdrawn_by String COMMENT 'Who withdrew it; empty for what was proposed',
    withdrawn_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was withdrawn; empty for what was proposed'
)
ENGINE = {MergeTree}
ORDER BY (id, step)
SETTINGS {deduplicates 1000 inserts}
COMMENT 'Closed months that were proposed to be decided again, and withdrawn; those that were approved are journals, which posted_entries has';
