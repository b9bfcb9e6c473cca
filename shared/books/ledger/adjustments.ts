import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import type { AdjustmentDraft } from "./adjustment.js";
import { DRAFT_COLUMNS, draftRow, draftsOf, type DraftState } from "./draft.js";
import { readDrafted } from "./journals.js";

export interface Adjustment extends AdjustmentDraft {
  readonly state: DraftState;
}

const period = z.string().transform((text) => text as BillingPeriod);
const ownerKind = z.enum(["team", "idle", "corporate", "unallocated"]);

const DRAFTS = defineQuery({
  name: "drafts of adjustments",
  sql: `SELECT DISTINCT ${DRAFT_COLUMNS}, from_account, from_team, from_period, to_account, to_team, to_period, toString(amount) AS amount_text
FROM adjustment_drafts ORDER BY proposed_at, id, withdrawn_at`,
  params: z.object({}),
  row: z.object({
    ...draftRow,
    from_account: ownerKind,
    from_team: z.string(),
    from_period: period,
    to_account: ownerKind,
    to_team: z.string(),
    to_period: period,
    amount_text: z.string().transform((text) => parsePicos(text) / PICOS_PER_CENT),
  }),
});

/** Every draft there was, the first that was proposed first, with what became of it by the instant. */
export async function readAdjustments(clickhouse: ClickHouse, now: Date): Promise<Adjustment[]> {
  const rows = await select(clickhouse, DRAFTS, {});
  if (rows.length === 0) return [];
  const posted = await readDrafted(clickhouse, "adjustment");
  return draftsOf(rows, posted, now, (row) => ({
    from: { ownerKind: row.from_account, teamId: row.from_team, period: row.from_period },
    to: { ownerKind: row.to_account, teamId: row.to_team, period: row.to_period },
    cents: row.amount_text,
  }));
}

/** Adjustments that were posted and move something of the month. */
export async function readAdjustmentsOf(clickhouse: ClickHouse, month: BillingPeriod): Promise<Adjustment[]> {
  const all = await readAdjustments(clickhouse, new Date(0));
  return all.filter(
    ({ state, from, to }) => state.kind === "posted" && (from.period === month || to.period === month),
  );
}
