import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { CATEGORIES, type Category } from "@apportion/domain/category";
import { JOURNAL_KINDS, type JournalKind } from "@apportion/domain/journal-kind";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { type OwnerKind, PICOS_PER_CENT } from "@apportion/domain/statement";
import { EDITIONS_SQL } from "../exports/invoice-number.js";

/** What was posted about a month beside its statement, into the month that is reported. */
export interface Correction {
  readonly kind: Exclude<JournalKind, "statement">;
  /** Why two people decided so; empty where `kind` is `correction`. Each adjustment and decision stands by itself. */
  readonly reason: string;
  readonly correctsPeriod: BillingPeriod;
  readonly ownerKind: OwnerKind;
  /** Empty unless `ownerKind` is `team`. */
  readonly teamId: string;
  /** Its cost center when the correction was posted. */
  readonly costCenter: string;
  readonly category: Category;
  /** Shared service or pool; empty for direct cost. */
  readonly pool: string;
  readonly cents: bigint;
  /** Editions of the invoice of the month that it is about, by which it is charged: see `editionsOf`. */
  readonly editions: readonly number[];
}

const owed = {
  account: z.enum(["team", "idle", "corporate", "unallocated"]),
  team_id: z.string(),
  total: z.string().transform(parsePicos),
};

const CORRECTIONS = defineQuery({
  name: "books.correctionsPostedInto",
  sql: `
SELECT corrects_period, kind, why, account, team_id, cost_center, category, pool, toString(sum(signed_amount)) AS total,
  arraySort(groupUniqArray(edition)) AS editions
FROM posted_entries
INNER JOIN (${EDITIONS_SQL}) AS editions ON editions.journal_id = posted_entries.journal_id AND editions.about_period = posted_entries.corrects_period
INNER JOIN (
  SELECT DISTINCT journal_id, if(kind = 'correction', '', reason) AS why, if(kind = 'correction', 0, seq) AS place FROM journals
) AS said ON said.journal_id = posted_entries.journal_id
WHERE billing_period = {period:String} AND kind != 'statement' AND account != 'clearing'
GROUP BY corrects_period, kind, place, why, account, team_id, cost_center, category, pool
ORDER BY corrects_period, indexOf({kinds:Array(String)}, kind), place, account, team_id, cost_center, category, pool`,
  params: z.object({ period: z.string(), kinds: z.array(z.string()).readonly() }),
  row: z.object({
    corrects_period: z.string().transform((text) => text as BillingPeriod),
    kind: z.enum(JOURNAL_KINDS).exclude(["statement"]),
    why: z.string(),
    ...owed,
    cost_center: z.string(),
    category: z.enum(CATEGORIES),
    pool: z.string(),
    editions: z.array(z.string().transform(Number)),
  }),
});

/** Corrections and decisions of earlier months that are posted into this one, and adjustments, which may be of the month itself. */
export async function readCorrections(clickhouse: ClickHouse, period: BillingPeriod): Promise<Correction[]> {
  const rows = await select(clickhouse, CORRECTIONS, { period, kinds: JOURNAL_KINDS });
  return rows.map(
    ({ corrects_period, kind, why, account, team_id, cost_center, category, pool, total, editions }) => ({
      kind,
      reason: why,
      correctsPeriod: corrects_period,
      ownerKind: account,
      teamId: team_id,
      costCenter: cost_center,
      category,
      pool,
      cents: total / PICOS_PER_CENT,
      editions,
    }),
  );
}

/** What was posted about the month that is reported into a later one, once it was closed. */
export interface LaterCorrection extends Pick<Correction, "ownerKind" | "teamId" | "cents"> {
  readonly postedInto: BillingPeriod;
}

const CORRECTED_LATER = defineQuery({
  name: "books.correctedLater",
  sql: `
SELECT billing_period, account, team_id, toString(sum(signed_amount)) AS total
FROM posted_entries
WHERE corrects_period = {period:String} AND billing_period != corrects_period AND kind != 'statement' AND account != 'clearing'
GROUP BY billing_period, account, team_id
ORDER BY billing_period, account, team_id`,
  params: z.object({ period: z.string() }),
  row: z.object({ billing_period: z.string().transform((text) => text as BillingPeriod), ...owed }),
});

/** Corrections of this month, which are posted into later ones. */
export async function readCorrectedLater(
  clickhouse: ClickHouse,
  period: BillingPeriod,
): Promise<LaterCorrection[]> {
  const rows = await select(clickhouse, CORRECTED_LATER, { period });
  return rows.map(({ billing_period, account, team_id, total }) => ({
    postedInto: billing_period,
    ownerKind: account,
    teamId: team_id,
    cents: total / PICOS_PER_CENT,
  }));
}
