-- The books. A journal is posted once and never changed: what comes later is another journal.

CREATE TABLE IF NOT EXISTS journals
(
    seq UInt64 COMMENT 'Place in the ledger, from 1, without a gap',
    journal_id String COMMENT 'First 32 digits of its hash',
    kind LowCardinality(String) COMMENT 'statement: closes a month; correction: what a closed month turned out to differ by',
    billing_period LowCardinality(String) COMMENT 'Month in whose books it is posted, YYYY-MM',
    corrects_period LowCardinality(String) COMMENT 'Month that a correction corrects; empty for a statement',
    posted_at DateTime64(3, 'UTC') COMMENT 'When it was posted',
    prepared_by String COMMENT 'Who prepared it; apportion for corrections',
    approved_by String COMMENT 'Who approved it, somebody else; empty for corrections',
    reason String COMMENT 'Why: the reason of an override, or what changed',
    charged Decimal(38, 2) COMMENT 'What it charges in all, and credits to the sources: its debits less its credits without clearing, in the deployment''s currency',
    entry_count UInt32 COMMENT 'Entries',
    evidence String COMMENT 'What it was made from, as JSON: runs, rules, gates, accuracy',
    previous_hash String COMMENT 'Hash of the journal before it; empty for the first',
    hash String COMMENT 'SHA-256 over everything in it, its entries and the hash before it: tampering shows'
)
ENGINE = MergeTree
ORDER BY seq
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Posted journals, each chained to the one before it by its hash';

CREATE TABLE IF NOT EXISTS journal_entries
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
ENGINE = MergeTree
ORDER BY (journal_id, line)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Entries of journals; read posted_entries';

CREATE TABLE IF NOT EXISTS closed_runs
(
    journal_id String COMMENT 'Journal that closed the month',
    billing_period LowCardinality(String) COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    run_id String COMMENT 'Run that was frozen for the day'
)
ENGINE = MergeTree
ORDER BY (journal_id, charge_day)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Runs of closed months; read frozen_runs';

CREATE VIEW IF NOT EXISTS frozen_runs AS
SELECT billing_period, charge_day, run_id FROM closed_runs
WHERE journal_id IN (SELECT journal_id FROM journals WHERE kind = 'statement')
COMMENT 'The runs of closed months, which no later input replaces';

CREATE VIEW IF NOT EXISTS latest_runs AS
SELECT
    billing_period,
    charge_day,
    argMax(allocation_runs.run_id, (allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS run_id,
    argMax(allocation_runs.missing, (allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS missing
FROM allocation_runs
GROUP BY billing_period, charge_day
COMMENT 'The newest run of each day, of closed months too: what they would be if they were open';

CREATE OR REPLACE VIEW current_runs AS
SELECT
    billing_period,
    charge_day,
    argMax(allocation_runs.run_id, (allocation_runs.run_id IN (SELECT run_id FROM frozen_runs), allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS run_id,
    argMax(allocation_runs.as_of, (allocation_runs.run_id IN (SELECT run_id FROM frozen_runs), allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS as_of,
    argMax(allocation_runs.missing, (allocation_runs.run_id IN (SELECT run_id FROM frozen_runs), allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS missing,
    argMax(allocation_runs.collected, (allocation_runs.run_id IN (SELECT run_id FROM frozen_runs), allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS collected,
    argMax(allocation_runs.allocated, (allocation_runs.run_id IN (SELECT run_id FROM frozen_runs), allocation_runs.rules_activated_at, allocation_runs.input_version, allocation_runs.run_id)) AS allocated
FROM allocation_runs
GROUP BY billing_period, charge_day
COMMENT 'The run that counts for each day: the frozen one of a closed month, else the sealed one under the latest rules with the newest inputs';

CREATE VIEW IF NOT EXISTS posted_entries AS
SELECT
    journals.seq AS seq, journals.kind AS kind, journals.billing_period AS billing_period,
    journals.corrects_period AS corrects_period, journals.posted_at AS posted_at, journal_entries.journal_id AS journal_id,
    line, account, side, team_id, cost_center, source, category, basis, pool, method, journal_entries.reason AS reason, amount,
    if(side = 'debit', toDecimal256(amount, 2), -toDecimal256(amount, 2)) AS signed_amount
FROM journal_entries
INNER JOIN journals ON journals.journal_id = journal_entries.journal_id
COMMENT 'Every entry of every posted journal; signed_amount is positive for debits';

CREATE VIEW IF NOT EXISTS billing_periods AS
SELECT
    days.billing_period AS billing_period,
    if(closed.seq = 0, 'open', 'closed') AS state,
    days.days AS days, days.allocated AS allocated,
    if(closed.seq = 0, NULL, closed.charged) AS charged,
    if(closed.seq = 0, NULL, closed.posted_at) AS closed_at,
    closed.prepared_by AS prepared_by, closed.approved_by AS approved_by
FROM
(
    SELECT billing_period, count() AS days, sum(toDecimal256(current_runs.allocated, 12)) AS allocated
    FROM current_runs GROUP BY billing_period
) AS days
LEFT JOIN (SELECT * FROM journals WHERE kind = 'statement') AS closed ON closed.billing_period = days.billing_period
ORDER BY billing_period
COMMENT 'Months with allocated days: open or closed, by whom and when';
