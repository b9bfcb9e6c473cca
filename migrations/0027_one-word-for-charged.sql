-- What readers took for something else. Charged is one thing: a month's statements with what was corrected of earlier months.

ALTER TABLE team_monthly_costs COMMENT COLUMN IF EXISTS amount 'What the team owes for what it used in the month, in the deployment''s currency; corrections of earlier months, which are charged in this one, lie in posted_entries';
ALTER TABLE reconciliation COMMENT COLUMN IF EXISTS billed 'What the bill says, as read last, also of a closed month, in the deployment''s currency; reconciliation_days has what a closed month was compared with';
ALTER TABLE attribution_accuracy COMMENT COLUMN IF EXISTS billed 'What the bill says, which has its credits in it as negative lines, in the deployment''s currency; of a closed month as it was closed';
ALTER TABLE workload_daily_costs COMMENT COLUMN IF EXISTS controller 'Name of the controller; hidden (hipaa) or hidden (pci) where it is of such a team: all of a kind in the namespace in one row';
ALTER TABLE not_attributed COMMENT COLUMN IF EXISTS reason 'Why: untagged, no-owner, no-bytes, no-collector, usage-without-owner, spread-without-owner, or the fallback''s reason';
ALTER TABLE shared_cost_drivers COMMENT COLUMN IF EXISTS meter 'What was measured: a meter, several with percentages, or for example gpu-cost; empty where it was split by direct cost, evenly or by fixed percentages';

CREATE OR REPLACE VIEW billing_periods
(
    billing_period LowCardinality(String) COMMENT 'Month, YYYY-MM',
    state String COMMENT 'open or closed',
    days UInt64 COMMENT 'Days that are allocated',
    allocated Decimal(76, 12) COMMENT 'Exact sum of their lines, in the deployment''s currency',
    statements Nullable(Decimal(38, 2)) COMMENT 'Sum of its statements, as posted when it was closed, in cents, in the deployment''s currency; empty while it is open. Corrections that were posted into it are beside them: posted_entries',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was closed, UTC; empty while it is open',
    prepared_by String COMMENT 'Who prepared the close; empty while it is open',
    approved_by String COMMENT 'Who approved it, somebody else; empty while it is open'
)
AS SELECT
    days.billing_period AS billing_period,
    if(closed.seq = 0, 'open', 'closed') AS state,
    days.days AS days, days.allocated AS allocated,
    if(closed.seq = 0, NULL, closed.charged) AS statements,
    if(closed.seq = 0, NULL, closed.posted_at) AS closed_at,
    closed.prepared_by AS prepared_by, closed.approved_by AS approved_by
FROM
(
    SELECT billing_period, count() AS days, sum(toDecimal256(current_runs.allocated, 12)) AS allocated
    FROM current_runs GROUP BY billing_period
) AS days
LEFT JOIN (SELECT DISTINCT seq, billing_period, charged, posted_at, prepared_by, approved_by FROM journals WHERE kind = 'statement') AS closed
    ON closed.billing_period = days.billing_period
ORDER BY billing_period
COMMENT 'Months with allocated days: open or closed, by whom and when';

CREATE OR REPLACE VIEW invoice_to_charge
(
    billing_period String COMMENT 'Month, YYYY-MM',
    account String COMMENT 'Account of the bill',
    invoice Decimal(76, 12) COMMENT 'Unblended cost, as on the invoice, in the deployment''s currency',
    purchases Decimal(76, 12) COMMENT 'Fees of savings plans and reservations on it, in the deployment''s currency',
    amortisation Decimal(76, 12) COMMENT 'What of such fees belongs to the month, used or not, beyond on-demand prices, in the deployment''s currency',
    discounts Decimal(76, 12) COMMENT 'From amortized cost to the basis that is charged: private discounts, in the deployment''s currency',
    bill Decimal(76, 12) COMMENT 'The bill at the basis that is charged: invoice − purchases + amortisation + discounts, in the deployment''s currency',
    unused_commitment Decimal(76, 12) COMMENT 'Part of it that nobody used: the pool unused-commitment, in the deployment''s currency'
)
AS SELECT billing_period, account, sum(toDecimal256(billed_cost, 12)) AS invoice,
    sumIf(toDecimal256(billed_cost, 12), record_type IN ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee')
        OR (record_type = 'Fee' AND amortized_cost = 0)) AS purchases,
    sum(toDecimal256(amortized_cost, 12)) - invoice + purchases AS amortisation,
    bill - sum(toDecimal256(amortized_cost, 12)) AS discounts, sum(toDecimal256(effective_cost, 12)) AS bill,
    sumIf(toDecimal256(effective_cost, 12), record_type IN ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee', 'SavingsPlanNegation'))
        AS unused_commitment
FROM current_bill GROUP BY billing_period, account
COMMENT 'From the invoice to what is charged of it, exactly';
