-- Attributed against billed, without netting: a day on which too much was attributed does not make up for one with too little.

CREATE OR REPLACE VIEW current_bill
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    account String COMMENT 'Account of the bill',
    service String COMMENT 'Service',
    usage_type String COMMENT 'Usage type; empty for record types other than usage',
    record_type String COMMENT 'Usage, Credit, Refund, Tax …',
    owner String COMMENT 'Which collector owns the dollars: kubecost, s3, network or aws-bill',
    billed_cost Decimal(38, 12) COMMENT 'Unblended cost, as on the invoice, in the deployment''s currency',
    amortized_cost Decimal(38, 12) COMMENT 'Amortized cost, before discounts, in the deployment''s currency',
    effective_cost Decimal(38, 12) COMMENT 'FOCUS EffectiveCost: the basis that is charged, in the deployment''s currency',
    usage_quantity Decimal(38, 12) COMMENT 'Quantity, in the unit of the usage type'
)
AS SELECT formatDateTime(charge_period_start, '%Y-%m') AS billing_period, toDate(charge_period_start) AS charge_day, scope AS account,
    service, usage_type, record_type, owner, billed_cost, amortized_cost, effective_cost, usage_quantity
FROM bill_facts
WHERE snapshot_id IN
(
    SELECT snapshot_id FROM current_snapshots
    WHERE dataset = 'bill' AND formatDateTime(charge_period_start, '%Y-%m') NOT IN (SELECT billing_period FROM frozen_runs)
    UNION ALL
    SELECT argMax(id, (is_pinned, at, id)) FROM
    (
        SELECT snapshots.snapshot_id AS id, snapshots.source AS from_source, snapshots.scope AS from_scope,
            snapshots.charge_period_start AS period_start, snapshots.read_at AS at,
            id IN (SELECT arrayJoin(snapshot_ids) FROM allocation_runs WHERE run_id IN (SELECT run_id FROM frozen_runs)) AS is_pinned
        FROM snapshots
        INNER JOIN (SELECT billing_period, posted_at FROM journals WHERE kind = 'statement') AS closed
            ON closed.billing_period = formatDateTime(snapshots.charge_period_start, '%Y-%m')
        WHERE dataset = 'bill' AND (is_pinned OR at <= closed.posted_at)
    )
    GROUP BY from_source, from_scope, period_start
)
COMMENT 'Every line of the bill that counts: as read last; of a closed month as it was pinned, or read last before the close';

CREATE OR REPLACE VIEW cluster_accounts
(
    cluster String COMMENT 'Kubernetes cluster',
    account String COMMENT 'Account on whose bill it is under the rules in force; none where it is on no bill'
)
AS
WITH rules AS (SELECT argMax(content, (activated_at, hash)) AS content FROM configuration_versions WHERE kind = 'allocation')
SELECT DISTINCT snapshots.scope AS cluster,
    coalesce(
        nullIf(JSONExtractString(arrayFirst(each -> JSONExtractString(each, 'cluster') = snapshots.scope,
            JSONExtractArrayRaw(rules.content, 'accounts', 'named')), 'account'), ''),
        JSONExtractString(rules.content, 'accounts', 'byDefault')) AS account
FROM snapshots CROSS JOIN rules WHERE source = 'kubecost' AND dataset = 'cost'
COMMENT 'On whose bill each cluster is';

CREATE OR REPLACE VIEW reconciliation_days
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    source String COMMENT 'Which collector owns the dollars: kubecost, s3, network or aws-bill',
    account String COMMENT 'Account of the bill',
    service String COMMENT 'Service of the bill; Kubernetes for the machines, volumes and load balancers behind it',
    record_type String COMMENT 'Usage, Credit, Refund, Tax …; Usage for Kubernetes',
    billed Decimal(76, 12) COMMENT 'What the bill says, in the deployment''s currency; of a closed month, the bill with which it was closed',
    attributed Decimal(76, 12) COMMENT 'What was collected and allocated of it, in the deployment''s currency',
    bill_lines UInt64 COMMENT 'Lines of the bill; 0 where only a collector says that there is something'
)
AS SELECT billing_period, charge_day, source, account, service, record_type,
    sum(part_billed) AS billed, sum(part_attributed) AS attributed, sum(part_lines) AS bill_lines
