-- What advice needs to know beyond sizes. Readings of before have NULL: unknown, which is no evidence.

ALTER TABLE utilisation_facts {onCluster} ADD COLUMN IF NOT EXISTS
    off_hours Nullable(Decimal(38, 12)) COMMENT 'Hours of nights and weekends in which it ran, of the pod that ran longest; NULL where it is not known or it did not run then';

ALTER TABLE utilisation_facts {onCluster} ADD COLUMN IF NOT EXISTS
    busy_off_hours Nullable(Decimal(38, 12)) COMMENT 'Of off_hours those in which it used more than 0.05 cores, of the pod that was busy longest; NULL where it is not known or it did not run then';

ALTER TABLE bucket_facts {onCluster} ADD COLUMN IF NOT EXISTS
    objects Nullable(Decimal(38, 12)) COMMENT 'Objects of the bucket in all storage classes together, the same in each of its rows; NULL where it is not known';
