-- Parts of up to 200 MB are kept in one file each instead of two files a column: they are written many times before merges have made large ones, and most
-- of what that cost was opening files, some eighty for each part. It took intake a fifth of its time. Large parts are as before.
-- A MB is 1,000,000 bytes, uncompressed; ClickHouse's own limit is 10 MiB.

ALTER TABLE cost_facts {onCluster} MODIFY SETTING min_bytes_for_wide_part = 200000000;

ALTER TABLE cells {onCluster} MODIFY SETTING min_bytes_for_wide_part = 200000000;

ALTER TABLE allocation_lines {onCluster} MODIFY SETTING min_bytes_for_wide_part = 200000000;