FROM
(
    SELECT billing_period, charge_day, owner AS source,
        current_bill.account AS account, if(owner = 'kubecost', 'Kubernetes', current_bill.service) AS service,
        if(owner = 'kubecost', 'Usage', current_bill.record_type) AS record_type,
        toDecimal256(effective_cost, 12) AS part_billed, toDecimal256(0, 12) AS part_attributed, 1 AS part_lines
    FROM current_bill
    UNION ALL
    SELECT formatDateTime(charge_period_start, '%Y-%m'), toDate(charge_period_start), source, scope, cost_facts.service, record_type,
        toDecimal256(0, 12), toDecimal256(effective_cost, 12), 0
    FROM cost_facts
    WHERE source != 'kubecost'
        AND snapshot_id IN (SELECT arrayJoin(snapshot_ids) FROM allocation_runs WHERE run_id IN (SELECT run_id FROM current_runs))
    UNION ALL
    SELECT billing_period, charge_day, 'kubecost', if(source = 'kubecost', cluster_accounts.account, scope), 'Kubernetes', 'Usage',
        toDecimal256(0, 12), toDecimal256(current_allocations.amount, 12), 0
    FROM current_allocations LEFT JOIN cluster_accounts ON cluster_accounts.cluster = current_allocations.scope
    WHERE source = 'rate-variance' OR (source = 'kubecost' AND cluster_accounts.account != 'none')
)
GROUP BY billing_period, charge_day, source, account, service, record_type
COMMENT 'Attributed against billed on each day, by account, service and record type; without clusters that are on no bill';

CREATE OR REPLACE VIEW not_attributed
(
    billing_period String COMMENT 'Month, YYYY-MM',
    charge_day Date COMMENT 'Day, UTC',
    source String COMMENT 'Which collector owns the dollars: kubecost, s3, network or aws-bill',
    kind String COMMENT 'unallocated: nobody owns it, also where a policy spreads it; fallback: split by another method than the policy''s first',
    reason String COMMENT 'Why: untagged, no-owner, spread-without-owner, or the fallback''s reason',
    pool String COMMENT 'Shared service or pool; empty for direct cost',
    cluster String COMMENT 'Kubernetes cluster; else empty',
    namespace String COMMENT 'Kubernetes namespace; else empty',
    service String COMMENT 'Service of the bill; else empty',
    label String COMMENT 'Team label or tag that no team has; else empty',
    amount Decimal(76, 12) COMMENT 'Size of the cost, never negative, in the deployment''s currency; a cost and what the bill makes of it are one'
)
AS SELECT billing_period, charge_day, place AS source, why_kind AS kind, why AS reason, pool, cluster, namespace, service, label,
    sum(abs(place_amount)) AS amount
FROM
(
    SELECT billing_period, charge_day, if(source = 'rate-variance', 'kubecost', source) AS place,
        if(place = 'kubecost', '', scope) AS account, owner_kind, team_id, pool, cluster, namespace, service, label,
        category = 'idle-variance' AS is_excess,
        if(owner_kind = 'unallocated' OR pool = 'unallocated', 'unallocated', 'fallback') AS why_kind,
        if(pool = 'unallocated', 'spread-without-owner', reason) AS why,
        sum(toDecimal256(current_allocations.amount, 12)) AS place_amount
    FROM current_allocations
    WHERE (owner_kind = 'unallocated' OR pool = 'unallocated' OR (basis = 'shared' AND reason != ''))
        AND NOT (source = 'limits' AND pool = 'unallocated')
    GROUP BY billing_period, charge_day, place, account, owner_kind, team_id, pool, cluster, namespace, service, label, is_excess, why_kind, why
)
GROUP BY billing_period, charge_day, source, kind, reason, pool, cluster, namespace, service, label
COMMENT 'Cost that does not count as attributed: nobody owns it, or a fallback split it';

