import { canonicalJson, sha256 } from "@apportion/domain/hash";
import { compareSizes } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { payerOf } from "../months/month.js";
import { type Draft, DRAFT_ID_DIGITS } from "./draft.js";
import type { Entry } from "./journal.js";

/** By how much somebody pays more or less, in cents. */
export interface PayerChange {
  /** A team's id, or idle, corporate or unallocated. */
  readonly payer: string;
  readonly difference: bigint;
}

/** A closed month that is proposed to be decided again under the owners and policies of that moment, with what that came to. */
export interface DecisionDraft extends Draft {
  readonly month: BillingPeriod;
  /** As {@link payerChanges} has them. */
  readonly payers: readonly PayerChange[];
  /** As {@link contentHashOf}: what comes to something else by now is not posted. */
  readonly contentHash: string;
}

/** From all that the draft says: whoever changes a stored one changes its id, which its journal names. */
export function decisionIdOf(draft: Omit<DecisionDraft, "id">): string {
  const { month, payers, contentHash, reason, preparedBy, proposedAt, expiresAt } = draft;
  const differences = payersText(payers);
  const said = { month, differences, contentHash, reason, preparedBy, proposedAt, expiresAt };
  return sha256(canonicalJson(said)).slice(0, DRAFT_ID_DIGITS);
}

/** `[["nlp","-12050"],["search","12050"]]`, in cents: as a draft is stored. */
export function payersText(payers: readonly PayerChange[]): string {
  return JSON.stringify(payers.map(({ payer, difference }) => [payer, String(difference)]));
}

/** Who pays more or less by some entries; the largest difference first, whichever way it goes. */
export function payerChanges(entries: readonly Entry[]): PayerChange[] {
  const byPayer = new Map<string, bigint>();
  for (const { account, teamId, cents } of entries) {
    if (account === "clearing") continue;
    const payer = payerOf({ ownerKind: account, teamId });
    byPayer.set(payer, (byPayer.get(payer) ?? 0n) + cents);
  }
  return [...byPayer]
    .map(([payer, difference]) => ({ payer, difference }))
    .filter(({ difference }) => difference !== 0n)
    .toSorted((a, b) => compareSizes(a.difference, b.difference) || (a.payer < b.payer ? -1 : 1));
}

/**
 * Over the runs of the month's days and the entries that they come to, in their order. A run's id is the hash of its readings and of the owners and policies
 * of its day, so other rules are another content, also where everybody pays the same by them.
 */
export function contentHashOf(runIds: readonly string[], entries: readonly Entry[]): string {
  const text = entries.map(({ cents, ...entry }) => ({ ...entry, cents: String(cents) }));
  return sha256(canonicalJson({ runs: runIds, entries: text }));
}
