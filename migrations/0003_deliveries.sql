-- What was said to people. A delivery is recorded after the mail server accepted it, and is never sent again.

CREATE TABLE IF NOT EXISTS deliveries
(
    delivery_key String COMMENT 'What may be sent only once: kind, budget version or edition, period, threshold, episode, team',
    kind LowCardinality(String) COMMENT 'budget-alert, team-report or finance-report',
    billing_period LowCardinality(String) COMMENT 'Month that the mail is about, YYYY-MM',
    team_id LowCardinality(String) COMMENT 'Team that the mail is about; empty for finance',
    threshold_percent UInt16 COMMENT 'Threshold of a budget alert in percent; 0 for reports',
    budget_from LowCardinality(String) COMMENT 'Version of the budget: the month from which it holds; empty for reports',
    episode UInt16 COMMENT 'Counts up when a correction re-arms a threshold; 0 at first',
    crossed_on Date COMMENT 'Day on which spending passed the threshold; 1970-01-01 for reports',
    message_id String COMMENT 'Message-ID of the mail',
    recipients Array(String) COMMENT 'To whom it was sent',
    sent_at DateTime64(3, 'UTC') COMMENT 'When the mail server accepted it'
)
ENGINE = MergeTree
ORDER BY (delivery_key, sent_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Mails that the mail server accepted';
