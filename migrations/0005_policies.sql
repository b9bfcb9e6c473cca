-- What policies leave on the lines that they make.

ALTER TABLE allocation_lines
    ADD COLUMN IF NOT EXISTS policy LowCardinality(String) COMMENT 'Version of the policy that split the pool: eight digits that name its content, or default; empty where none did',
    ADD COLUMN IF NOT EXISTS between_services LowCardinality(String) COMMENT 'step-down or reciprocal where the pool also serves other services: the driver is then an end-to-end ratio; else empty';

ALTER TABLE allocation_lines COMMENT COLUMN IF EXISTS meter 'What was measured: a meter, several with their percentages, or for example gpu-cost where a proportional share follows that and not direct cost; else empty';

CREATE OR REPLACE VIEW current_allocations AS
SELECT
    allocation_lines.run_id AS run_id, line, allocation_lines.charge_day AS charge_day,
    allocation_lines.billing_period AS billing_period, source, scope, cluster, namespace, service, label, category,
    owner_kind, team_id, basis, pool, policy, method, reason, meter, between_services, driver_quantity, driver_total, amount
FROM allocation_lines
WHERE (billing_period, charge_day, run_id) IN (SELECT billing_period, charge_day, run_id FROM current_runs)
COMMENT 'Every dollar once: the lines of the current runs';
