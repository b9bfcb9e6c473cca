-- What keeps a mail from going out twice, what became of each recipient, and what budget alerts are judged by.

CREATE TABLE IF NOT EXISTS delivery_claims
(
    delivery_key String COMMENT 'Delivery that is claimed before it is sent',
    attempt UInt32 COMMENT 'Counts the claims of the delivery, from 0; of several for one attempt the first that is stored holds',
    claimant String COMMENT 'Who claims it: a process, and a notifier in it',
    claimed_at DateTime64(3, 'UTC') COMMENT 'When',
    expires_at DateTime64(3, 'UTC') COMMENT 'Until when nobody else sends it; the time of the claim when it was given back'
)
ENGINE = MergeTree
ORDER BY (delivery_key, attempt)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Who sends a mail: the last claim of each delivery holds until it expires';

CREATE TABLE IF NOT EXISTS delivery_outcomes
(
    delivery_key String COMMENT 'Delivery that did not reach everybody at the first attempt',
    recipient String COMMENT 'Address of the recipient',
    outcome LowCardinality(String) COMMENT 'accepted; refused: for good; deferred: put off, and tried again',
    reply String COMMENT 'What the mail server said; empty when it accepted',
    at DateTime64(3, 'UTC') COMMENT 'When it said so first'
)
ENGINE = MergeTree
ORDER BY (delivery_key, recipient, at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What became of single recipients, so that a mail that is tried again is repeated to nobody';

ALTER TABLE deliveries
    ADD COLUMN IF NOT EXISTS budget_version LowCardinality(String) COMMENT 'Month and amount of the budget that an alert is about, for example 2026-11@1200.00; empty for reports',
    ADD COLUMN IF NOT EXISTS spent Decimal(38, 12) COMMENT 'What the mail said was spent of the budget, in the deployment''s currency; 0 for reports';

ALTER TABLE deliveries COMMENT COLUMN IF EXISTS kind 'budget-alert, budget-correction: a threshold that was told is not reached, team-report, finance-report or undeliverable';

ALTER TABLE deliveries COMMENT COLUMN IF EXISTS episode 'Counts up when a correction that was sent re-arms a threshold; 0 at first';

CREATE TABLE IF NOT EXISTS budget_versions
(
    billing_period LowCardinality(String) COMMENT 'Month, YYYY-MM',
    team_id LowCardinality(String) COMMENT 'Team',
    budget_version LowCardinality(String) COMMENT 'Month and amount of the budget, for example 2026-11@1200.00',
    spent Decimal(38, 12) COMMENT 'What was spent of the month when the version was first looked at, in the deployment''s currency: it re-arms only thresholds above that',
    seen_at DateTime64(3, 'UTC') COMMENT 'When it was first looked at'
)
ENGINE = MergeTree
ORDER BY (billing_period, team_id, budget_version, seen_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Budgets of a month as the notifier met them; the first row of each version counts';
