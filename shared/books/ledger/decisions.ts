import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { BillingPeriod } from "@apportion/domain/period";
import type { DecisionDraft } from "./decision.js";
import { type DraftState, draftStateOf } from "./draft.js";
import { draftIdOf, readJournals } from "./journals.js";

/** A closed month that was proposed to be decided again, with what became of that. */
export interface ProposedDecision extends DecisionDraft {
  readonly state: DraftState;
}

const instant = z.string().transform((text) => `${text.replace(" ", "T")}Z`);
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
  sql: `SELECT DISTINCT id, step, month, payers, content_hash, reason, prepared_by, toString(proposed_at) AS proposed, toString(expires_at) AS expires,
  withdrawn_by, toString(withdrawn_at) AS withdrawn
FROM decision_drafts ORDER BY proposed_at, id, withdrawn_at`,
  params: z.object({}),
  row: z.object({
    id: z.string(),
    step: z.enum(["proposed", "withdrawn"]),
    month: z.string().transform((text) => text as BillingPeriod),
    payers: z.string().transform(parsePayers),
    content_hash: z.string(),
    reason: z.string(),
    prepared_by: z.string(),
    proposed: instant,
    expires: instant,
    withdrawn_by: z.string(),
    withdrawn: instant.nullable(),
  }),
});

/** Every draft there was, the first that was proposed first, with what became of it by the instant. */
export async function readDecisions(clickhouse: ClickHouse, now: Date): Promise<ProposedDecision[]> {
  const rows = await select(clickhouse, DRAFTS, {});
  if (rows.length === 0) return [];
  const journals = await readJournals(clickhouse, ({ kind }) => kind === "decision");
  const posted = new Map(journals.map((journal) => [draftIdOf(journal), journal]));
  const withdrawn = new Map(rows.filter(({ step }) => step === "withdrawn").map((row) => [row.id, row]));
  const proposed = new Map(rows.filter(({ step }) => step === "proposed").map((row) => [row.id, row]));
  return [...proposed.values()].map((row) => ({
    id: row.id,
    month: row.month,
    payers: row.payers,
    contentHash: row.content_hash,
    reason: row.reason,
    preparedBy: row.prepared_by,
    proposedAt: row.proposed,
    expiresAt: row.expires,
    state: draftStateOf(row, posted.get(row.id), withdrawn.get(row.id), now),
  }));
}
