import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { CATEGORIES, type Category } from "@apportion/domain/category";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { type OwnerKind, PICOS_PER_CENT } from "@apportion/domain/statement";

/** What a closed month turned out to differ by, as it was posted into the month that is reported. */
export interface Correction {
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
}

const owed = {
  account: z.enum(["team", "idle", "corporate", "unallocated"]),
  team_id: z.string(),
  total: z.string().transform(parsePicos),
};

const CORRECTIONS = defineQuery({
  name: "books.correctionsPostedInto",
  sql: `
SELECT corrects_period, account, team_id, cost_center, category, pool, toString(sum(signed_amount)) AS total
FROM posted_entries
WHERE billing_period = {period:String} AND kind != 'statement' AND account != 'clearing'
GROUP BY corrects_period, account, team_id, cost_center, category, pool
ORDER BY corrects_period, account, team_id, cost_center, category, pool`,
  params: z.object({ period: z.string() }),
  row: z.object({
    corrects_period: z.string().transform((text) => text as BillingPeriod),
    ...owed,
    cost_center: z.string(),
    category: z.enum(CATEGORIES),
    pool: z.string(),
  }),
});

/** Corrections of earlier months that are posted into this one. */
export async function readCorrections(clickhouse: ClickHouse, period: BillingPeriod): Promise<Correction[]> {
  const rows = await select(clickhouse, CORRECTIONS, { period });
  return rows.map(({ corrects_period, account, team_id, cost_center, category, pool, total }) => ({
    correctsPeriod: corrects_period,
    ownerKind: account,
    teamId: team_id,
    costCenter: cost_center,
    category,
    pool,
    cents: total / PICOS_PER_CENT,
  }));
}

/** What was posted to correct the month that is reported, once it was closed. */
export interface LaterCorrection extends Pick<Correction, "ownerKind" | "teamId" | "cents"> {
  readonly postedInto: BillingPeriod;
}

const CORRECTED_LATER = defineQuery({
  name: "books.correctedLater",
  sql: `
SELECT billing_period, account, team_id, toString(sum(signed_amount)) AS total
FROM posted_entries
WHERE corrects_period = {period:String} AND kind != 'statement' AND account != 'clearing'
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
