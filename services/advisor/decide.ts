import { type Recommendation, teamOf } from "@apportion/books/advice/advise";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { formatPicos } from "@apportion/domain/money";
import { dayOf, type Day } from "@apportion/domain/period";
import { isPlaceholder } from "@apportion/domain/two-people";
import { requirePrintable } from "@apportion/runtime/printable";
import type { Clock } from "@apportion/runtime/service";

export type AdviceDecision =
  | { readonly decision: "accepted"; readonly by: string; readonly reason?: string }
  /** Without a day it is not said again. */
  | { readonly decision: "dismissed"; readonly by: string; readonly reason: string; readonly until?: Day };

/** A decision that cannot be taken; the message says why. */
class AdviceDecisionError extends Error {
  readonly code = "USAGE";
}

/**
 * Puts a decision about a recommendation on record, with what was advised: what is saved later is measured against that day. A later decision about the same replaces it.
 * @throws AdviceDecisionError when it has no name, no reason, or a day that is past
 */
export async function decideOnAdvice(
  { clickhouse, clock }: { readonly clickhouse: ClickHouse; readonly clock: Clock },
  { id, kind, subject, trueController, owner, cash, freed }: Recommendation,
  decision: AdviceDecision,
): Promise<void> {
  const now = clock();
  const until = decision.decision === "dismissed" ? decision.until : undefined;
  requirePrintable({ "--by": decision.by, "--reason": decision.reason });
  if (decision.by.trim() === "" || isPlaceholder(decision.by))
    throw new AdviceDecisionError("--by must name who decides");
  if (decision.decision === "dismissed" && (decision.reason.trim() === "" || isPlaceholder(decision.reason)))
    throw new AdviceDecisionError("--reason must say why: whoever sees it again asks");
  if (until !== undefined && until <= dayOf(now))
    throw new AdviceDecisionError(`--until: ${until} is not after today`);
  const decidedAt = now.toISOString();
  const row = {
    id,
    decision: decision.decision,
    decided_by: decision.by,
    reason: decision.reason ?? "",
    until: until ?? null,
    decided_at: decidedAt,
    kind,
    cluster: subject.cluster,
    namespace: subject.namespace,
    controller_kind: subject.controllerKind,
    controller: trueController,
    bill_line: subject.billLine,
    owner_team: teamOf(owner),
    cash: formatPicos(cash),
    freed: formatPicos(freed),
  };
  await insertRows(clickhouse, "recommendation_decisions", [row], { token: `${id}/${decidedAt}` });
}
