-- How workloads used a day what they ask for, as Prometheus measured it: what advice on sizes is made from. Nothing is allocated by it.

CREATE TABLE IF NOT EXISTS utilisation_facts {onCluster}
(
    snapshot_id String COMMENT 'Snapshot to which the row belongs',
    chunk UInt32 COMMENT 'Chunk of the snapshot, from 0',
    source LowCardinality(String) COMMENT 'Where it was measured: prometheus',
    scope LowCardinality(String) COMMENT 'What was read as a whole: a cluster',
    charge_period_start DateTime('UTC') COMMENT 'Start of the day, inclusive',
    charge_period_end DateTime('UTC') COMMENT 'End of the day, exclusive',
    namespace LowCardinality(String) COMMENT 'Kubernetes namespace',
    controller_kind LowCardinality(String) COMMENT 'deployment, statefulset, daemonset, job, cronjob …; pod where nothing owns it',
    controller String COMMENT 'Name of the controller',
    container LowCardinality(String) COMMENT 'Name of the container',
    pods Decimal(38, 12) COMMENT 'Pods that ran it on the day',
    cpu_p50_cores Nullable(Decimal(38, 12)) COMMENT 'Cores used half of the time: median of means over five minutes, of the pod that used most; NULL where it is not known',
    cpu_p95_cores Nullable(Decimal(38, 12)) COMMENT 'Cores used 95 % of the time, likewise; NULL where it is not known',
    cpu_p99_cores Nullable(Decimal(38, 12)) COMMENT 'Cores used 99 % of the time, likewise; NULL where it is not known',
    cpu_max_cores Nullable(Decimal(38, 12)) COMMENT 'Most cores used over five minutes, likewise; NULL where it is not known',
    cpu_request_cores Nullable(Decimal(38, 12)) COMMENT 'Cores that each pod asks for; NULL where it asks for none or it is not known',
    cpu_limit_cores Nullable(Decimal(38, 12)) COMMENT 'Cores beyond which it is held up; NULL where there is no limit or it is not known',
    cpu_throttled_share Nullable(Decimal(38, 12)) COMMENT 'Part of the scheduling periods in which the limit held it up, 0 to 1, of the pod held up most; NULL where it is not known',
    memory_p95_gib Nullable(Decimal(38, 12)) COMMENT 'GiB of the working set 95 % of the time, of the pod that used most; NULL where it is not known',
    memory_max_gib Nullable(Decimal(38, 12)) COMMENT 'Most GiB of the working set, likewise; NULL where it is not known',
    memory_request_gib Nullable(Decimal(38, 12)) COMMENT 'GiB that each pod asks for; NULL where it asks for none or it is not known',
    memory_limit_gib Nullable(Decimal(38, 12)) COMMENT 'GiB beyond which it is killed; NULL where there is no limit or it is not known',
    restarts Nullable(Decimal(38, 12)) COMMENT 'How often it was started again, all pods together; NULL where it is not known',
    oom_killed_pods Nullable(Decimal(38, 12)) COMMENT 'Pods of which it was killed for want of memory; NULL where it is not known',
    gpu_utilisation_share Nullable(Decimal(38, 12)) COMMENT 'Mean utilisation of its GPUs, 0 to 1, of the pod that used most; NULL where it is not known',
    gpu_memory_max_gib Nullable(Decimal(38, 12)) COMMENT 'Most GiB of memory of a GPU, likewise; NULL where it is not known'
)
ENGINE = {MergeTree}
PARTITION BY toYYYYMM(charge_period_start)
ORDER BY (charge_period_start, source, scope, snapshot_id, namespace, controller)
SETTINGS {deduplicates 10000 inserts}
COMMENT 'Services only: utilisation of workloads of all snapshots, with every name; current_utilisation is for analysts';
