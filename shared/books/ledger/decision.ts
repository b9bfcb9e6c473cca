import { canonicalJson, sha256 } from "@apportion/domain/hash";
import type { BillingPeriod } from "@apportion/domain/period";
import { type Draft, DRAFT_ID_DIGITS } from "./draft.js";
import type { Entry } from "./journal.js";

/** A closed month that is proposed to be decided again under the owners and policies of that moment, with what that came to. */
export interface DecisionDraft extends Draft {
  readonly month: BillingPeriod;
  /** Who pays more or less, and by how much, in cents; the largest difference first. */
  readonly payers: readonly { readonly payer: string; readonly difference: bigint }[];
  /** Of the entries that it came to: what they are not any more is not posted. */
  readonly entriesHash: string;
}

/** From all that the draft says: whoever changes a stored one changes its id, which its journal names. */
export function decisionIdOf(draft: Omit<DecisionDraft, "id">): string {
  const { month, payers, entriesHash, reason, preparedBy, proposedAt, expiresAt } = draft;
  const differences = payersText(payers);
  const said = { month, differences, entriesHash, reason, preparedBy, proposedAt, expiresAt };
  return sha256(canonicalJson(said)).slice(0, DRAFT_ID_DIGITS);
}

/** `[["nlp","-12050"],["search","12050"]]`, in cents: as a draft is stored. */
export function payersText(payers: DecisionDraft["payers"]): string {
  return JSON.stringify(payers.map(({ payer, difference }) => [payer, String(difference)]));
}

/** Over accounts, cost centers and cents of all of them, in their order. */
export function entriesHashOf(entries: readonly Entry[]): string {
  return sha256(canonicalJson(entries.map(({ cents, ...entry }) => ({ ...entry, cents: String(cents) }))));
}
