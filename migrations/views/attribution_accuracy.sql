-- Without netting: a day on which too much was attributed does not make up for one with too little.

CREATE OR REPLACE VIEW attribution_accuracy {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    billed Decimal(76, 12) COMMENT 'What the bill says, which has its credits in it as negative lines, in the deployment''s currency; of a closed month as it was closed',
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
