import type { Draft, DraftState } from "@apportion/books/ledger/draft";
import { DAY_MS } from "@apportion/domain/period";
import { areTwoPeople, isPlaceholder } from "@apportion/domain/two-people";
import { requirePrintable } from "@apportion/runtime/printable";

/** A draft that cannot be proposed, approved or taken back; the message says why, and what to do. */
export class DraftError extends Error {
  readonly code = "USAGE";
}

/** It is printed in mails, files and ledgers, on one line. */
const REASON_CHARACTERS_MAX = 300;
const NAME_CHARACTERS_MAX = 200;

/** @throws DraftError when it expired, was withdrawn or is posted */
export function requireWaiting({ id, expiresAt, state }: Draft & { readonly state: DraftState }): void {
  switch (state.kind) {
    case "waiting":
      return;
    case "expired":
      throw new DraftError(
        `${id} expired on ${expiresAt.slice(0, 10)}, since nobody approved it: propose it again`,
      );
    case "withdrawn":
      throw new DraftError(
        `${id} was withdrawn by ${state.by} on ${state.at.slice(0, 10)}: propose it again`,
      );
    case "posted":
      throw new DraftError(
        `${id} is posted as journal ${state.journal.seq}, approved by ${state.journal.approvedBy}: ${
          state.journal.kind === "decision"
            ? "decide the month again under other rules"
            : "move it back by another adjustment"
        }`,
      );
  }
}

/**
 * @returns who approves it, as it stands on record
 * @throws DraftError where that is who prepared it, or nobody
 */
export function approverOf({ id, preparedBy }: Pick<Draft, "id" | "preparedBy">, approvedBy: string): string {
  const approver = nameOf("--approved-by", approvedBy);
  if (!areTwoPeople(preparedBy, approver))
    throw new DraftError(
      `--approved-by: ${id} was prepared by ${preparedBy}; somebody else has to approve it`,
    );
  return approver;
}

/** @throws DraftError where the id is not the one of what it says */
export function requireUnchanged({ id }: Pick<Draft, "id">, idOfSaid: string): void {
  if (id !== idOfSaid)
    throw new DraftError(`${id} was changed in the tables since it was proposed: propose it again`);
}

/** When it was proposed, and from when on nobody can approve it any more. */
export function datesOf(now: Date, expiresDays: number): Pick<Draft, "proposedAt" | "expiresAt"> {
  return {
    proposedAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + expiresDays * DAY_MS).toISOString(),
  };
}

/** What the tables of drafts have in common, of one that was proposed, or withdrawn. */
export function draftColumns(
  { id, reason, preparedBy, proposedAt, expiresAt }: Draft,
  withdrawn?: { readonly by: string; readonly at: string },
): Record<string, unknown> {
  return {
    id,
    step: withdrawn ? "withdrawn" : "proposed",
    reason,
    prepared_by: preparedBy,
    proposed_at: proposedAt,
    expires_at: expiresAt,
    withdrawn_by: withdrawn?.by ?? "",
    withdrawn_at: withdrawn?.at ?? null,
  };
}

/** @throws DraftError where it says nothing, or more than has room */
export function reasonOf(text: string): string {
  const reason = oneLine(text);
  requirePrintable({ "--reason": reason });
  if (reason === "")
    throw new DraftError("--reason must say why: it stands in the ledger, for all whom it concerns");
  if (reason.length > REASON_CHARACTERS_MAX)
    throw new DraftError(`--reason has ${reason.length} characters; ${REASON_CHARACTERS_MAX} have room`);
  return reason;
}

/** @throws DraftError where it names nobody */
export function nameOf(flag: string, text: string): string {
  const name = oneLine(text);
  if (name === "" || isPlaceholder(name)) throw new DraftError(`${flag} must name somebody`);
  requirePrintable({ [flag]: name });
  if (name.length > NAME_CHARACTERS_MAX)
    throw new DraftError(`${flag} has more than ${NAME_CHARACTERS_MAX} characters`);
  return name;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
