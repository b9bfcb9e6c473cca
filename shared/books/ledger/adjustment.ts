import { decimalOfCents } from "@apportion/domain/cents";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import type { BillingPeriod } from "@apportion/domain/period";
import type { OwnerKind } from "@apportion/domain/statement";
import { type Draft, DRAFT_ID_DIGITS } from "./draft.js";
import type { Entry, JournalDraft } from "./journal.js";

/** Whose cost of which month becomes less, or more. */
export interface AdjustedSide {
  readonly ownerKind: OwnerKind;
  /** Empty unless `ownerKind` is `team`. */
  readonly teamId: string;
  readonly period: BillingPeriod;
}

/** What is to be moved, why, and who says so. */
export interface Proposal {
  /** Who pays less. */
  readonly from: AdjustedSide;
  /** Who pays more. */
  readonly to: AdjustedSide;
  /** Above zero. */
  readonly cents: bigint;
  /** On one line. */
  readonly reason: string;
  readonly preparedBy: string;
}

/** A proposal on record. */
export type AdjustmentDraft = Proposal & Draft;

/** From all that the draft says: whoever changes a stored one changes its id, which its journal names. */
export function adjustmentIdOf(draft: Omit<AdjustmentDraft, "id">): string {
  const { from, to, cents, reason, preparedBy, proposedAt, expiresAt } = draft;
  const said = { from, to, amount: decimalOfCents(cents), reason, preparedBy, proposedAt, expiresAt };
  return sha256(canonicalJson(said)).slice(0, DRAFT_ID_DIGITS);
}

/**
 * The two entries of an adjustment: who pays more is debited, who pays less credited with the same cents. The sources have no part in it: what they
 * cost stays what it was.
 * @param costCenterOf of a team by its id
 */
export function adjustmentEntries(
  { from, to, cents }: Pick<Proposal, "from" | "to" | "cents">,
  costCenterOf: (teamId: string) => string,
): Entry[] {
  const entry = ({ ownerKind, teamId }: AdjustedSide, signed: bigint): Entry => ({
    account: ownerKind,
    teamId,
    costCenter: ownerKind === "team" ? costCenterOf(teamId) : "",
    source: "",
    category: "adjustment",
    basis: "",
    pool: "",
    method: "",
    reason: "",
    cents: signed,
  });
  const debit = entry(to, cents);
  return [to.period === from.period ? debit : { ...debit, concerns: to.period }, entry(from, -cents)];
}

/** The journal that an approved draft is posted as. It names the draft, so a draft is posted once. */
export function adjustmentJournal(
  draft: AdjustmentDraft,
  approvedBy: string,
  into: BillingPeriod,
  costCenterOf: (teamId: string) => string,
): JournalDraft {
  return {
    kind: "adjustment",
    billingPeriod: into,
    correctsPeriod: draft.from.period,
    preparedBy: draft.preparedBy,
    approvedBy,
    reason: draft.reason,
    evidence: canonicalJson({ draft: draft.id }),
    entries: adjustmentEntries(draft, costCenterOf),
  };
}
