CREATE OR REPLACE VIEW forecast_errors {onCluster}
(
    billing_period LowCardinality(String) COMMENT 'Month that was forecast, and is closed, YYYY-MM',
    team_id LowCardinality(String) COMMENT 'Team',
    made_on Date COMMENT 'Day on which the forecast was made, UTC; of several of a day the last',
    as_of Date COMMENT 'Last settled day that it was made of, UTC',
    days_ahead UInt8 COMMENT 'Days of the month after that: the horizon',
    method LowCardinality(String) COMMENT 'How it was made: run-rate, seasonal-naive, holt-winters, mean of these, or same',
    expected Decimal(38, 12) COMMENT 'What the month was expected to come to, in the deployment''s currency',
    low Decimal(38, 12) COMMENT 'Lower end of its 80 % interval, in the deployment''s currency',
    high Decimal(38, 12) COMMENT 'Upper end of its 80 % interval, in the deployment''s currency',
    posted Decimal(76, 2) COMMENT 'What the team was charged for the month when it was closed, in the deployment''s currency; 0 where it has no statement',
    error Decimal(76, 12) COMMENT 'expected less posted: positive where too much was expected, in the deployment''s currency',
    error_percent Nullable(Float64) COMMENT 'The same in percent of posted; empty where nothing was posted',
    within_interval Bool COMMENT 'Whether the month ended within the interval, to the cent'
)
AS SELECT
    said.billing_period AS billing_period, said.team_id AS team_id, said.made_on AS made_on, said.last.1 AS as_of, said.last.2 AS days_ahead,
    said.last.3 AS method, said.last.4 AS expected, said.last.5 AS low, said.last.6 AS high,
    toDecimal256(statement.charged, 2) AS posted,
    toDecimal256(expected, 12) - toDecimal256(posted, 12) AS error,
    if(posted = 0, NULL, round(toFloat64(error) * 100 / toFloat64(posted), 2)) AS error_percent,
    toBool(posted >= toDecimal256(low, 12) - toDecimal256('0.005', 12) AND posted <= toDecimal256(high, 12) + toDecimal256('0.005', 12)) AS within_interval
FROM
(
    SELECT forecasts.billing_period AS billing_period, forecasts.team_id AS team_id, toDate(forecasts.made_at, 'UTC') AS made_on,
        argMax((forecasts.as_of, forecasts.days_ahead, forecasts.method, forecasts.expected, forecasts.low, forecasts.high), forecasts.made_at) AS last
    FROM forecasts GROUP BY billing_period, team_id, made_on
) AS said
LEFT JOIN
(
    SELECT posted_entries.billing_period AS billing_period, posted_entries.team_id AS team_id, sum(signed_amount) AS charged
    FROM posted_entries WHERE posted_entries.kind = 'statement' AND account = 'team'
    GROUP BY billing_period, team_id
) AS statement ON statement.billing_period = said.billing_period AND statement.team_id = said.team_id
WHERE said.billing_period IN (SELECT DISTINCT journals.billing_period FROM journals WHERE kind = 'statement')
COMMENT 'How wrong forecasts of months that are closed turned out to be, by the day on which they were made and how far they looked ahead; a team that has another id since, or left, was charged nothing under this one'
