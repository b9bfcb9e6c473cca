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

export interface Withdrawal {
  readonly withdrawn_by: string;
  readonly withdrawn: string | null;
}

export function draftStateOf(
  { expires }: { readonly expires: string },
  journal: StoredJournal | undefined,
  withdrawn: Withdrawal | undefined,
  now: Date,
): DraftState {
  if (journal) return { kind: "posted", journal };
  if (withdrawn) return { kind: "withdrawn", by: withdrawn.withdrawn_by, at: withdrawn.withdrawn ?? "" };
  return { kind: now.getTime() >= Date.parse(expires) ? "expired" : "waiting" };
}
