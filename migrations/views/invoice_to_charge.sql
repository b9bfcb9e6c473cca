-- A fee that amortized cost does not have was paid in advance, as the upfront fee of a reservation is.

CREATE OR REPLACE VIEW invoice_to_charge {onCluster}
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
