-- What was said to people, what keeps it from being said twice, and what budget alerts are judged by. A delivery is recorded after the
-- mail server accepted it, and is never sent again.

CREATE TABLE IF NOT EXISTS deliveries {onCluster}
(
    delivery_key String COMMENT 'What may be sent only once: kind, budget version or edition, period, threshold, episode, team',
    kind LowCardinality(String) COMMENT 'budget-alert, budget-alert-withdrawal: a threshold that was told is not reached, team-report, finance-report or undeliverable',
    billing_period LowCardinality(String) COMMENT 'Month that the mail is about, YYYY-MM',
    team_id LowCardinality(String) COMMENT 'Team that the mail is about; empty for finance',
    threshold_percent UInt16 COMMENT 'Threshold of a budget alert in percent; 0 for reports',
    budget_from LowCardinality(String) COMMENT 'Version of the budget: the month from which it holds; empty for reports',
    episode UInt16 COMMENT 'Counts up when a correction that was sent re-arms a threshold; 0 at first',
    crossed_on Date COMMENT 'Day on which spending passed the threshold; 1970-01-01 for reports',
    message_id String COMMENT 'Message-ID of the mail; thresholds that one mail tells of have the same',
    recipients Array(String) COMMENT 'To whom it was sent',
    sent_at DateTime64(3, 'UTC') COMMENT 'When the mail server accepted it',
    budget_version LowCardinality(String) COMMENT 'Month and amount of the budget that an alert is about, for example 2026-11@1200.00; empty for reports',
    spent Decimal(38, 12) COMMENT 'What the mail said was spent of the budget, in the deployment''s currency; 0 for reports'
)
ENGINE = {MergeTree}
ORDER BY (delivery_key, sent_at)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Mails that the mail server accepted';

CREATE TABLE IF NOT EXISTS delivery_claims {onCluster}
(
    delivery_key String COMMENT 'Delivery that is claimed before it is sent',
    attempt UInt32 COMMENT 'Counts the claims of the delivery, from 0; of several for one attempt the first that is stored holds',
    claimant String COMMENT 'Who claims it: a process, and a notifier in it',
    claimed_at DateTime64(3, 'UTC') COMMENT 'When',
    expires_at DateTime64(3, 'UTC') COMMENT 'Until when nobody else sends it; the time of the claim when it was given back'
)
ENGINE = {MergeTree}
ORDER BY (delivery_key, attempt)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Who sends a mail: the last claim of each delivery holds until it expires';

CREATE TABLE IF NOT EXISTS delivery_outcomes {onCluster}
(
    delivery_key String COMMENT 'Delivery that did not reach everybody at the first attempt',
    recipient String COMMENT 'Address of the recipient',
    outcome LowCardinality(String) COMMENT 'accepted; refused: for good; deferred: put off, and tried again',
    reply String COMMENT 'What the mail server said; empty when it accepted',
    at DateTime64(3, 'UTC') COMMENT 'When it said so first'
)
ENGINE = {MergeTree}
ORDER BY (delivery_key, recipient, at)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'What became of single recipients, so that a mail that is tried again is repeated to nobody';

CREATE TABLE IF NOT EXISTS budget_versions {onCluster}
(
    billing_period LowCardinality(String) COMMENT 'Month, YYYY-MM',
    team_id LowCardinality(String) COMMENT 'Team',
    budget_version LowCardinality(String) COMMENT 'Month and amount of the budget, for example 2026-11@1200.00',
    spent Decimal(38, 12) COMMENT 'What was spent of the month when the version was first looked at, in the deployment''s currency: it re-arms only thresholds above that',
    seen_at DateTime64(3, 'UTC') COMMENT 'When it was first looked at'
)
ENGINE = {MergeTree}
ORDER BY (billing_period, team_id, budget_version, seen_at)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Budgets of a month as the notifier met them; the first row of each version counts';
