CREATE OR REPLACE VIEW current_buckets {onCluster}
(
    scope LowCardinality(String) COMMENT 'Account',
    seen_on Date COMMENT 'Day on which the inventory was read last, UTC',
    bucket String COMMENT 'Name of the bucket; hidden (hipaa) or hidden (pci) where it is of such a team',
    region LowCardinality(String) COMMENT 'Region of the bucket; empty when it is not known',
    team_label String COMMENT 'Value of the team tag, or hidden likewise; empty when the bucket is untagged or its tags must not be read',
    tag_status LowCardinality(String) COMMENT 'unknown where the bucket''s tags must not be read: it is neither tagged nor untagged; else empty',
    storage_class LowCardinality(String) COMMENT 'Storage class of size_bytes, as CloudWatch names it; empty when it is not known',
    size_day Nullable(Date) COMMENT 'Day of size_bytes: CloudWatch tells sizes a day late; empty when the size is not known',
    size_bytes Nullable(Decimal(38, 12)) COMMENT 'Bytes stored on size_day in the storage class; empty when it is not known',
    objects Nullable(Decimal(38, 12)) COMMENT 'Objects of the bucket in all storage classes together, the same in each of its rows; empty when it is not known'
)
AS
WITH
    (SELECT groupArray((level, cluster, namespace, controller, team_label, service)) FROM protected_ownership) AS ownership,
    arrayFirst(each -> '' LIKE each.2 AND '' LIKE each.3 AND '' LIKE each.4 AND facts.team_label LIKE each.5
        AND 'Amazon Simple Storage Service' LIKE each.6, ownership).1 AS level,
    name -> if(level = '' OR name = '', name, concat('hidden (', level, ')')) AS shown
SELECT scope, toDate(charge_period_start) AS seen_on, shown(facts.bucket) AS bucket, region, shown(facts.team_label) AS team_label, tag_status,
    storage_class, size_day, size_bytes, objects
FROM bucket_facts AS facts
WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'bucket' ORDER BY charge_period_start DESC LIMIT 1 BY scope)
COMMENT 'Buckets of each account as they were read last; names and tags of teams under HIPAA or PCI are hidden';
