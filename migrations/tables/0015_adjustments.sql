-- Amounts that two people move between teams, pools and months: drafts, and what of their journals the books did not know.

CREATE TABLE IF NOT EXISTS adjustment_drafts {onCluster}
(
    id String COMMENT 'Draft, by which `apportion adjust` names it: the first 12 digits of the hash of what it says and when it was proposed',
    step LowCardinality(String) COMMENT 'proposed; withdrawn: it is not approved any more. An approved one is a journal of the kind adjustment, whose evidence names the draft',
    from_account LowCardinality(String) COMMENT 'team, idle, corporate or unallocated: who pays less',
    from_team LowCardinality(String) COMMENT 'Team that pays less; else empty',
    from_period LowCardinality(String) COMMENT 'Month whose cost becomes less, YYYY-MM',
    to_account LowCardinality(String) COMMENT 'team, idle, corporate or unallocated: who pays more',
    to_team LowCardinality(String) COMMENT 'Team that pays more; else empty',
    to_period LowCardinality(String) COMMENT 'Month whose cost becomes more, YYYY-MM',
    amount Decimal(38, 2) COMMENT 'Amount that is moved, above zero, in the deployment''s currency',
    reason String COMMENT 'Why it is moved',
    prepared_by String COMMENT 'Who proposed it',
    proposed_at DateTime64(3, 'UTC') COMMENT 'When it was proposed',
    expires_at DateTime64(3, 'UTC') COMMENT 'From when it cannot be approved any more',
    withdrawn_by String COMMENT 'Who withdrew it; empty for what was proposed',
    withdrawn_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was withdrawn; empty for what was proposed'
)
ENGINE = {MergeTree}
ORDER BY (id, step)
SETTINGS {deduplicates 1000 inserts}
COMMENT 'Adjustments that were proposed, and withdrawn; those that were approved are journals, which posted_entries has';

ALTER TABLE journal_entries {onCluster} ADD COLUMN IF NOT EXISTS
    concerns_period LowCardinality(String) COMMENT 'Month that the entry is about, YYYY-MM, where that is another than its journal''s: of an amount that is moved between months; else empty';

ALTER TABLE journal_entries {onCluster} COMMENT COLUMN category 'What was spent on: cpu, gpu, memory, …, shared, idle; adjustment for what was moved; empty for clearing';

ALTER TABLE journals {onCluster} COMMENT COLUMN kind 'statement: closes a month; correction: what a closed month turned out to differ by; decision: a closed month decided again under other owners or policies; adjustment: an amount that two people moved';

ALTER TABLE journals {onCluster} COMMENT COLUMN corrects_period 'Month that a correction, decision or adjustment is about; empty for a statement';

ALTER TABLE journals {onCluster} COMMENT COLUMN reason 'Why: the reason of an override, decision or adjustment, or what changed';

ALTER TABLE journals {onCluster} COMMENT COLUMN evidence 'What it was made from, as JSON: runs, rules, gates, accuracy; of an adjustment its draft';
