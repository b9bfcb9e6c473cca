import { type Adjustment, readAdjustmentsOf } from "@apportion/books/ledger/adjustments";
import {
  contentHashOf,
  type DecisionDraft,
  decisionIdOf,
  type PayerChange,
  payerChanges,
  payersText,
} from "@apportion/books/ledger/decision";
import { type ProposedDecision, readDecisions } from "@apportion/books/ledger/decisions";
import type { Journal } from "@apportion/books/ledger/journal";
import { readBooksOf } from "@apportion/books/ledger/journals";
import { readMonthLines } from "@apportion/books/months/month-lines";
import type { AllocationRules } from "@apportion/books/runs/inputs";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { decimalOfCents } from "@apportion/domain/cents";
import { canonicalJson } from "@apportion/domain/hash";
import type { BillingPeriod } from "@apportion/domain/period";
import type { EventLog } from "@apportion/event-log/log";
import type { Clock } from "@apportion/runtime/service";
import { announce } from "./announce.js";
import { postCorrection, requireSealedLines, runsByNow } from "./corrections.js";
import {
  type Decision,
  type DecisionContent,
  differingEntries,
  foresee,
  requireClosed,
  type RulesOfToday,
} from "./decision.js";
import {
  DraftError,
  approverOf,
  datesOf,
  draftColumns,
  nameOf,
  reasonOf,
  requireUnchanged,
  requireWaiting,
} from "./draft.js";
import { post } from "./post.js";

/** So many payers are named where amounts have changed. */
const NAMED_MAX = 5;

export interface DecisionDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Puts rules into force and seals the runs of a month under them, as the allocator does; gives back the rules as they are on record. */
  readonly allocate: (month: BillingPeriod, rules: RulesOfToday) => Promise<AllocationRules>;
}

/** What somebody else may approve. */
export interface DecisionProposal {
  readonly month: BillingPeriod;
  /** On one line. */
  readonly reason: string;
  readonly preparedBy: string;
}

/**
 * Puts on record what deciding a closed month again comes to under the rules of today; nothing moves until somebody else approves it. What sources said
 * since the close is no decision: it is posted first, as the correction that it is, under the rules that hold so far.
 * @param expiresDays after so many days nobody can approve it
 * @returns what it comes to, without a draft when that is nothing
 * @throws DraftError as {@link previewDecision}, and when a decision of the month waits already
 */
export async function proposeDecision(
  deps: Omit<DecisionDeps, "allocate">,
  proposal: DecisionProposal,
  rules: RulesOfToday,
  expiresDays: number,
): Promise<{ readonly decision: Decision; readonly draft?: DecisionDraft }> {
  const { clickhouse, clock } = deps;
  const { month } = proposal;
  const now = clock();
  const preparedBy = nameOf("--prepared-by", proposal.preparedBy);
  const reason = reasonOf(proposal.reason);
  await requireClosed(clickhouse, month);
  const ofMonth = async (): Promise<ProposedDecision[]> =>
    (await readDecisions(clickhouse, now)).filter((other) => other.month === month);
  const before = await ofMonth();
  requireNone(before);
  await correctFirst(deps, month, rules);
  const { decision, runIds, entries } = await foresee(clickhouse, month, rules);
  if (entries.length === 0) return { decision };
  const dated = {
    month,
    payers: payerChanges(entries),
    contentHash: contentHashOf(runIds, entries),
    reason,
    preparedBy,
    ...datesOf(now, expiresDays),
  };
  const draft = { ...dated, id: decisionIdOf(dated) };
  // Of two that are proposed at once ClickHouse stores the first, and the other finds that out here.
  const token = `${month}/${before.length}`;
  await insertRows(clickhouse, "decision_drafts", [rowOf(draft)], { token });
  const stored = await ofMonth();
  if (!stored.some(({ id }) => id === draft.id)) {
    requireNone(stored);
    throw new DraftError(
      `Another decision of ${month} was proposed and withdrawn at this moment: propose it again`,
    );
  }
  return { decision, draft };
}

