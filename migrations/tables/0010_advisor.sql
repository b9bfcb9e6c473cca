-- What people decided about recommendations. Recommendations themselves are computed from cells whenever they are asked for, and kept nowhere.

CREATE TABLE IF NOT EXISTS recommendation_decisions {onCluster}
(
    id String COMMENT 'Recommendation, by which `apportion recommendations` names it: the hash of its kind and subject',
    decision LowCardinality(String) COMMENT 'accepted: somebody does it; dismissed: it is not said until the day of until',
    decided_by String COMMENT 'Who accepted or dismissed it',
    reason String COMMENT 'Why it was dismissed; empty where it was accepted without a word',
    until Nullable(Date) COMMENT 'Day from which a dismissed one is said again, UTC; empty: never',
    decided_at DateTime64(3, 'UTC') COMMENT 'When; the last decision about a recommendation holds',
    kind LowCardinality(String) COMMENT 'Kind of the recommendation, e.g. unused-gpus',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster; empty for what is of the bill',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace; empty where there is none',
    controller_kind LowCardinality(String) COMMENT 'deployment, job …; empty for what is no workload',
    controller String COMMENT 'Name of the controller, which may be a protected team''s; empty for what is no workload',
    bill_line Array(String) COMMENT 'Account, service, and record type or tag; empty for Kubernetes',
    owner_team String COMMENT 'Team whose it was to act on; empty for other owners',
    cash Decimal(38, 12) COMMENT 'Cash saving of a month as it was advised, in the deployment''s currency',
    freed Decimal(38, 12) COMMENT 'Freed capacity of a month as it was advised, in the deployment''s currency'
)
ENGINE = {MergeTree}
ORDER BY (id, decided_at)
SETTINGS {deduplicates 1000 inserts}
COMMENT 'Services only: what people decided about recommendations, with every name; recommendation_life is for analysts';
