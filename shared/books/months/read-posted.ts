import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { JOURNAL_KINDS } from "@apportion/domain/journal-kind";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { ownerOf } from "./month.js";

/** A closed month as it lies in the ledger. */
export interface PostedMonth {
  /** Place of its statement in the ledger. */
  readonly seq: string;
  readonly hash: string;
  /** Hashes of the corrections, decisions and adjustments that are posted into it, in their order. */
  readonly corrections: readonly string[];
  /** What its statement charges each owner, in cents; see `ownerOf`. */
  readonly charged: ReadonlyMap<string, bigint>;
  /** By team id: what may be configured otherwise since. */
  readonly teams: ReadonlyMap<string, PostedTeam>;
}

interface PostedTeam {
  /** As it was posted; of a team without entries, as it was configured. */
  readonly costCenter: string;
  /** Its budget of the month when that was closed, in cents; undefined without one. */
  readonly budgetCents: bigint | undefined;
}

const JOURNALS_OF_MONTH = defineQuery({
  name: "books.journalsOfMonth",
  sql: `
SELECT toString(seq) AS place, kind, hash
FROM (SELECT DISTINCT seq, kind, hash FROM journals WHERE billing_period = {period:String})
ORDER BY seq`,
  params: z.object({ period: z.string() }),
  row: z.object({
    place: z.string(),
    kind: z.enum(JOURNAL_KINDS),
    hash: z.string(),
  }),
});

const CHARGED_BY_STATEMENT = defineQuery({
  name: "books.chargedByStatement",
  sql: `
SELECT account, team_id, any(posted_entries.cost_center) AS posted_to, toString(sum(signed_amount)) AS total
FROM posted_entries
WHERE billing_period = {period:String} AND kind = 'statement' AND account != 'clearing'
GROUP BY account, team_id
ORDER BY account, team_id`,
  params: z.object({ period: z.string() }),
  row: z.object({
    account: z.enum(["team", "idle", "corporate", "unallocated"]),
    team_id: z.string(),
    posted_to: z.string(),
    total: z.string().transform(parsePicos),
  }),
});

const BUDGETS_OF_MONTH = defineQuery({
  name: "books.budgetsOfMonth",
  sql: `
SELECT team_id, cost_center, toString(budget) AS budget_amount
FROM budgets_in_force
WHERE billing_period = {period:String}`,
  params: z.object({ period: z.string() }),
  row: z.object({
    team_id: z.string(),
    cost_center: z.string(),
    budget_amount: z.string().transform(parsePicos).nullable(),
  }),
});

/** What was posted of a month when it was closed; undefined while it is open. */
export async function readPosted(
  clickhouse: ClickHouse,
  period: BillingPeriod,
): Promise<PostedMonth | undefined> {
  const journals = await select(clickhouse, JOURNALS_OF_MONTH, { period });
  const statement = journals.find(({ kind }) => kind === "statement");
  if (!statement) return undefined;
  const entries = await select(clickhouse, CHARGED_BY_STATEMENT, { period });
  const budgets = await select(clickhouse, BUDGETS_OF_MONTH, { period });
  const teams = new Map(
    budgets.map(({ team_id, cost_center, budget_amount }) => [
      team_id,
      {
        costCenter: cost_center,
        budgetCents: budget_amount === null ? undefined : budget_amount / PICOS_PER_CENT,
      },
    ]),
  );
  for (const { account, team_id, posted_to } of entries)
    if (account === "team")
      teams.set(team_id, { costCenter: posted_to, budgetCents: teams.get(team_id)?.budgetCents });
  return {
    seq: statement.place,
    hash: statement.hash,
    corrections: journals.filter(({ kind }) => kind !== "statement").map(({ hash }) => hash),
    charged: new Map(
      entries.map(({ account, team_id, total }) => [ownerOf(account, team_id), total / PICOS_PER_CENT]),
    ),
    teams,
  };
}

const CLOSED_SINCE = defineQuery({
  name: "books.closedSince",
  sql: `
SELECT DISTINCT billing_period
FROM journals
WHERE kind = 'statement' AND posted_at >= fromUnixTimestamp64Milli({since:Int64})
ORDER BY billing_period`,
  params: z.object({ since: z.string() }),
  row: z.object({ billing_period: z.string().transform((text) => text as BillingPeriod) }),
});

/** Months whose statement was posted at or after the instant. */
export async function readClosedSince(clickhouse: ClickHouse, since: Date): Promise<BillingPeriod[]> {
  const rows = await select(clickhouse, CLOSED_SINCE, { since: String(since.getTime()) });
  return rows.map((row) => row.billing_period);
}
