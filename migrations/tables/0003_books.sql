-- The books of the ledger. A journal is posted once and never changed: what comes later is another journal.

CREATE TABLE IF NOT EXISTS journals {onCluster}
(
    seq UInt64 COMMENT 'Place in the ledger, from 1, without a gap',
    journal_id String COMMENT 'First 32 digits of its hash',
    kind LowCardinality(String) COMMENT 'statement: closes a month; correction: what a closed month turned out to differ by; decision: a closed month decided again under other owners or policies',
    billing_period LowCardinality(String) COMMENT 'Month in whose books it is posted, YYYY-MM',
    corrects_period LowCardinality(String) COMMENT 'Month that a correction or decision is about; empty for a statement',
    posted_at DateTime64(3, 'UTC') COMMENT 'When it was posted',
    prepared_by String COMMENT 'Who prepared it; apportion for corrections',
    approved_by String COMMENT 'Who approved it, somebody else; empty for corrections',
    reason String COMMENT 'Why: the reason of an override or decision, or what changed',
    charged Decimal(38, 2) COMMENT 'What it charges in all, and credits to the sources: its debits less its credits without clearing, in the deployment''s currency',
    entry_count UInt32 COMMENT 'Entries',
    evidence String COMMENT 'What it was made from, as JSON: runs, rules, gates, accuracy',
    previous_hash String COMMENT 'Hash of the journal before it; empty for the first',
    hash String COMMENT 'SHA-256 over everything in it, its entries and the hash before it: tampering shows'
)
ENGINE = {MergeTree}
ORDER BY seq
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Posted journals, each chained to the one before it by its hash';

CREATE TABLE IF NOT EXISTS journal_entries {onCluster}
(
    journal_id String COMMENT 'Journal to which the entry belongs; counts once that is posted',
    line UInt32 COMMENT 'Place in the journal, from 0',
    account LowCardinality(String) COMMENT 'team, idle, corporate or unallocated: who is charged; clearing: the source that is credited',
    side LowCardinality(String) COMMENT 'debit or credit',
    team_id LowCardinality(String) COMMENT 'Team that is charged; else empty',
    cost_center LowCardinality(String) COMMENT 'Its cost center when the journal was posted; else empty',
    source LowCardinality(String) COMMENT 'Source of a clearing entry: kubecost, s3, network, aws-bill; else empty',
    category LowCardinality(String) COMMENT 'What was spent on: cpu, gpu, memory, …, shared, idle; empty for clearing',
    basis LowCardinality(String) COMMENT 'direct, shared, idle or corporate; empty for clearing',
    pool LowCardinality(String) COMMENT 'Shared service or pool; else empty',
    method LowCardinality(String) COMMENT 'How the pool was split; else empty',
    reason LowCardinality(String) COMMENT 'Why a fallback was taken, or why nobody owns the amount; else empty',
    amount Decimal(38, 2) COMMENT 'Amount, never negative, in the deployment''s currency'
)
ENGINE = {MergeTree}
ORDER BY (journal_id, line)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Entries of journals; read posted_entries';

CREATE TABLE IF NOT EXISTS closed_runs {onCluster}
(
    journal_id String COMMENT 'Journal that closed the month',
    billing_period LowCardinality(String) COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    run_id String COMMENT 'Run that was frozen for the day'
)
ENGINE = {MergeTree}
ORDER BY (journal_id, charge_day)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Runs of closed months; read frozen_runs';
