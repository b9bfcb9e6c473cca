-- The budgets of teams for whole months and all costs, by which reports go; budget_spans has the others.

CREATE OR REPLACE VIEW budget_status {onCluster}
(
    billing_period String COMMENT 'Month, YYYY-MM',
    team_id String COMMENT 'Team',
    cost_center String COMMENT 'Its cost center; of a closed month, as configured when it was closed',
    spent Decimal(76, 12) COMMENT 'What counts for its budget, as in alerts and reports: what it owes for the month so far, as far as that is settled, in the deployment''s currency',
    not_settled Decimal(76, 12) COMMENT 'What it owes besides, and does not count yet: Kubernetes before the bill, and shares of pools on such days and on days without all readings; in the deployment''s currency; zero once the month is closed',
    budget Nullable(Decimal(38, 2)) COMMENT 'Its budget of the month, in the deployment''s currency; of a closed month, as configured when it was closed; empty without one',
    spent_percent Nullable(Decimal(38, 2)) COMMENT 'Percent of the budget that is spent, cut after two places; empty without a budget or with one of zero'
)
AS
SELECT owed.month AS billing_period, owed.team_id AS team_id, listed.cost_center AS cost_center, owed.settled AS spent,
    owed.unsettled AS not_settled, listed.budget AS budget,
    if(budget IS NULL OR budget = 0, NULL, toDecimal128(owed.settled * 100 / assumeNotNull(budget), 2)) AS spent_percent
FROM
(
    SELECT budget_costs.billing_period AS month, budget_costs.team_id AS team_id, sum(budget_costs.settled) AS settled,
        sum(budget_costs.not_settled) AS unsettled
    FROM budget_costs
    GROUP BY month, team_id
) AS owed
LEFT JOIN budgets_in_force AS listed ON listed.team_id = owed.team_id AND listed.billing_period = owed.month
COMMENT 'Each team against its budget, month by month, by what is settled: the figure of alerts and reports';