/** @throws DraftError when one waits */
function requireNone(ofMonth: readonly ProposedDecision[]): void {
  const waiting = ofMonth.find(({ state }) => state.kind === "waiting");
  if (waiting)
    throw new DraftError(
      `A decision of ${waiting.month} waits already as ${waiting.id}, proposed by ${waiting.preparedBy}: approve or withdraw that one`,
    );
}

/** What sources said since the close is no decision: it is posted as what it is, and stays whatever becomes of the decision. */
async function correctFirst(
  { clickhouse, clock, log }: Omit<DecisionDeps, "allocate">,
  month: BillingPeriod,
  { registry }: RulesOfToday,
): Promise<void> {
  const journal = await postCorrection({ clickhouse, clock, registry }, month);
  if (journal) await announce(log, await readBooksOf(clickhouse, month));
}

/**
 * Decides a closed month again, as it was proposed: the difference to all that was posted of it goes into the open month. Its own statement and runs stay.
 * Later restatements of the month follow the rules of its last decision. The journal names the draft, so however often, by whom and at what moment it is
 * approved or was interrupted, it is posted once.
 * @param rules those of today: under them it has to come to what was proposed
 * @returns the decision as it stands then, whether it was posted before this, and where it was not what it came to
 * @throws DraftError when it is not there, does not wait, or comes to something else by now: then nothing of it is posted
 */
export async function approveDecision(
  deps: DecisionDeps,
  id: string,
  approvedBy: string,
  rules: RulesOfToday,
): Promise<{ readonly decision: ProposedDecision; readonly already: boolean; readonly effect?: Decision }> {
  const { clickhouse, clock } = deps;
  const draft = await readDecision(deps, id);
  const { month, reason, preparedBy } = draft;
  const approver = approverOf(draft, approvedBy);
  requireUnchanged(draft, decisionIdOf(draft));
  let journal: Journal | undefined;
  let effect: Decision | undefined;
  if (draft.state.kind !== "posted") {
    requireWaiting(draft);
    await correctFirst(deps, month, rules);
    // Before the rules are put into force: what comes to something else leaves everything as it is.
    effect = await decisionEffect(clickhouse, draft, rules);
    const inForce = await deps.allocate(month, rules);
    journal = await post(clickhouse, clock, async () => {
      const { state } = await readDecision(deps, id);
      if (state.kind === "posted") return undefined; // by somebody else at this moment
      requireWaiting({ ...draft, state });
      const { closed, into } = await requireClosed(clickhouse, month);
      const runIds = await runsByNow(clickhouse, month, inForce);
      if (!runIds)
        throw new Error(`Readings of ${month} arrived while it was decided; nothing was posted: try again`);
      await requireSealedLines(clickhouse, month, runIds);
      const now = await readMonthLines(clickhouse, month, runIds);
      const entries = await differingEntries(clickhouse, closed, rules.registry, now);
      requireSame(draft, { runIds, entries }, await readAdjustmentsOf(clickhouse, month));
      return {
        journal: {
          kind: "decision",
          billingPeriod: into,
          correctsPeriod: month,
          preparedBy,
          approvedBy: approver,
          reason,
          evidence: canonicalJson({ draft: id, rulesActivatedAt: inForce.activatedAt, runs: runIds }),
          entries,
        },
      };
    });
  }
  // Also what an attempt posted that died before it told the log.
  await announce(deps.log, await readBooksOf(clickhouse, month));
  const decision = await readDecision(deps, id);
  return { decision, already: journal === undefined, ...(journal && effect && { effect }) };
}

/**
 * Takes a draft back. An approval that is under way at the same moment holds: what was posted stays.
 * @throws DraftError when it is not there, or does not wait
 */
