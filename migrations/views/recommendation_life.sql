CREATE OR REPLACE VIEW recommendation_life {onCluster}
(
    id String COMMENT 'By which `apportion recommendations` names it',
    kind LowCardinality(String) COMMENT 'Kind of the recommendation, e.g. unused-gpus',
    team_id String COMMENT 'Team whose it was to act on; empty for other owners',
    decision LowCardinality(String) COMMENT 'accepted or dismissed: the last decision',
    decided_by String COMMENT 'Who decided',
    decided_at DateTime64(3, 'UTC') COMMENT 'When, UTC',
    until Nullable(Date) COMMENT 'Day from which a dismissed one is said again, UTC; empty: never',
    cash Decimal(38, 12) COMMENT 'Cash saving of a month as it was advised, in the deployment''s currency',
    freed Decimal(38, 12) COMMENT 'Freed capacity of a month as it was advised, in the deployment''s currency'
)
AS SELECT id, latest.1 AS kind, latest.2 AS team_id, latest.3 AS decision, latest.4 AS decided_by, last_at AS decided_at, latest.5 AS until, latest.6 AS cash, latest.7 AS freed
FROM (
    SELECT recommendation_decisions.id AS id, max(recommendation_decisions.decided_at) AS last_at,
        argMax((recommendation_decisions.kind, recommendation_decisions.owner_team, recommendation_decisions.decision, recommendation_decisions.decided_by,
            recommendation_decisions.until, recommendation_decisions.cash, recommendation_decisions.freed), recommendation_decisions.decided_at) AS latest
    FROM recommendation_decisions GROUP BY id
)
COMMENT 'Recommendations about which somebody decided, with the last decision; what is said now, and what was saved, `apportion recommendations` computes from the cells';
