import { z } from "zod";
import type { StoredJournal } from "./journals.js";

/** What one person proposed, and posts nothing until another approves it. Instants are ISO 8601 with milliseconds, UTC. */
export interface Draft {
  readonly id: string;
  /** On one line. */
  readonly reason: string;
  readonly preparedBy: string;
  readonly proposedAt: string;
  /** From when on it cannot be approved. */
  readonly expiresAt: string;
}

/** What became of a draft. One that was posted stays so, whatever was said of it at the same moment. */
export type DraftState =
  | { readonly kind: "waiting" }
  | { readonly kind: "expired" }
  | { readonly kind: "withdrawn"; readonly by: string; readonly at: string }
  | { readonly kind: "posted"; readonly journal: StoredJournal };

/** Characters of the hash of what a draft says that name it. */
export const DRAFT_ID_DIGITS = 12;

const instant = z.string().transform((text) => `${text.replace(" ", "T")}Z`);

/** What the tables of drafts have in common, to select. */
export const DRAFT_COLUMNS =
  "id, step, reason, prepared_by, toString(proposed_at) AS proposed, toString(expires_at) AS expires, withdrawn_by, toString(withdrawn_at) AS withdrawn";

/** What {@link DRAFT_COLUMNS} give. */
export const draftRow = {
  id: z.string(),
  step: z.enum(["proposed", "withdrawn"]),
  reason: z.string(),
  prepared_by: z.string(),
  proposed: instant,
  expires: instant,
  withdrawn_by: z.string(),
  withdrawn: instant.nullable(),
};
type DraftRow = z.output<z.ZodObject<typeof draftRow>>;

/**
 * Every draft among the rows of its table, in their order, with what became of it by the instant.
 * @param posted what was made of drafts, by their ids
 * @param saidOf what a row says beside what all drafts say
 */
export function draftsOf<R extends DraftRow, S>(
  rows: readonly R[],
  posted: ReadonlyMap<string, StoredJournal>,
  now: Date,
  saidOf: (row: R) => S,
): (Draft & S & { readonly state: DraftState })[] {
  const withdrawn = new Map(rows.filter(({ step }) => step === "withdrawn").map((row) => [row.id, row]));
  const proposed = new Map(rows.filter(({ step }) => step === "proposed").map((row) => [row.id, row]));
  return [...proposed.values()].map((row) => ({
    ...saidOf(row),
    id: row.id,
    reason: row.reason,
    preparedBy: row.prepared_by,
    proposedAt: row.proposed,
    expiresAt: row.expires,
    state: stateOf(row, posted.get(row.id), withdrawn.get(row.id), now),
  }));
}

function stateOf(
  { expires }: DraftRow,
  journal: StoredJournal | undefined,
  withdrawn: DraftRow | undefined,
  now: Date,
): DraftState {
  if (journal) return { kind: "posted", journal };
  if (withdrawn) return { kind: "withdrawn", by: withdrawn.withdrawn_by, at: withdrawn.withdrawn ?? "" };
  return { kind: now.getTime() >= Date.parse(expires) ? "expired" : "waiting" };
}