export async function withdrawDecision(
  deps: Pick<DecisionDeps, "clickhouse" | "clock">,
  id: string,
  by: string,
): Promise<ProposedDecision> {
  const { clickhouse, clock } = deps;
  const draft = await readDecision(deps, id);
  requireWaiting(draft);
  const withdrawn = { by: nameOf("--by", by), at: clock().toISOString() };
  await insertRows(clickhouse, "decision_drafts", [rowOf(draft, withdrawn)], { token: `${id}/withdrawn` });
  const after = await readDecision(deps, id);
  if (after.state.kind !== "withdrawn") requireWaiting(after);
  return after;
}

async function readDecision(
  { clickhouse, clock }: Pick<DecisionDeps, "clickhouse" | "clock">,
  id: string,
): Promise<ProposedDecision> {
  const found = (await readDecisions(clickhouse, clock())).find((each) => each.id === id);
  if (!found) throw new DraftError(`Nothing was proposed as "${id}"; see \`apportion adjust list\``);
  return found;
}

/**
 * What a draft would come to now.
 * @throws DraftError when that is not what was proposed, and as {@link previewDecision}
 */
export async function decisionEffect(
  clickhouse: ClickHouse,
  draft: DecisionDraft,
  rules: RulesOfToday,
): Promise<Decision> {
  const foreseen = await foresee(clickhouse, draft.month, rules);
  requireSame(draft, foreseen, foreseen.decision.adjustments);
  return foreseen.decision;
}

/** Whoever approves has seen the amounts of the draft, and the adjustments of its month by then. */
function requireSame(
  draft: DecisionDraft,
  { runIds, entries }: DecisionContent,
  adjustments: readonly Adjustment[],
): void {
  const since = adjustments.filter(
    ({ state }) => state.kind === "posted" && state.journal.postedAt > draft.proposedAt,
  );
  if (since.length > 0)
    throw new DraftError(
      `${draft.id} was proposed before amounts of ${draft.month} were moved, maybe for the same cause (${since.map(({ id }) => id).join(", ")}). ${AGAIN}`,
    );
  const now = payerChanges(entries);
  const isSame =
    contentHashOf(runIds, entries) === draft.contentHash && payersText(now) === payersText(draft.payers);
  if (isSame) return;
  throw new DraftError(
    `${draft.id} would come to something else by now than was proposed: readings, owners or policies are others, or the month was decided meanwhile (${otherwiseText(draft.payers, now)}). It is approved under the configuration that it was proposed under (--config); ${AGAIN_ELSE}`,
  );
}

const AGAIN = "Withdraw it, and propose it again";
const AGAIN_ELSE = "where that is not it, withdraw it and propose it again";

/** `nlp 0.00 instead of -146.60, search 0.00 instead of 146.60, and 3 more` */
function otherwiseText(then: readonly PayerChange[], now: readonly PayerChange[]): string {
  const [said, by] = [then, now].map(
    (payers) => new Map(payers.map(({ payer, difference }) => [payer, difference])),
  ) as [Map<string, bigint>, Map<string, bigint>];
  const others = [...new Set([...said.keys(), ...by.keys()])].filter(
    (payer) => said.get(payer) !== by.get(payer),
  );
  if (others.length === 0) return "everybody pays what was proposed, by other runs or lines";
  const amount = (cents: bigint | undefined): string => decimalOfCents(cents ?? 0n);
  const named = others
    .slice(0, NAMED_MAX)
    .map((payer) => `${payer} ${amount(by.get(payer))} instead of ${amount(said.get(payer))}`);
  const rest = others.length - named.length;
  return `${named.join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}

function rowOf(
  draft: DecisionDraft,
  withdrawn?: Parameters<typeof draftColumns>[1],
): Record<string, unknown> {
  const { month, payers, contentHash } = draft;
  return {
    ...draftColumns(draft, withdrawn),
    month,
    payers: payersText(payers),
    content_hash: contentHash,
  };
}
