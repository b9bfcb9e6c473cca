-- Budgets have owners beside teams and spans beside months: what columns of before mean since.

ALTER TABLE configuration_versions {onCluster} COMMENT COLUMN kind 'allocation: the registry and the policies; teams: their budgets and cost centers; budgets: those beside teams'' for whole months, each with the teams and categories that count';

ALTER TABLE deliveries {onCluster} COMMENT COLUMN billing_period 'Month that the mail is about, YYYY-MM; of a budget for a quarter or year its first month';

ALTER TABLE deliveries {onCluster} COMMENT COLUMN team_id 'Team that the mail is about; empty for finance, and for budgets of cost centers and departments';

ALTER TABLE deliveries {onCluster} COMMENT COLUMN budget_version 'Month and amount of the budget that an alert is about, for example 2026-11@1200.00; where it is not of a team for whole months, before them owner, span and categories: department/ml/year/:2026-01@90000.00; empty for reports';

ALTER TABLE budget_versions {onCluster} COMMENT COLUMN billing_period 'Month, YYYY-MM; of a budget for a quarter or year its first month';

ALTER TABLE budget_versions {onCluster} COMMENT COLUMN team_id 'Team; empty for budgets of cost centers and departments';

ALTER TABLE budget_versions {onCluster} COMMENT COLUMN budget_version 'Month and amount of the budget, as in deliveries, for example 2026-11@1200.00';
