import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { BillingPeriod } from "@apportion/domain/period";
import type { DecisionDraft } from "./decision.js";
import { DRAFT_COLUMNS, draftRow, draftsOf, type DraftState } from "./draft.js";
import { readDrafted } from "./journals.js";

/** A closed month that was proposed to be decided again, with what became of that. */
export interface ProposedDecision extends DecisionDraft {
  readonly state: DraftState;
}

const payers = z
  .array(
    z.tuple([
      z.string(),
      z
        .string()
        .regex(/^-?\d+$/)
        .transform(BigInt),
    ]),
  )
  .transform((rows) => rows.map(([payer, difference]) => ({ payer, difference })));

/** None where the text is not what is stored: the draft has another id then, as whatever was changed. */
function parsePayers(text: string): DecisionDraft["payers"] {
  try {
    return payers.parse(JSON.parse(text));
  } catch {
    return [];
  }
}

const DRAFTS = defineQuery({
  name: "drafts of decisions",
  sql: `SELECT DISTINCT ${DRAFT_COLUMNS}, month, payers, content_hash FROM decision_drafts ORDER BY proposed_at, id, withdrawn_at`,
  params: z.object({}),
  row: z.object({
    ...draftRow,
    month: z.string().transform((text) => text as BillingPeriod),
    payers: z.string().transform(parsePayers),
    content_hash: z.string(),
  }),
});

/** Every draft there was, the first that was proposed first, with what became of it by the instant. */
export async function readDecisions(clickhouse: ClickHouse, now: Date): Promise<ProposedDecision[]> {
  const rows = await select(clickhouse, DRAFTS, {});
  if (rows.length === 0) return [];
  const posted = await readDrafted(clickhouse, "decision");
  return draftsOf(rows, posted, now, ({ month, payers: changes, content_hash }) => ({
    month,
    payers: changes,
    contentHash: content_hash,
  }));
}
