-- What programs ask of a line or a run stands in columns of its own, beside the text for people.

ALTER TABLE allocation_lines
    ADD COLUMN IF NOT EXISTS meters Array(LowCardinality(String)) COMMENT 'Meters of the usage that the share follows; none where no usage split the pool' AFTER meter,
    ADD COLUMN IF NOT EXISTS meter_percents Array(Decimal(9, 6)) COMMENT 'Percent of the pool that follows each of the meters' AFTER meters;

ALTER TABLE allocation_runs
    ADD COLUMN IF NOT EXISTS missing_bills Array(String) COMMENT 'Accounts whose bill is among the readings that are missing' AFTER missing;
