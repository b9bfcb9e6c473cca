import {
  type Prepared,
  type PreparedAct,
  type PreparedDecision,
  readPrepared,
} from "@apportion/books/decisions/prepared";
import { type Adjustment, readAdjustments } from "@apportion/books/ledger/adjustments";
import { type ProposedDecision, readDecisions } from "@apportion/books/ledger/decisions";
import type { Draft, DraftState } from "@apportion/books/ledger/draft";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { Clock } from "@apportion/runtime/service";
import { NotFoundError, RefusedError } from "../server/problem.js";

export const DECIDABLE_ACTS = ["close", "release", "drop", "adjust", "decide"] as const satisfies readonly (
  PreparedAct | "adjust" | "decide"
)[];

/** What somebody prepared, here or as a draft for the ledger, and what became of it. */
export interface Decidable extends Omit<PreparedDecision, "act"> {
  readonly act: (typeof DECIDABLE_ACTS)[number];
  readonly state: Prepared["state"];
  readonly adjustment?: Adjustment;
  /** Of a closed month that is to be decided again. */
  readonly decision?: ProposedDecision;
}

export interface DecidableDeps {
  readonly clickhouse: ClickHouse;
  readonly clock: Clock;
}

/** Everything that was prepared, with what became of it by the instant. */
export async function readDecidable(
  { clickhouse, clock }: DecidableDeps,
  now = clock(),
): Promise<Decidable[]> {
  const adjustments = await readAdjustments(clickhouse, now);
  const decisions = await readDecisions(clickhouse, now);
  return [
    ...(await readPrepared(clickhouse, now)),
    ...adjustments.map(ofAdjustment),
    ...decisions.map(ofDecision),
  ];
}

function ofAdjustment(adjustment: Adjustment): Decidable {
  // Empty where it was proposed on the command line: nobody knows then who that was.
  const subject = /<([^<>]+)>$/.exec(adjustment.preparedBy)?.[1] ?? "";
  return { ...ofDraft(adjustment, "adjust"), about: adjustment.id, subject, adjustment };
}

/** The rules that it is made of are in the configuration, so it is proposed, and approved, on the command line. */
function ofDecision(decision: ProposedDecision): Decidable {
  return { ...ofDraft(decision, "decide"), about: decision.month, subject: "", decision };
}

function ofDraft<A extends "adjust" | "decide">(
  { id, reason, preparedBy, proposedAt, expiresAt, state }: Draft & { readonly state: DraftState },
  act: A,
) {
  return {
    id,
    act,
    reason,
    preparedBy,
    preparedAt: proposedAt,
    expiresAt,
    state:
      state.kind === "posted"
        ? { kind: "decided" as const, as: act, by: state.journal.approvedBy, isWhole: true }
        : state,
  };
}

/** @throws NotFoundError */
export async function findDecidable(deps: DecidableDeps, id: string, now?: Date): Promise<Decidable> {
  const found = (await readDecidable(deps, now)).find((each) => each.id === id);
  if (!found) throw new NotFoundError(`Nothing was prepared as "${id}"`);
  return found;
}

/** @throws RefusedError */
export function requireWaiting({ state, expiresAt }: Decidable): void {
  switch (state.kind) {
    case "waiting":
      return;
    case "expired":
      throw new RefusedError(
        409,
        `It expired on ${expiresAt.slice(0, 10)}, since nobody approved it: prepare it again`,
      );
    case "withdrawn":
      throw new RefusedError(
        409,
        `It was withdrawn by ${state.by} on ${state.at.slice(0, 10)}: prepare it again`,
      );
    case "decided":
      throw new RefusedError(409, decidedText(state));
  }
}

/** What was decided: a close, an adjustment, a reading, or nothing because nothing needs to be. */
export function decidedText({ as, by }: { readonly as: string; readonly by: string }): string {
  switch (as) {
    case "close":
      return `The month is closed, approved by ${by}`;
    case "adjust":
    case "decide":
      return `It is posted, approved by ${by}`;
    case "":
      return "It needs no decision any more: a later reading of the same period counts";
    default:
      return `It was decided already: ${as}, approved by ${by}`;
  }
}
