-- Quotas have no labels: whose names are hidden of anything that ever had costs in a namespace has its quotas hidden too. One without costs is taken for one of every label.

CREATE OR REPLACE VIEW current_quotas {onCluster}
(
    day Date COMMENT 'Day, UTC',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace',
    quota String COMMENT 'Name of the ResourceQuota; hidden (hipaa) or hidden (pci) in a namespace of such a team',
    cpu_cores Nullable(Decimal(38, 12)) COMMENT 'Cores that it lets the pods of the namespace request together, the least of the day; empty where it does not limit them or it is not known',
    cpu_used_cores Nullable(Decimal(38, 12)) COMMENT 'Cores of it that they requested, the most of the day; empty likewise',
    memory_gib Nullable(Decimal(38, 12)) COMMENT 'GiB that it lets them request together, the least of the day; empty likewise',
    memory_used_gib Nullable(Decimal(38, 12)) COMMENT 'GiB of it that they requested, the most of the day; empty likewise',
    gpus Nullable(Decimal(38, 12)) COMMENT 'GPUs (nvidia.com/gpu) that it lets them request together, the least of the day; empty likewise',
    gpus_used Nullable(Decimal(38, 12)) COMMENT 'GPUs of it that they requested, the most of the day; empty likewise'
)
AS
WITH
    (SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership,
    places AS
    (
        SELECT toString(cluster) AS cluster, toString(namespace) AS namespace, groupUniqArray((controller, toString(team_label))) AS names
        FROM cells WHERE kind IN ('workload', 'unmounted') GROUP BY cluster, namespace
    ),
    if(empty(places.names), [(facts.controller, '%')], places.names) AS known,
    arrayFirst(each -> facts.scope LIKE each.2 AND facts.namespace LIKE each.3 AND '' LIKE each.6
        AND arrayExists(name -> name.1 LIKE each.4 AND (name.2 = '%' OR name.2 LIKE each.5), known), ownership).1 AS level
SELECT toDate(charge_period_start) AS day, facts.scope AS cluster, facts.namespace AS namespace,
    if(level = '', facts.controller, concat('hidden (', level, ')')) AS quota, quota_cpu_cores AS cpu_cores, quota_cpu_used_cores AS cpu_used_cores,
    quota_memory_gib AS memory_gib, quota_memory_used_gib AS memory_used_gib, quota_gpus AS gpus, quota_gpus_used AS gpus_used
FROM utilisation_facts AS facts
LEFT JOIN places ON places.cluster = toString(facts.scope) AND places.namespace = toString(facts.namespace)
WHERE controller_kind = 'resourcequota' AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'workload-utilisation')
COMMENT 'What quotas let each namespace request, and what was requested at most; names of quotas in namespaces of teams under HIPAA or PCI are hidden'