CREATE OR REPLACE VIEW attribution_accuracy
(
    billing_period String COMMENT 'Month, YYYY-MM',
    billed Decimal(76, 12) COMMENT 'What the bill says, less its credits, in the deployment''s currency',
    missed Decimal(76, 12) COMMENT 'By how much attributed and billed differ day by day, and what does not count as attributed, in the deployment''s currency',
    accuracy_percent Decimal(38, 2) COMMENT 'Percent of the bill that is attributed, rounded down: 100 − missed ÷ billed. Of a bill of nothing or less 100 where nothing is missed, else 0'
)
AS SELECT billing_period, sum(part_billed) AS billed, sum(part_missed) AS missed,
    multiIf(missed = 0, toDecimal128(100, 2), missed >= billed, toDecimal128(0, 2),
        toDecimal128((billed - missed) * 100 / if(billed > 0, billed, toDecimal256(1, 12)), 2)) AS accuracy_percent
FROM
(
    SELECT billing_period, reconciliation_days.billed AS part_billed, abs(attributed - reconciliation_days.billed) AS part_missed, bill_lines
    FROM reconciliation_days
    UNION ALL
    SELECT billing_period, toDecimal256(0, 12), not_attributed.amount, 0 FROM not_attributed
)
GROUP BY billing_period
HAVING sum(bill_lines) > 0
COMMENT 'How much of each month''s bill is attributed; no row where no bill was read';

-- What is no usage of anything keeps its record type through the pools, and what nobody used of a commitment is a pool of its own.

ALTER TABLE allocation_lines
    ADD COLUMN IF NOT EXISTS record_type LowCardinality(String) COMMENT 'Record type of the bill where it is no usage: Tax, Support, Credit …; else empty';

CREATE OR REPLACE VIEW current_allocations AS
SELECT
    allocation_lines.run_id AS run_id, line, allocation_lines.charge_day AS charge_day,
    allocation_lines.billing_period AS billing_period, source, scope, cluster, namespace, node_pool, service, record_type, label, category,
    owner_kind, team_id, basis, pool, policy, method, reason, meter, between_services, driver_quantity, driver_total, amount
FROM allocation_lines
WHERE (billing_period, charge_day, run_id) IN (SELECT billing_period, charge_day, run_id FROM current_runs)
COMMENT 'Every dollar once: the lines of the current runs';

-- A fee that amortized cost does not have was paid in advance, as the upfront fee of a reservation is.

CREATE OR REPLACE VIEW invoice_to_charge
(
    billing_period String COMMENT 'Month, YYYY-MM',
    account String COMMENT 'Account of the bill',
    invoice Decimal(76, 12) COMMENT 'Unblended cost, as on the invoice, in the deployment''s currency',
    purchases Decimal(76, 12) COMMENT 'Fees of savings plans and reservations on it, in the deployment''s currency',
    amortisation Decimal(76, 12) COMMENT 'What of such fees belongs to the month, used or not, beyond on-demand prices, in the deployment''s currency',
    discounts Decimal(76, 12) COMMENT 'From amortized cost to the basis that is charged: private discounts, in the deployment''s currency',
    charged Decimal(76, 12) COMMENT 'What is charged: invoice − purchases + amortisation + discounts, in the deployment''s currency',
    unused_commitment Decimal(76, 12) COMMENT 'Part of it that nobody used: the pool unused-commitment, in the deployment''s currency'
)
AS SELECT billing_period, account, sum(toDecimal256(billed_cost, 12)) AS invoice,
    sumIf(toDecimal256(billed_cost, 12), record_type IN ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee')
        OR (record_type = 'Fee' AND amortized_cost = 0)) AS purchases,
    sum(toDecimal256(amortized_cost, 12)) - invoice + purchases AS amortisation,
    charged - sum(toDecimal256(amortized_cost, 12)) AS discounts, sum(toDecimal256(effective_cost, 12)) AS charged,
    sumIf(toDecimal256(effective_cost, 12), record_type IN ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'SavingsPlanNegation'))
        AS unused_commitment
FROM current_bill GROUP BY billing_period, account
COMMENT 'From the invoice to what is charged of it, exactly';

-- Views that were made without them get a comment with the unit on every column.

