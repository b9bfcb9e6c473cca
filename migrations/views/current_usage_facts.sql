CREATE OR REPLACE VIEW current_usage_facts {onCluster}
(
    charge_day Date COMMENT 'Day, UTC',
    charge_period_start DateTime('UTC') COMMENT 'Start of the period, inclusive',
    source LowCardinality(String) COMMENT 'Where the usage was measured: mlflow, prometheus',
    scope LowCardinality(String) COMMENT 'What was read as a whole: one server',
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    meter LowCardinality(String) COMMENT 'What was measured, e.g. mlflow.runs',
    unit LowCardinality(String) COMMENT 'Unit of quantity, e.g. runs',
    team_label String COMMENT 'Value of the team tag; hidden (hipaa) or hidden (pci) where it is of such a team; empty when there is none',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster of the namespace, where the meter knows it; else empty',
    namespace LowCardinality(String) COMMENT 'Namespace of the user, where the meter knows it',
    quantity Decimal(38, 12) COMMENT 'How much was used, in unit'
)
AS
WITH
    (SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership,
    arrayFirst(each -> facts.cluster LIKE each.2 AND facts.namespace LIKE each.3 AND '' LIKE each.4 AND facts.team_label LIKE each.5
        AND '' LIKE each.6, ownership).1 AS level
SELECT toDate(charge_period_start) AS charge_day, charge_period_start, source, scope, snapshot_id, meter, unit,
    if(level = '' OR facts.team_label = '', facts.team_label, concat('hidden (', level, ')')) AS team_label, cluster, namespace, quantity
FROM usage_facts AS facts
WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'usage')
COMMENT 'Usage facts that count, as read last; labels of teams under HIPAA or PCI are hidden';
