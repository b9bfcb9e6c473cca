import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { everyStatement, PICOS_PER_CENT } from "@apportion/domain/statement";
import { payerOf } from "./month.js";
import { readStatements } from "./read-statements.js";

const POSTED_OF_MONTH = defineQuery({
  name: "books.postedOfMonth",
  sql: `
SELECT if(account = 'team', team_id, account) AS payer, toString(sum(signed_amount)) AS total, countIf(kind = 'statement') > 0 AS has_statement
FROM posted_entries
WHERE if(kind = 'statement', billing_period, corrects_period) = {period:String} AND account != 'clearing'
GROUP BY payer
ORDER BY payer`,
  params: z.object({ period: z.string() }),
  row: z.object({
    payer: z.string(),
    total: z.string().transform((text) => parsePicos(text) / PICOS_PER_CENT),
    has_statement: z.number().transform((flag) => flag === 1),
  }),
});

/**
 * What everybody pays for a month so far, in cents, by a team's id or idle, corporate and unallocated: its statements, or while it is open what they
 * would be now, and whatever was posted about the month beside them.
 */
export async function readChargedFor(
  clickhouse: ClickHouse,
  period: BillingPeriod,
): Promise<ReadonlyMap<string, bigint>> {
  const posted = await select(clickhouse, POSTED_OF_MONTH, { period });
  const charged = new Map(posted.map(({ payer, total }) => [payer, total]));
  if (posted.some(({ has_statement }) => has_statement)) return charged;
  const statements = await readStatements(clickhouse, period);
  if (!statements) return charged;
  for (const statement of everyStatement(statements)) {
    const payer = payerOf(statement);
    charged.set(payer, (charged.get(payer) ?? 0n) + statement.cents);
  }
  return charged;
}