ALTER TABLE current_snapshots
    COMMENT COLUMN IF EXISTS dataset 'cost, usage, bucket or bill',
    COMMENT COLUMN IF EXISTS source 'Where it was read: kubecost, s3, network, aws-bill, mlflow …',
    COMMENT COLUMN IF EXISTS scope 'What was read as a whole: a cluster, an account, a server',
    COMMENT COLUMN IF EXISTS charge_period_start 'Start of the period that was read, inclusive, UTC',
    COMMENT COLUMN IF EXISTS snapshot_id 'The snapshot that counts: the one read last',
    COMMENT COLUMN IF EXISTS charge_period_end 'End of the period, exclusive, UTC',
    COMMENT COLUMN IF EXISTS read_at 'When it was read, UTC',
    COMMENT COLUMN IF EXISTS finality 'final, or provisional while the source may restate it',
    COMMENT COLUMN IF EXISTS row_count 'Rows of the snapshot',
    COMMENT COLUMN IF EXISTS amount 'Exact sum over its rows: in the deployment''s currency, of usage in the meter''s unit',
    COMMENT COLUMN IF EXISTS claims 'Lines of the bill, or the cluster, that its dollars are';

ALTER TABLE current_runs
    COMMENT COLUMN IF EXISTS billing_period 'Month, YYYY-MM',
    COMMENT COLUMN IF EXISTS charge_day 'Day, UTC',
    COMMENT COLUMN IF EXISTS run_id 'The run that counts',
    COMMENT COLUMN IF EXISTS as_of 'When its newest input was read, UTC',
    COMMENT COLUMN IF EXISTS missing 'Expected readings that were not there; empty when the day is complete',
    COMMENT COLUMN IF EXISTS collected 'Sum of the facts, in the deployment''s currency',
    COMMENT COLUMN IF EXISTS allocated 'Sum of the lines, in the deployment''s currency; equal to collected';

ALTER TABLE latest_runs
    COMMENT COLUMN IF EXISTS billing_period 'Month, YYYY-MM',
    COMMENT COLUMN IF EXISTS charge_day 'Day, UTC',
    COMMENT COLUMN IF EXISTS run_id 'The newest run, also of a closed month',
    COMMENT COLUMN IF EXISTS missing 'Expected readings that were not there; empty when the day is complete';

ALTER TABLE frozen_runs
    COMMENT COLUMN IF EXISTS billing_period 'Closed month, YYYY-MM',
    COMMENT COLUMN IF EXISTS charge_day 'Day, UTC',
    COMMENT COLUMN IF EXISTS run_id 'The run with which it was closed';

ALTER TABLE current_allocations
    COMMENT COLUMN IF EXISTS run_id 'Run that made the line',
    COMMENT COLUMN IF EXISTS line 'Number of the line in its run, from 0',
    COMMENT COLUMN IF EXISTS charge_day 'Day on which the cost arose, UTC',
    COMMENT COLUMN IF EXISTS billing_period 'Month of the day, YYYY-MM',
    COMMENT COLUMN IF EXISTS source 'Where the dollars were read: kubecost, s3, network or aws-bill; rate-variance: from Kubecost''s prices to the bill; limits: caps and minimums',
    COMMENT COLUMN IF EXISTS scope 'What was read as a whole: a cluster, an account',
    COMMENT COLUMN IF EXISTS cluster 'Kubernetes cluster; else empty',
    COMMENT COLUMN IF EXISTS namespace 'Kubernetes namespace; empty for pools and for what is not Kubernetes',
    COMMENT COLUMN IF EXISTS node_pool 'Pool of the nodes whose capacity was idle; empty for nodes of no pool and for everything else',
    COMMENT COLUMN IF EXISTS service 'Service of the bill, for costs that come from it; else empty',
    COMMENT COLUMN IF EXISTS record_type 'Record type of the bill where it is no usage: Tax, Support, Credit …; else empty',
    COMMENT COLUMN IF EXISTS label 'Team label or tag of a cost that nobody owns; else empty',
    COMMENT COLUMN IF EXISTS category 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, unused-commitment, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle for what is of none, and idle-variance for what was allocated of a node beyond its cost: negative',
    COMMENT COLUMN IF EXISTS owner_kind 'team, idle, corporate or unallocated',
    COMMENT COLUMN IF EXISTS team_id 'Team that owes the amount; empty for other owners',
    COMMENT COLUMN IF EXISTS basis 'direct: owned as collected; shared: a share of a pool; idle: capacity nobody asked for; corporate: the company''s',
    COMMENT COLUMN IF EXISTS pool 'Shared service or pool of which this is a share; empty for direct cost',
    COMMENT COLUMN IF EXISTS policy 'Version of the policy that split the pool, or default; empty where none did',
    COMMENT COLUMN IF EXISTS method 'How the pool was split: usage, proportional, even, fixed or limit; empty where none was',
    COMMENT COLUMN IF EXISTS reason 'Why another method than the policy''s first was used, or why nobody owns the amount; else empty',
    COMMENT COLUMN IF EXISTS meter 'What was measured: a meter, several with percentages, or for example gpu-cost; of a limit cap, minimum or limits-of-others; else empty',
    COMMENT COLUMN IF EXISTS between_services 'step-down or reciprocal where the driver is an end-to-end ratio; else empty',
    COMMENT COLUMN IF EXISTS driver_quantity 'What the line weighs, in the unit of the meter, or currency, or a ratio',
    COMMENT COLUMN IF EXISTS driver_total 'What all weigh together, in the same unit: driver_quantity ÷ driver_total is the share',
    COMMENT COLUMN IF EXISTS amount 'Effective cost, in the deployment''s currency';

