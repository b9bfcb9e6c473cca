import { type CloseConfig, evaluateGates, type Gate, isOverridable } from "@apportion/books/ledger/gates";
import { gatherEvidence } from "@apportion/books/ledger/verify";
import { chargedBy, monthEntries } from "@apportion/books/ledger/journal";
import { madeOfRuns, readBooksOf } from "@apportion/books/ledger/journals";
import { readMonthLines } from "@apportion/books/months/month-lines";
import type { Reconciliation } from "@apportion/books/reconcile/reconcile";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { amountOfCents } from "@apportion/domain/cents";
import { canonicalJson } from "@apportion/domain/hash";
import type { BillingPeriod } from "@apportion/domain/period";
import { areTwoPeople } from "@apportion/domain/two-people";
import type { EventLog } from "@apportion/event-log/log";
import { requirePrintable } from "@apportion/runtime/printable";
import type { Clock } from "@apportion/runtime/service";
import { announce } from "./announce.js";
import { postCorrection } from "./corrections.js";
import { post } from "./post.js";

export interface CloseRequest {
  readonly month: BillingPeriod;
  readonly preparedBy: string;
  /** Somebody else than who prepared it. */
  readonly approvedBy: string;
  /** Why the month is closed although less of the bill is attributed than is promised; empty where it is not. */
  readonly overrideReason: string;
  /** Asked when everything else is known, since computing the month takes minutes: throws where it is not to be posted any more. */
  readonly requireWanted?: () => Promise<void>;
}

export interface CloseResult {
  readonly month: BillingPeriod;
  /** False when a gate did not pass, and nothing was posted. */
  readonly closed: boolean;
  /** True when the month was closed before this. */
  readonly already: boolean;
  readonly gates: readonly Gate[];
  /** Exact decimal amounts; empty while nothing is posted. */
  readonly charged: string;
  /** Empty without a bill. */
  readonly accuracyPercent: string;
  /** Where the month was closed although it is not reconciled as promised. */
  readonly override?: Override;
  readonly seq: string;
  readonly hash: string;
}

/** What an override let pass, and what it is about. Exact decimal amounts. */
export interface Override {
  readonly reason: string;
  readonly billed: string;
  /** What differs from the bill, has no owner or was split by a fallback. */
  readonly notAttributed: string;
  /** What the bill makes of Kubecost's prices. */
  readonly rateVariance: string;
}

interface CloseDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly onProgress?: (done: number, total: number) => void;
}

class CloseError extends Error {
  readonly code = "USAGE";
}

/** What stands between a month and its close; of a closed month, what it was closed with. Posts nothing. */
export async function checkClose(
  deps: CloseDeps,
  month: BillingPeriod,
  config: CloseConfig,
): Promise<Pick<CloseResult, "closed" | "gates">> {
  const closed = await closedResult(deps, month);
  if (closed) return closed;
  return {
    closed: false,
    gates: await evaluateGates(deps, month, await gatherEvidence(deps, month), config),
  };
}

/**
 * Closes a month when every gate passes: posts its statements to the ledger and freezes its runs. A gate that fails is named and
 * nothing is posted; only what is attributed of the bill can be overridden, with a reason that stays on record. Closing twice, at
 * the same time or after an interruption leaves one set of postings.
 */
export async function closeMonth(
  deps: CloseDeps,
  request: CloseRequest,
  config: CloseConfig,
): Promise<CloseResult> {
  const { clickhouse, clock } = deps;
  const { month, preparedBy, approvedBy, overrideReason } = request;
  requirePrintable({
    "--prepared-by": preparedBy,
    "--approved-by": approvedBy,
    "--override-reason": overrideReason,
  });
  if (!areTwoPeople(preparedBy, approvedBy))
    throw new CloseError("--prepared-by and --approved-by must be two people, each by their name");
  const before = await closedResult(deps, month);
  if (before) return before;

  const evidence = await gatherEvidence(deps, month);
  let gates = await evaluateGates(deps, month, evidence, config);
  const overridden = (gate: Gate): boolean =>
    isOverridable(gate, evidence.reconciliation) && overrideReason !== "";
  const { hasBill } = evidence.reconciliation;
  const accuracyPercent = hasBill ? evidence.reconciliation.accuracyPercent : "";
  const passes = (): boolean => gates.every((gate) => gate.passed || overridden(gate));
  const refused = (): CloseResult => ({
    month,
    closed: false,
    already: false,
    gates,
    charged: "",
    accuracyPercent,
    seq: "",
    hash: "",
  });
  if (!passes()) return refused();

  const runIds = evidence.runs.map(({ runId }) => runId);
  const exact = await readMonthLines(clickhouse, month, runIds);
  const entries = monthEntries(exact, evidence.rules.registry.teams);
  const journal = await post(clickhouse, clock, async () => {
    if (madeOfRuns(await readBooksOf(clickhouse, month)).length > 0) return undefined; // somebody else closed it meanwhile
    // Looked at again: a reading that arrived since then must not be left out of the books.
    gates = await evaluateGates(deps, month, evidence, config);
    if (!passes()) return undefined;
    await request.requireWanted?.();
    const isOverridden = gates.some((gate) => !gate.passed && overridden(gate));
    return {
      journal: {
        kind: "statement",
        billingPeriod: month,
        correctsPeriod: "",
        preparedBy,
        approvedBy,
        reason: overrideReason,
        evidence: canonicalJson({
          rulesActivatedAt: evidence.rules.activatedAt,
          runs: runIds,
          gates,
          accuracyPercent,
          ...(isOverridden && { override: overrideOf(evidence.reconciliation, overrideReason) }),
        }),
        entries,
      },
      runs: evidence.runs.map(({ day, runId }) => ({ day, runId })),
    };
  });
  // What was allocated between the last look and the posting found the month open, so it is corrected here.
  if (journal) await postCorrection({ clickhouse, clock, registry: evidence.rules.registry }, month);
  const after = await closedResult(deps, month);
  return after ? { ...after, already: journal === undefined, gates } : refused();
}

function overrideOf({ billed, missed, kubernetes }: Reconciliation, reason: string): Override {
  return { reason, billed, notAttributed: missed, rateVariance: kubernetes.rateVariance };
}

/** What a month was closed with; undefined while it is open. A close that died before it told the log does so now. */
async function closedResult(
  { clickhouse, log }: CloseDeps,
  month: BillingPeriod,
): Promise<CloseResult | undefined> {
  const books = await readBooksOf(clickhouse, month);
  const statement = books.find(({ kind }) => kind === "statement");
  if (!statement) return undefined;
  await announce(log, books);
  const { accuracyPercent, gates, override } = JSON.parse(statement.evidence) as {
    accuracyPercent: string;
    gates: Gate[];
    override?: Override;
  };
  return {
    month,
    closed: true,
    already: true,
    gates,
    charged: amountOfCents(chargedBy(statement)),
    accuracyPercent,
    ...(override && { override }),
    seq: String(statement.seq),
    hash: statement.hash,
  };
}
