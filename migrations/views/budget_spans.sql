-- Lines are put on record with the teams and categories that count (services/allocator), so the tree of departments is not walked here.

CREATE OR REPLACE VIEW budget_spans {onCluster}
(
    owner_kind String COMMENT 'team, cost-center or department',
    owner_id String COMMENT 'Whose budget it is',
    owner_name String COMMENT 'Its name for people',
    team_id String COMMENT 'The same as owner_id where that is a team; else empty',
    span String COMMENT 'month, quarter or year',
    first_month String COMMENT 'First month of the span, YYYY-MM',
    last_month String COMMENT 'Last month of the span, YYYY-MM',
    categories String COMMENT 'Of which costs alone it is, as configured, joined by +; empty: of all',
    budget Decimal(38, 2) COMMENT 'What is agreed for the span, with its increases, in the deployment''s currency',
    increased Decimal(38, 2) COMMENT 'What of it are increases of this span alone, in the deployment''s currency',
    spent Decimal(76, 12) COMMENT 'What counts for it by now, as in alerts, in the deployment''s currency',
    not_settled Decimal(76, 12) COMMENT 'What does not count yet, as in budget_costs, in the deployment''s currency',
    spent_percent Nullable(Decimal(38, 2)) COMMENT 'Percent of the budget that is spent, cut after two places; empty with a budget of zero'
)
AS
WITH
    lines AS
    (
        SELECT JSONExtractString(line, 'key') AS key, JSONExtractString(line, 'owner', 'kind') AS owner_kind,
            JSONExtractString(line, 'owner', 'id') AS owner_id, JSONExtractString(line, 'owner', 'name') AS owner_name,
            JSONExtractString(line, 'span') AS span, multiIf(span = 'month', 1, span = 'quarter', 3, 12) AS length,
            JSONExtractUInt(line, 'firstMonth') - 1 AS offset, JSONExtractString(line, 'categories') AS categories,
            JSONExtract(line, 'counts', 'Array(String)') AS counts, JSONExtractArrayRaw(line, 'members') AS members,
            arraySort(each -> JSONExtractString(each, 'from'), JSONExtractArrayRaw(line, 'budgets')) AS budgets
        FROM
        (
            SELECT arrayJoin(JSONExtractArrayRaw(argMax(content, (activated_at, hash)))) AS line
            FROM configuration_versions WHERE kind = 'budgets'
        )
    ),
    -- Months counted from year 0, so that a span is so many of them from its first one on.
    months AS
    (
        SELECT DISTINCT toInt64(substring(current_runs.billing_period, 1, 4)) * 12 + toInt64(substring(current_runs.billing_period, 6, 2)) - 1 AS month
        FROM current_runs
    ),
    spans AS
    (
        SELECT DISTINCT lines.*, month - (month - offset) % length AS first,
            concat(leftPad(toString(intDiv(first, 12)), 4, '0'), '-', leftPad(toString(first % 12 + 1), 2, '0')) AS first_month,
            concat(leftPad(toString(intDiv(first + length - 1, 12)), 4, '0'), '-', leftPad(toString((first + length - 1) % 12 + 1), 2, '0')) AS last_month,
            arrayLast(each -> JSONExtractString(each, 'from') <= first_month, budgets) AS agreed
        FROM lines CROSS JOIN months
    ),
    members AS
    (
        SELECT key, length, offset, counts, JSONExtractString(arrayJoin(members) AS member, 'team') AS team,
            JSONExtractString(member, 'from') AS since, JSONExtractString(member, 'to') AS until
        FROM lines
    ),
    costs AS
    (
        SELECT members.key AS key,
            toInt64(substring(budget_costs.billing_period, 1, 4)) * 12 + toInt64(substring(budget_costs.billing_period, 6, 2)) - 1 AS month,
            month - (month - members.offset) % members.length AS first,
            sum(budget_costs.settled) AS settled, sum(budget_costs.not_settled) AS unsettled
        FROM members INNER JOIN budget_costs ON budget_costs.team_id = members.team
        WHERE has(members.counts, budget_costs.category) AND toString(budget_costs.charge_day) >= members.since
            AND (members.until = '' OR toString(budget_costs.charge_day) < members.until)
        GROUP BY key, month, first
    )
SELECT spans.owner_kind AS owner_kind, spans.owner_id AS owner_id, spans.owner_name AS owner_name,
    if(spans.owner_kind = 'team', spans.owner_id, '') AS team_id, spans.span AS span, spans.first_month AS first_month,
    spans.last_month AS last_month, spans.categories AS categories,
    toDecimal128(JSONExtractString(spans.agreed, 'amount'), 2) + increased AS budget,
    arraySum(each -> toDecimal128(JSONExtractString(each, 'amount'), 2), arrayFilter(
        each -> JSONExtractString(each, 'period') BETWEEN spans.first_month AND spans.last_month,
        JSONExtractArrayRaw(spans.agreed, 'increases'))) AS increased,
    summed.settled AS spent, summed.unsettled AS not_settled,
    if(budget = 0, NULL, toDecimal128(summed.settled * 100 / budget, 2)) AS spent_percent
FROM spans
LEFT JOIN (SELECT key, first, sum(costs.settled) AS settled, sum(costs.unsettled) AS unsettled FROM costs GROUP BY key, first) AS summed
    ON summed.key = spans.key AND summed.first = spans.first
WHERE spans.agreed != ''
COMMENT 'Budgets beside those of teams for whole months: of quarters and years, of some costs, of cost centers and of departments, span by span'
