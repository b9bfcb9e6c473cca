-- As `apportion notifications` has it, but a mail that tells of several thresholds has a row for each. Addresses stay in the tables.

CREATE OR REPLACE VIEW message_deliveries {onCluster}
(
    told_at DateTime64(3, 'UTC') COMMENT 'When it was sent or given up; of what is deferred, when it was put off first; UTC',
    state String COMMENT 'sent; partly: not to everybody; failed: to nobody, for good; held: held back until somebody has it sent; sent again: after that to everybody; deferred: it is tried again',
    kind String COMMENT 'budget-alert, budget-alert-withdrawal, forecast-alert, team-report, team-digest: reports of several teams in one mail, finance-report, undeliverable, channel-notice …',
    billing_period String COMMENT 'Month that it is about, YYYY-MM',
    team_id String COMMENT 'Team that it is about; empty for finance, and for a digest',
    threshold_percent UInt16 COMMENT 'Threshold of an alert in percent; 0 for what has none',
    crossed_on Nullable(Date) COMMENT 'Day on which spending passes the threshold, UTC; empty for what has none',
    budget_version String COMMENT 'Month and amount of the budget that an alert is about, for example 2026-11@1200.00; empty for what has none',
    spent Decimal(38, 12) COMMENT 'What it says is spent, or expected, of the budget, in the deployment''s currency; 0 for what has none',
    message_id String COMMENT 'Message-ID of the mail: thresholds that one mail tells of have the same; empty while it is deferred',
    reached UInt64 COMMENT 'Recipients whom it reached',
    missed UInt64 COMMENT 'Recipients whom it did not reach at the first attempt'
)
AS
WITH
    sent AS
    (
        SELECT delivery_key, deliveries.sent_at AS at, deliveries.kind AS what, deliveries.billing_period AS month, deliveries.team_id AS team,
            deliveries.threshold_percent AS threshold, deliveries.crossed_on AS crossed, deliveries.budget_version AS version,
            deliveries.spent AS said, deliveries.message_id AS mail, deliveries.recipients AS recipients
        FROM deliveries WHERE deliveries.kind != 'team-digest' OR deliveries.team_id = ''
        ORDER BY at LIMIT 1 BY delivery_key
    ),
    replies AS
    (
        SELECT delivery_key, groupUniqArray(recipient) AS recipients, min(delivery_outcomes.at) AS first_at
        FROM delivery_outcomes WHERE outcome IN ('refused', 'deferred') GROUP BY delivery_key
    ),
    kept AS
    (
        SELECT delivery_key, notifications.recipients AS recipients, notifications.reason AS reason
        FROM notifications WHERE purpose = 'keep' ORDER BY queued_at DESC LIMIT 1 BY delivery_key
    ),
    again AS
    (
        SELECT replaceRegexpOne(delivery_key, '^retry/\\d+/', '') AS of, groupUniqArrayArray(recipients) AS recipients
        FROM sent WHERE startsWith(delivery_key, 'retry/') GROUP BY of
    )
SELECT at AS told_at,
    multiIf(notEmpty(missing) AND hasAll(reached_again, missing), 'sent again', startsWith(kept_for, 'held back'), 'held',
        empty(recipients), 'failed', notEmpty(missing), 'partly', 'sent') AS state,
    toString(what) AS kind, toString(month) AS billing_period, toString(team) AS team_id, threshold AS threshold_percent,
    if(crossed = toDate(0), NULL, crossed) AS crossed_on, toString(version) AS budget_version, said AS spent, mail AS message_id,
    length(recipients) AS reached, length(missing) AS missed
FROM
(
    SELECT sent.at AS at, what, month, team, threshold, crossed, version, said, mail, sent.recipients AS recipients,
        kept.reason AS kept_for, again.recipients AS reached_again,
        arrayFilter(each -> NOT has(sent.recipients, each), if(kept.delivery_key != '', kept.recipients, replies.recipients)) AS missing
    FROM sent
    LEFT JOIN replies ON replies.delivery_key = sent.delivery_key
    LEFT JOIN kept ON kept.delivery_key = sent.delivery_key
    LEFT JOIN again ON again.of = sent.delivery_key
)
UNION ALL
SELECT first_at, 'deferred', key[1], key[2], if(key[1] IN ('finance-report', 'team-digest', 'not-closed', 'held-back'), '', key[3]), 0, NULL, '',
    toDecimal128(0, 12), '', 0, length(recipients)
FROM (SELECT splitByChar('/', delivery_key) AS key, recipients, first_at FROM replies WHERE delivery_key NOT IN (SELECT delivery_key FROM deliveries))
COMMENT 'What was told to people, and what became of it, without addresses'
