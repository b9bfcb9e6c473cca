-- How each team's running month was expected to end, as it was said then: later readings cannot tell it again, so the log has these rows too.

CREATE TABLE IF NOT EXISTS forecasts {onCluster}
(
    billing_period LowCardinality(String) COMMENT 'Month that is forecast, YYYY-MM',
    team_id LowCardinality(String) COMMENT 'Team',
    made_at DateTime64(3, 'UTC') COMMENT 'When the forecast was made',
    as_of Date COMMENT 'Last settled day that it was made of, UTC',
    days_ahead UInt8 COMMENT 'Days of the month after that: the horizon',
    method LowCardinality(String) COMMENT 'run-rate, seasonal-naive, holt-winters, mean of these three, or same where each day cost alike: docs/forecast.md',
    spent Decimal(38, 12) COMMENT 'What counted of the month by then, in the deployment''s currency',
    expected Decimal(38, 12) COMMENT 'What the whole month was expected to come to, in the deployment''s currency',
    low Decimal(38, 12) COMMENT 'Lower end of its 80 % interval, in the deployment''s currency',
    high Decimal(38, 12) COMMENT 'Upper end of its 80 % interval, in the deployment''s currency'
)
ENGINE = {MergeTree}
ORDER BY (billing_period, team_id, made_at)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Forecasts of running months; of several of one day the last is what was said that day';

ALTER TABLE deliveries {onCluster} COMMENT COLUMN kind 'budget-alert; budget-alert-withdrawal: a threshold that was told is not reached; forecast-alert, forecast-alert-withdrawal: the same of a forecast; anomaly-alert; team-report, finance-report or undeliverable';

ALTER TABLE deliveries {onCluster} COMMENT COLUMN crossed_on 'Day on which spending passed the threshold, or is expected to; 1970-01-01 for reports';

ALTER TABLE deliveries {onCluster} COMMENT COLUMN spent 'What the mail said was spent of the budget, or is expected to be, in the deployment''s currency; 0 for reports';
