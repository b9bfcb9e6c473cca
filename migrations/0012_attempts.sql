-- Several allocators may write the lines of a run, and die at any step. Each attempt writes lines of its own, and only those of the attempt
-- that sealed the run count: nothing has to be deleted, so nothing that counts can be.

ALTER TABLE allocation_lines
    ADD COLUMN IF NOT EXISTS attempt LowCardinality(String) COMMENT 'Attempt that wrote the line; lines of an attempt that sealed nothing never count';

ALTER TABLE allocation_runs
    ADD COLUMN IF NOT EXISTS attempt String COMMENT 'Attempt whose lines are sealed; of several the greatest counts, all of them were proved to be the same';
