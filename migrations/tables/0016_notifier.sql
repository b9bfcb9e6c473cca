-- What is said beside the mails that go at once: to channels, and again. It is on record as it was said before anything is sent, since an
-- alert cannot be computed once more when it is on record as told.

CREATE TABLE IF NOT EXISTS notifications {onCluster}
(
    delivery_key String COMMENT 'What is sent only once: channel/<name>/ before the key of the mail that it tells of, retry/<number>/ before that of what is sent again',
    purpose LowCardinality(String) COMMENT 'send: it waits until deliveries has it; keep: a mail that did not reach everybody, or was held back, for who has it sent again',
    kind LowCardinality(String) COMMENT 'Kind of the mail that it is or tells of, as in deliveries',
    billing_period LowCardinality(String) COMMENT 'Month that it is about, YYYY-MM',
    team_id LowCardinality(String) COMMENT 'Team that it is about; empty for finance',
    channel LowCardinality(String) COMMENT 'Channel to which it goes, by its name; empty for mail',
    recipients Array(String) COMMENT 'Addresses that it still has to reach, or the name of the channel',
    content String COMMENT 'JSON: subject and text; of a mail its HTML and files too',
    asked_by String COMMENT 'Who asked for it to be sent again; empty for what Apportion sends by itself',
    reason String COMMENT 'Of what is kept, why it did not go out',
    queued_at DateTime64(3, 'UTC') COMMENT 'Since when it waits, or is kept'
)
ENGINE = {MergeTree}
ORDER BY (delivery_key, queued_at)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Services only: messages as they were said';

ALTER TABLE deliveries {onCluster} COMMENT COLUMN kind 'budget-alert, forecast-alert and what takes them back (-withdrawal), anomaly-alert, team-report, finance-report, not-closed: a month that cannot close, held-back: alerts of a day that were too many, undeliverable; channel-notice: one of these to a channel, retry: sent again';

ALTER TABLE deliveries {onCluster} COMMENT COLUMN recipients 'Addresses to which it was sent, or the name of the channel; nobody where it was refused or held back';
