import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import { readAdjustments } from "./adjustments.js";
import { readDecisions } from "./decisions.js";
import type { Draft } from "./draft.js";

/** A draft that nobody approved yet: once the open month is closed, it goes into the one after it. */
export interface WaitingDraft extends Draft {
  readonly kind: "adjustment" | "decision";
  /** Whose cost it is about; of an adjustment between two months that of who pays less. */
  readonly month: BillingPeriod;
}

/** The first that was proposed first. */
export async function readWaitingDrafts(clickhouse: ClickHouse, now: Date): Promise<WaitingDraft[]> {
  const waiting = ({ state }: { readonly state: { readonly kind: string } }): boolean =>
    state.kind === "waiting";
  const adjustments = (await readAdjustments(clickhouse, now)).filter(waiting);
  const decisions = (await readDecisions(clickhouse, now)).filter(waiting);
  const drafts: WaitingDraft[] = [
    ...adjustments.map((draft) => ({ ...draft, kind: "adjustment" as const, month: draft.from.period })),
    ...decisions.map((draft) => ({ ...draft, kind: "decision" as const })),
  ];
  return drafts
    .map(({ kind, month, id, reason, preparedBy, proposedAt, expiresAt }) => ({
      kind,
      month,
      id,
      reason,
      preparedBy,
      proposedAt,
      expiresAt,
    }))
    .toSorted((a, b) => Date.parse(a.proposedAt) - Date.parse(b.proposedAt));
}
