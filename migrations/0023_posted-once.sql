-- What is posted counts once, although a row of the books was stored twice: ClickHouse drops a repeated insert only as long as it
-- remembers its token, and the rules by which it does have changed between releases. Rows of one journal that are the same in every
-- column are one; rows that differ stay two, and `verify` names them.

CREATE OR REPLACE VIEW frozen_runs
(
    billing_period LowCardinality(String) COMMENT 'Closed month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    run_id String COMMENT 'The run with which it was closed'
)
AS SELECT DISTINCT billing_period, charge_day, run_id FROM closed_runs
WHERE journal_id IN (SELECT journal_id FROM journals WHERE kind = 'statement')
COMMENT 'The runs of closed months, which no later input replaces';

CREATE OR REPLACE VIEW posted_entries
(
    seq UInt64 COMMENT 'Place of the journal in the ledger, from 1',
    kind LowCardinality(String) COMMENT 'statement: closes a month; correction: what a closed month turned out to differ by; decision: a closed month decided again under other owners or policies',
    billing_period LowCardinality(String) COMMENT 'Month in whose books it is posted, YYYY-MM',
    corrects_period LowCardinality(String) COMMENT 'Month that a correction or decision is about, YYYY-MM; empty for a statement',
    posted_at DateTime64(3, 'UTC') COMMENT 'When it was posted, UTC',
    journal_id String COMMENT 'Journal to which the entry belongs',
    line UInt32 COMMENT 'Place in the journal, from 0',
    account LowCardinality(String) COMMENT 'team, idle, corporate or unallocated: who is charged; clearing: the source that is credited',
    side LowCardinality(String) COMMENT 'debit or credit',
    team_id LowCardinality(String) COMMENT 'Team that is charged; else empty',
    cost_center LowCardinality(String) COMMENT 'Its cost center when the journal was posted; else empty',
    source LowCardinality(String) COMMENT 'Source of a clearing entry: kubecost, s3, network, aws-bill, rate-variance; else empty',
    category LowCardinality(String) COMMENT 'What was spent on, as in current_allocations; empty for clearing',
    basis LowCardinality(String) COMMENT 'direct, shared, idle or corporate; empty for clearing',
    pool LowCardinality(String) COMMENT 'Shared service or pool; else empty',
    method LowCardinality(String) COMMENT 'How the pool was split; else empty',
    reason LowCardinality(String) COMMENT 'Why a fallback was taken, or why nobody owns the amount; else empty',
    amount Decimal(38, 2) COMMENT 'Amount in cents, never negative, in the deployment''s currency',
    signed_amount Decimal(76, 2) COMMENT 'The same, negative for credits, in the deployment''s currency: a journal''s add up to zero'
)
AS SELECT
    posted.seq AS seq, posted.kind AS kind, posted.billing_period AS billing_period,
    posted.corrects_period AS corrects_period, posted.posted_at AS posted_at, entries.journal_id AS journal_id,
    line, account, side, team_id, cost_center, source, category, basis, pool, method, entries.reason AS reason, amount,
    if(side = 'debit', toDecimal256(amount, 2), -toDecimal256(amount, 2)) AS signed_amount
FROM (SELECT DISTINCT * FROM journal_entries) AS entries
INNER JOIN (SELECT DISTINCT seq, journal_id, kind, billing_period, corrects_period, posted_at FROM journals) AS posted
    ON posted.journal_id = entries.journal_id
COMMENT 'Every entry of every posted journal; signed_amount is positive for debits';

CREATE OR REPLACE VIEW billing_periods
(
    billing_period LowCardinality(String) COMMENT 'Month, YYYY-MM',
    state String COMMENT 'open or closed',
    days UInt64 COMMENT 'Days that are allocated',
    allocated Decimal(76, 12) COMMENT 'Exact sum of their lines, in the deployment''s currency',
    charged Nullable(Decimal(38, 2)) COMMENT 'What was posted when it was closed, in cents, in the deployment''s currency; empty while it is open',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was closed, UTC; empty while it is open',
    prepared_by String COMMENT 'Who prepared the close; empty while it is open',
    approved_by String COMMENT 'Who approved it, somebody else; empty while it is open'
)
AS SELECT
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
LEFT JOIN (SELECT DISTINCT seq, billing_period, charged, posted_at, prepared_by, approved_by FROM journals WHERE kind = 'statement') AS closed
    ON closed.billing_period = days.billing_period
ORDER BY billing_period
COMMENT 'Months with allocated days: open or closed, by whom and when';

CREATE OR REPLACE VIEW cluster_accounts
(
    billing_period String COMMENT 'Month, YYYY-MM',
    cluster String COMMENT 'Kubernetes cluster',
    account String COMMENT 'Account on whose bill it is under the rules in force, of a closed month under those with which it was closed; none where it is on no bill'
)
AS
WITH
    closed AS
    (
        SELECT DISTINCT journals.billing_period AS month, JSONExtractString(evidence, 'rulesActivatedAt') AS rules_since
        FROM journals WHERE kind = 'statement'
    ),
    latest AS (SELECT toString(max(activated_at)) AS rules_since FROM configuration_versions WHERE kind = 'allocation'),
    rules AS
    (
        SELECT toString(activated_at) AS since, JSONExtractString(argMax(content, hash), 'accounts', 'byDefault') AS by_default,
            JSONExtract(argMax(content, hash), 'accounts', 'named', 'Array(Tuple(cluster String, account String))') AS named
        FROM configuration_versions
        WHERE kind = 'allocation' AND toString(activated_at) IN (SELECT rules_since FROM closed UNION ALL SELECT rules_since FROM latest)
        GROUP BY activated_at
    )
SELECT places.month AS billing_period, places.name AS cluster,
    coalesce(nullIf(arrayFirst(each -> each.1 = places.name, rules.named).2, ''), rules.by_default) AS account
FROM
(
    SELECT priced.month AS month, priced.name AS name, if(closed.rules_since = '', latest.rules_since, closed.rules_since) AS rules_since
    FROM
    (
        SELECT DISTINCT formatDateTime(charge_period_start, '%Y-%m') AS month, snapshots.scope AS name
        FROM snapshots WHERE source = 'kubecost' AND dataset = 'cost'
    ) AS priced
    CROSS JOIN latest
    LEFT JOIN closed ON closed.month = priced.month
) AS places
LEFT JOIN rules ON rules.since = places.rules_since
COMMENT 'On whose bill each cluster is, month by month';
