-- What is posted counts once, although a row of the books was stored twice: ClickHouse drops a repeated insert only as long as it
-- remembers its token, and the rules by which it does have changed between releases. Rows of one journal that are the same in every
-- column are one; rows that differ stay two, and `verify` names them.

CREATE OR REPLACE VIEW posted_entries {onCluster}
(
    seq UInt64 COMMENT 'Place of the journal in the ledger, from 1',
    kind LowCardinality(String) COMMENT 'statement: closes a month; correction: what a closed month turned out to differ by; decision: a closed month decided again under other owners or policies; adjustment: an amount that two people moved',
    billing_period LowCardinality(String) COMMENT 'Month in whose books it is posted, YYYY-MM',
    corrects_period LowCardinality(String) COMMENT 'Month that the entry is about, YYYY-MM, where it corrects one; empty for a statement',
    posted_at DateTime64(3, 'UTC') COMMENT 'When it was posted, UTC',
    journal_id String COMMENT 'Journal to which the entry belongs',
    line UInt32 COMMENT 'Place in the journal, from 0',
    account LowCardinality(String) COMMENT 'team, idle, corporate or unallocated: who is charged; clearing: the source that is credited',
    side LowCardinality(String) COMMENT 'debit or credit',
    team_id LowCardinality(String) COMMENT 'Team that is charged; else empty',
    cost_center LowCardinality(String) COMMENT 'Its cost center when the journal was posted; else empty',
    source LowCardinality(String) COMMENT 'Source of a clearing entry: kubecost, s3, network, aws-bill, rate-variance; else empty',
    category LowCardinality(String) COMMENT 'What was spent on, as in current_allocations; adjustment for what was moved; empty for clearing',
    basis LowCardinality(String) COMMENT 'direct, shared, idle or corporate; empty for clearing and adjustments',
    pool LowCardinality(String) COMMENT 'Shared service or pool; else empty',
    method LowCardinality(String) COMMENT 'How the pool was split; else empty',
    reason LowCardinality(String) COMMENT 'Why a fallback was taken, or why nobody owns the amount; else empty',
    amount Decimal(38, 2) COMMENT 'Amount in cents, never negative, in the deployment''s currency',
    signed_amount Decimal(76, 2) COMMENT 'The same, negative for credits, in the deployment''s currency: a journal''s add up to zero'
)
AS SELECT
    posted.seq AS seq, posted.kind AS kind, posted.billing_period AS billing_period,
    if(entries.concerns_period = '', posted.corrects_period, entries.concerns_period) AS corrects_period, posted.posted_at AS posted_at, entries.journal_id AS journal_id,
    line, account, side, team_id, cost_center, source, category, basis, pool, method, entries.reason AS reason, amount,
    if(side = 'debit', toDecimal256(amount, 2), -toDecimal256(amount, 2)) AS signed_amount
FROM (SELECT DISTINCT * FROM journal_entries) AS entries
INNER JOIN (SELECT DISTINCT seq, journal_id, kind, billing_period, corrects_period, posted_at FROM journals) AS posted
    ON posted.journal_id = entries.journal_id
COMMENT 'Every entry of every posted journal; signed_amount is positive for debits';