ALTER TABLE team_daily_costs
    COMMENT COLUMN IF EXISTS billing_period 'Month, YYYY-MM',
    COMMENT COLUMN IF EXISTS charge_day 'Day, UTC',
    COMMENT COLUMN IF EXISTS team_id 'Team that owes the amount',
    COMMENT COLUMN IF EXISTS category 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, unused-commitment, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle for what is of none, and idle-variance for what was allocated of a node beyond its cost: negative',
    COMMENT COLUMN IF EXISTS basis 'direct: owned as collected; shared: a share of a pool; idle: of a cluster or node pool dedicated to the team',
    COMMENT COLUMN IF EXISTS pool 'Shared service or pool; empty for direct cost',
    COMMENT COLUMN IF EXISTS amount 'What the team owes, in the deployment''s currency';

ALTER TABLE team_monthly_costs
    COMMENT COLUMN IF EXISTS billing_period 'Month, YYYY-MM',
    COMMENT COLUMN IF EXISTS team_id 'Team that owes the amount',
    COMMENT COLUMN IF EXISTS category 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, unused-commitment, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle for what is of none, and idle-variance for what was allocated of a node beyond its cost: negative',
    COMMENT COLUMN IF EXISTS basis 'direct: owned as collected; shared: a share of a pool; idle: of a cluster or node pool dedicated to the team',
    COMMENT COLUMN IF EXISTS pool 'Shared service or pool; empty for direct cost',
    COMMENT COLUMN IF EXISTS amount 'What the team owes, in the deployment''s currency';

ALTER TABLE billing_periods
    COMMENT COLUMN IF EXISTS billing_period 'Month, YYYY-MM',
    COMMENT COLUMN IF EXISTS state 'open or closed',
    COMMENT COLUMN IF EXISTS days 'Days that are allocated',
    COMMENT COLUMN IF EXISTS allocated 'Exact sum of their lines, in the deployment''s currency',
    COMMENT COLUMN IF EXISTS charged 'What was posted when it was closed, in cents, in the deployment''s currency; empty while it is open',
    COMMENT COLUMN IF EXISTS closed_at 'When it was closed, UTC; empty while it is open',
    COMMENT COLUMN IF EXISTS prepared_by 'Who prepared the close; empty while it is open',
    COMMENT COLUMN IF EXISTS approved_by 'Who approved it, somebody else; empty while it is open';

