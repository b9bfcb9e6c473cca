-- Labels are not measured: a workload has those that its costs ever had, and one without costs is taken for one of every label.

CREATE OR REPLACE VIEW current_utilisation {onCluster}
(
    day Date COMMENT 'Day, UTC',
    cluster LowCardinality(String) COMMENT 'Kubernetes cluster',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace',
    controller_kind LowCardinality(String) COMMENT 'deployment, statefulset, daemonset, job, cronjob …; pod where nothing owns it',
    controller String COMMENT 'Name of the controller; hidden (hipaa) or hidden (pci) where it is of such a team',
    container String COMMENT 'Name of the container; hidden (hipaa) or hidden (pci) where it is of such a team',
    pods Decimal(38, 12) COMMENT 'Pods that ran it on the day',
    cpu_p50_cores Nullable(Decimal(38, 12)) COMMENT 'Cores used half of the time: median of means over five minutes, of the pod that used most; empty where it is not known',
    cpu_p95_cores Nullable(Decimal(38, 12)) COMMENT 'Cores used 95 % of the time, likewise; empty where it is not known',
    cpu_p99_cores Nullable(Decimal(38, 12)) COMMENT 'Cores used 99 % of the time, likewise; empty where it is not known',
    cpu_max_cores Nullable(Decimal(38, 12)) COMMENT 'Most cores used over five minutes, likewise; empty where it is not known',
    cpu_request_cores Nullable(Decimal(38, 12)) COMMENT 'Cores that each pod asks for; empty where it asks for none or it is not known',
    cpu_limit_cores Nullable(Decimal(38, 12)) COMMENT 'Cores beyond which it is held up; empty where there is no limit or it is not known',
    cpu_throttled_share Nullable(Decimal(38, 12)) COMMENT 'Part of the scheduling periods in which the limit held it up, 0 to 1, of the pod held up most; empty where it is not known',
    memory_p95_gib Nullable(Decimal(38, 12)) COMMENT 'GiB of the working set 95 % of the time, of the pod that used most; empty where it is not known',
    memory_max_gib Nullable(Decimal(38, 12)) COMMENT 'Most GiB of the working set, likewise; empty where it is not known',
    memory_request_gib Nullable(Decimal(38, 12)) COMMENT 'GiB that each pod asks for; empty where it asks for none or it is not known',
    memory_limit_gib Nullable(Decimal(38, 12)) COMMENT 'GiB beyond which it is killed; empty where there is no limit or it is not known',
    restarts Nullable(Decimal(38, 12)) COMMENT 'How often it was started again, all pods together; empty where it is not known',
    oom_killed_pods Nullable(Decimal(38, 12)) COMMENT 'Pods of which it was killed for want of memory; empty where it is not known',
    gpu_utilisation_share Nullable(Decimal(38, 12)) COMMENT 'Mean utilisation of its GPUs, 0 to 1, of the pod that used most; empty where it is not known',
    gpu_memory_max_gib Nullable(Decimal(38, 12)) COMMENT 'Most GiB of memory of a GPU, likewise; empty where it is not known',
    off_hours Nullable(Decimal(38, 12)) COMMENT 'Hours of nights and weekends in which it ran, of the pod that ran longest; empty where it is not known or it did not run then',
    busy_off_hours Nullable(Decimal(38, 12)) COMMENT 'Of off_hours those in which it used more than 0.05 cores, of the pod that was busy longest; empty likewise'
)
AS
WITH
    (SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership,
    workloads AS
    (
        SELECT toString(cluster) AS cluster, toString(namespace) AS namespace, controller, groupUniqArray(toString(team_label)) AS labels
        FROM cells WHERE kind = 'workload' GROUP BY cluster, namespace, controller
    ),
    arrayFirst(each -> facts.scope LIKE each.2 AND facts.namespace LIKE each.3 AND facts.controller LIKE each.4
        AND (empty(workloads.labels) OR arrayExists(label -> label LIKE each.5, workloads.labels)) AND '' LIKE each.6, ownership).1 AS level,
    name -> if(level = '' OR name = '', name, concat('hidden (', level, ')')) AS shown
SELECT toDate(charge_period_start) AS day, facts.scope AS cluster, facts.namespace AS namespace, controller_kind, shown(facts.controller) AS controller,
    shown(facts.container) AS container, pods, cpu_p50_cores, cpu_p95_cores, cpu_p99_cores, cpu_max_cores, cpu_request_cores, cpu_limit_cores, cpu_throttled_share, memory_p95_gib, memory_max_gib, memory_request_gib, memory_limit_gib, restarts, oom_killed_pods, gpu_utilisation_share, gpu_memory_max_gib, off_hours, busy_off_hours
FROM utilisation_facts AS facts
LEFT JOIN workloads ON workloads.cluster = toString(facts.scope) AND workloads.namespace = toString(facts.namespace) AND workloads.controller = facts.controller
WHERE controller_kind != 'resourcequota' AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'workload-utilisation')
COMMENT 'How workloads used each day what they ask for; names of workloads of teams under HIPAA or PCI are hidden';
