-- What quotas let namespaces ask for, beside how containers use it: rows of their own in the same reading. Readings of before have none.

ALTER TABLE utilisation_facts {onCluster} ADD COLUMN IF NOT EXISTS
    quota_cpu_cores Nullable(Decimal(38, 12)) COMMENT 'Cores that the quota lets the pods of its namespace request together, the least of the day; NULL where the quota does not limit it, it is not known, or the row is no quota';

ALTER TABLE utilisation_facts {onCluster} ADD COLUMN IF NOT EXISTS
    quota_cpu_used_cores Nullable(Decimal(38, 12)) COMMENT 'Cores of it that they requested, the most of the day; NULL likewise';

ALTER TABLE utilisation_facts {onCluster} ADD COLUMN IF NOT EXISTS
    quota_memory_gib Nullable(Decimal(38, 12)) COMMENT 'GiB that it lets them request together, the least of the day; NULL likewise';

ALTER TABLE utilisation_facts {onCluster} ADD COLUMN IF NOT EXISTS
    quota_memory_used_gib Nullable(Decimal(38, 12)) COMMENT 'GiB of it that they requested, the most of the day; NULL likewise';

ALTER TABLE utilisation_facts {onCluster} ADD COLUMN IF NOT EXISTS
    quota_gpus Nullable(Decimal(38, 12)) COMMENT 'GPUs (nvidia.com/gpu) that it lets them request together, the least of the day; NULL likewise';

ALTER TABLE utilisation_facts {onCluster} ADD COLUMN IF NOT EXISTS
    quota_gpus_used Nullable(Decimal(38, 12)) COMMENT 'GPUs of it that they requested, the most of the day; NULL likewise';

ALTER TABLE utilisation_facts {onCluster} COMMENT COLUMN controller_kind 'deployment, statefulset, daemonset, job, cronjob …; pod where nothing owns it; resourcequota: the row is a quota of its namespace';

ALTER TABLE utilisation_facts {onCluster} COMMENT COLUMN controller 'Name of the controller, or of the quota';

ALTER TABLE utilisation_facts {onCluster} COMMENT COLUMN container 'Name of the container; empty of a quota';

ALTER TABLE utilisation_facts {onCluster} COMMENT COLUMN pods 'Pods that ran it on the day; 0 of a quota';