ALTER TABLE posted_entries
    COMMENT COLUMN IF EXISTS seq 'Place of the journal in the ledger, from 1',
    COMMENT COLUMN IF EXISTS kind 'statement: closes a month; correction: what a closed month turned out to differ by',
    COMMENT COLUMN IF EXISTS billing_period 'Month in whose books it is posted, YYYY-MM',
    COMMENT COLUMN IF EXISTS corrects_period 'Month that a correction corrects, YYYY-MM; empty for a statement',
    COMMENT COLUMN IF EXISTS posted_at 'When it was posted, UTC',
    COMMENT COLUMN IF EXISTS journal_id 'Journal to which the entry belongs',
    COMMENT COLUMN IF EXISTS line 'Place in the journal, from 0',
    COMMENT COLUMN IF EXISTS account 'team, idle, corporate or unallocated: who is charged; clearing: the source that is credited',
    COMMENT COLUMN IF EXISTS side 'debit or credit',
    COMMENT COLUMN IF EXISTS team_id 'Team that is charged; else empty',
    COMMENT COLUMN IF EXISTS cost_center 'Its cost center when the journal was posted; else empty',
    COMMENT COLUMN IF EXISTS source 'Source of a clearing entry: kubecost, s3, network, aws-bill, rate-variance; else empty',
    COMMENT COLUMN IF EXISTS category 'What was spent on, as in current_allocations; empty for clearing',
    COMMENT COLUMN IF EXISTS basis 'direct, shared, idle or corporate; empty for clearing',
    COMMENT COLUMN IF EXISTS pool 'Shared service or pool; else empty',
    COMMENT COLUMN IF EXISTS method 'How the pool was split; else empty',
    COMMENT COLUMN IF EXISTS reason 'Why a fallback was taken, or why nobody owns the amount; else empty',
    COMMENT COLUMN IF EXISTS amount 'Amount in cents, never negative, in the deployment''s currency',
    COMMENT COLUMN IF EXISTS signed_amount 'The same, negative for credits, in the deployment''s currency: a journal''s add up to zero';

ALTER TABLE reading_completeness
    COMMENT COLUMN IF EXISTS day 'Day, UTC',
    COMMENT COLUMN IF EXISTS dataset 'cost, usage or bill',
    COMMENT COLUMN IF EXISTS source 'Where it is read',
    COMMENT COLUMN IF EXISTS scope 'What is read as a whole: a cluster, an account, a server',
    COMMENT COLUMN IF EXISTS status 'final, provisional, stale (provisional and not read for 48 hours) or missing',
    COMMENT COLUMN IF EXISTS read_at 'When it was read last, UTC; empty when it is missing',
    COMMENT COLUMN IF EXISTS age_hours 'Hours since then; empty when it is missing',
    COMMENT COLUMN IF EXISTS row_count 'Rows of the reading; 0 when it is missing',
    COMMENT COLUMN IF EXISTS amount 'Exact sum over its rows: in the deployment''s currency, of usage in the meter''s unit; 0 when it is missing';

ALTER TABLE pending_quarantine
    COMMENT COLUMN IF EXISTS id 'By which `apportion quarantine` names it',
    COMMENT COLUMN IF EXISTS dataset 'cost, usage, bucket or bill',
    COMMENT COLUMN IF EXISTS source 'Where it was read',
    COMMENT COLUMN IF EXISTS scope 'What was read as a whole',
    COMMENT COLUMN IF EXISTS charge_period_start 'Start of the period, inclusive, UTC',
    COMMENT COLUMN IF EXISTS read_at 'When it was read, UTC',
    COMMENT COLUMN IF EXISTS snapshot_id 'Snapshot that was not made visible; empty when the collector refused the reading',
    COMMENT COLUMN IF EXISTS row_count 'Rows of the snapshot',
    COMMENT COLUMN IF EXISTS amount 'Exact sum over its rows: in the deployment''s currency, of usage in the meter''s unit',
    COMMENT COLUMN IF EXISTS reason 'What is wrong and how to mend it';

ALTER TABLE service_daily_costs COMMENT COLUMN IF EXISTS category 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, unused-commitment, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle for what is of none, and idle-variance for what was allocated of a node beyond its cost: negative';
ALTER TABLE allocation_lines COMMENT COLUMN IF EXISTS category 'cpu, gpu, memory, persistent-volume, load-balancer, rate-variance, object-storage, network, services, corporate, unused-commitment, shared, unallocated; of idle capacity idle-cpu, idle-gpu, idle-memory, idle for what is of none, and idle-variance for what was allocated of a node beyond its cost: negative';
ALTER TABLE shared_cost_drivers COMMENT COLUMN IF EXISTS pool 'Shared service, system/<cluster>, idle/<cluster>, idle/<cluster>/<node pool>, unallocated, unused-commitment or corporate';
