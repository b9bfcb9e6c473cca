import {
  type Prepared,
  type PreparedAct,
  type PreparedDecision,
  readPrepared,
} from "@apportion/books/decisions/prepared";
import { type Adjustment, readAdjustments } from "@apportion/books/ledger/adjustments";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { Clock } from "@apportion/runtime/service";
import { NotFoundError, RefusedError } from "../server/problem.js";

export const DECIDABLE_ACTS = ["close", "release", "drop", "adjust"] as const satisfies readonly (
  PreparedAct | "adjust"
)[];

/** What somebody prepared, here or as a draft of an adjustment, and what became of it. */
export interface Decidable extends Omit<PreparedDecision, "act"> {
  readonly act: (typeof DECIDABLE_ACTS)[number];
  readonly state: Prepared["state"];
  readonly adjustment?: Adjustment;
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
  return [...(await readPrepared(clickhouse, now)), ...adjustments.map(ofAdjustment)];
}

function ofAdjustment(adjustment: Adjustment): Decidable {
  const { id, reason, preparedBy, proposedAt, expiresAt, state } = adjustment;
  return {
    id,
    act: "adjust",
    about: id,
    reason,
    preparedBy,
    // Empty where it was proposed on the command line: nobody knows then who that was.
    subject: /<([^<>]+)>$/.exec(preparedBy)?.[1] ?? "",
    preparedAt: proposedAt,
    expiresAt,
    state:
      state.kind === "posted"
        ? { kind: "decided", as: "adjust", by: state.journal.approvedBy, isWhole: true }
        : state,
    adjustment,
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
      return `It is posted, approved by ${by}`;
    case "":
      return "It needs no decision any more: a later reading of the same period counts";
    default:
      return `It was decided already: ${as}, approved by ${by}`;
  }
}
