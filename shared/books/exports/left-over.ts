/** Where a share has a quantity, so that FOCUS is told how it was split. */
export const IS_SPLIT = "method != '' AND driver_total != 0";

/**
 * The line of each statement of a closed month that carries what rounding to cents left, with what that is: `carrier_day`, `carrier_line`,
 * `left_over`. The exact amounts of a statement's lines and this add up to the cents that were posted; without it FOCUS would bill 5424.824584 on an
 * invoice of 5424.83. Nothing of a month that is not posted.
 *
 * The largest line carries it, of equal ones the last; if there is another, none that is split from a pool, whose shares add up to what was split, and no tax or credit, which FOCUS
 * wants billed as it was used. Summed by payer and then joined, it holds no more in memory than a row of each, however many lines the days have.
 * @param isUsage of a line, whose category is `line_category`
 */
export function leftOverSql(isUsage: string): string {
  return `SELECT tupleElement(carrier, 4) AS carrier_day, tupleElement(carrier, 5) AS carrier_line, posted - exact AS left_over
    FROM
    (
      SELECT owner_kind, team_id, max((${isUsage}, NOT (${IS_SPLIT}), abs(amount), charge_day, line)) AS carrier, sum(toDecimal256(amount, 12)) AS exact
      FROM (SELECT *, category AS line_category FROM current_allocations WHERE billing_period = {month:String})
      GROUP BY owner_kind, team_id
    ) AS statements
    LEFT JOIN
    (
      SELECT account AS owner_kind, team_id, sum(signed_amount) AS posted
      FROM posted_entries WHERE billing_period = {month:String} AND kind = 'statement' AND account != 'clearing'
      GROUP BY owner_kind, team_id
    ) AS journal USING (owner_kind, team_id)
    WHERE (SELECT count() FROM journals WHERE kind = 'statement' AND billing_period = {month:String}) > 0`;
}
