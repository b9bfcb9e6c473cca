import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { type OwnerKind, PICOS_PER_CENT } from "@apportion/domain/statement";
import { centsByOwner, ownerOf } from "./month.js";
import { statementsOf } from "./statements.js";

/** What is charged in a month. Amounts in cents, by owner as `ownerOf` names it. */
export interface ChargedMonth {
  readonly period: BillingPeriod;
  /** Its statement is posted; else it is as the runs have it that count now. */
  readonly isClosed: boolean;
  /** Of days that have a run. */
  readonly days: number;
  readonly statement: ReadonlyMap<string, bigint>;
  /** What is posted in it beside the statement: corrections, decisions, adjustments. */
  readonly beside: ReadonlyMap<string, bigint>;
}

const ofPeriods = z.object({ periods: z.array(z.string()) });
const period = z.string().transform((text) => text as BillingPeriod);
const KINDS = ["team", "idle", "corporate", "unallocated"] as const satisfies readonly OwnerKind[];
const picos = z.string().transform(parsePicos);

const POSTED = defineQuery({
  name: "books.chargedByMonth",
  sql: `
SELECT billing_period, kind = 'statement' AS of_statement, account, team_id, toString(sum(signed_amount)) AS total
FROM posted_entries
WHERE billing_period IN {periods:Array(String)} AND account != 'clearing'
GROUP BY billing_period, of_statement, account, team_id`,
  params: ofPeriods,
  row: z.object({
    billing_period: period,
    of_statement: z.union([z.boolean(), z.number()]).transform(Boolean),
    account: z.enum(KINDS),
    team_id: z.string(),
    total: picos,
  }),
});

/** Also months that owed nobody anything: they have runs, and of closed ones a journal. */
const MONTHS = defineQuery({
  name: "books.monthsWithRuns",
  sql: `
SELECT billing_period, count() AS days, billing_period IN (SELECT billing_period FROM journals WHERE kind = 'statement') AS closed
FROM current_runs
WHERE billing_period IN {periods:Array(String)}
GROUP BY billing_period
ORDER BY billing_period`,
  params: ofPeriods,
  row: z.object({
    billing_period: period,
    days: z.string().transform(Number),
    closed: z.union([z.boolean(), z.number()]).transform(Boolean),
  }),
});

const SO_FAR = defineQuery({
  name: "books.owedInOpenMonths",
  sql: `
SELECT billing_period, owner_kind, team_id, toString(sum(toDecimal256(current_allocations.amount, 12))) AS total
FROM current_allocations
WHERE billing_period IN {periods:Array(String)}
GROUP BY billing_period, owner_kind, team_id`,
  params: ofPeriods,
  row: z.object({ billing_period: period, owner_kind: z.enum(KINDS), team_id: z.string(), total: picos }),
});

/** What each of some months charges: as it was posted, or of open months as it is so far. In their order; months without runs are absent. */
export async function readCharged(
  clickhouse: ClickHouse,
  periods: readonly BillingPeriod[],
): Promise<ChargedMonth[]> {
  const months = await select(clickhouse, MONTHS, { periods: [...periods] });
  if (months.length === 0) return [];
  const posted = await select(clickhouse, POSTED, { periods: [...periods] });
  const open = months.filter(({ closed }) => !closed).map(({ billing_period }) => billing_period);
  const soFar = open.length === 0 ? [] : await select(clickhouse, SO_FAR, { periods: open });
  return months.map(({ billing_period, closed, days }): ChargedMonth => {
    const own = posted.filter((row) => row.billing_period === billing_period);
    const centsOf = (ofStatement: boolean): Map<string, bigint> =>
      new Map(
        own
          .filter(({ of_statement }) => of_statement === ofStatement)
          .map(({ account, team_id, total }) => [ownerOf(account, team_id), total / PICOS_PER_CENT]),
      );
    return {
      period: billing_period,
      isClosed: closed,
      days,
      statement: closed
        ? centsOf(true)
        : roundedOf(soFar.filter((row) => row.billing_period === billing_period)),
      beside: centsOf(false),
    };
  });
}

/** In the cents that a statement of the month has: those do not depend on how lines are told apart. */
function roundedOf(owed: readonly z.output<(typeof SO_FAR)["row"]>[]): Map<string, bigint> {
  const statements = statementsOf(
    owed.map(({ owner_kind, team_id, total }) => ({
      ownerKind: owner_kind,
      teamId: team_id,
      category: "cpu",
      basis: "direct",
      pool: "",
      method: "",
      reason: "",
      picos: total,
    })),
  );
  return centsByOwner(statements);
}
