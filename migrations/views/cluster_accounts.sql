-- Clusters move from one account to another. A closed month was priced by the accounts of its close, and is compared by them for good.
-- Rows of the books that were stored twice count once: see posted_entries.

CREATE OR REPLACE VIEW cluster_accounts {onCluster}
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
