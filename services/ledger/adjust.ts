import {
  adjustmentIdOf,
  adjustmentJournal,
  type AdjustedSide,
  type AdjustmentDraft,
  type Proposal,
} from "@apportion/books/ledger/adjustment";
import { payerOf } from "@apportion/books/months/month";
import { type Adjustment, readAdjustments } from "@apportion/books/ledger/adjustments";
import { closedMonths, readJournals } from "@apportion/books/ledger/journals";
import { openMonth } from "@apportion/books/ledger/open-month";
import { readChargedFor } from "@apportion/books/months/read-charged";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { decimalOfCents } from "@apportion/domain/cents";
import { canonicalJson } from "@apportion/domain/hash";
import { type BillingPeriod, daysOf } from "@apportion/domain/period";
import { isEffectiveOn, type Registry } from "@apportion/domain/tenancy";
import type { EventLog } from "@apportion/event-log/log";
import { isPrintable } from "@apportion/runtime/printable";
import type { Clock } from "@apportion/runtime/service";
import { announce } from "./announce.js";
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

export interface AdjustDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly registry: Registry;
  /** With which the books begin, where that is configured. */
  readonly firstMonth: BillingPeriod | undefined;
}

/** What somebody pays for a month, and what an adjustment makes of it. In cents. */
export interface AdjustedPayer {
  /** A team's id, or idle, corporate or unallocated. */
  readonly payer: string;
  readonly month: BillingPeriod;
  /** So far: by its statement and all that was posted about the month, this adjustment left out; while it is open, by what is allocated. */
  readonly charged: bigint;
  readonly difference: bigint;
}

/** What an adjustment comes to while it is none of the books. */
export interface AdjustmentEffect {
  /** The open month into whose books it goes. */
  readonly into: BillingPeriod;
  /** Who pays less, then who pays more. */
  readonly payers: readonly [AdjustedPayer, AdjustedPayer];
}

/**
 * Puts a draft on record, which moves nothing until somebody else approves it.
 * @param expiresDays after so many days nobody can approve it
 * @throws DraftError when it could not be posted as things are, or the same waits already
 */
export async function proposeAdjustment(
  deps: AdjustDeps,
  proposal: Proposal,
  expiresDays: number,
): Promise<{ readonly draft: AdjustmentDraft; readonly effect: AdjustmentEffect }> {
  const { clickhouse, clock } = deps;
  const now = clock();
  const preparedBy = nameOf("--prepared-by", proposal.preparedBy);
  requireMove(proposal);
  const said = { ...proposal, reason: reasonOf(proposal.reason), preparedBy };
  const effect = await adjustmentEffect(deps, said);
  const same = (await readAdjustments(clickhouse, now)).find(
    (other) => other.state.kind === "waiting" && whatItMoves(other) === whatItMoves(said),
  );
  if (same)
    throw new DraftError(
      `The same waits already as ${same.id}, proposed by ${same.preparedBy}: approve or withdraw that one`,
    );
  const dated = { ...said, ...datesOf(now, expiresDays) };
  const draft = { ...dated, id: adjustmentIdOf(dated) };
  await insertRows(clickhouse, "adjustment_drafts", [rowOf(draft)], { token: `${draft.id}/proposed` });
  return { draft, effect };
}

/**
 * Posts a draft into the open month, with who prepared and who approved it. Its journal names the draft, and whoever posts looks for it at the head of the
 * ledger: however often, by whom and at what moment it is approved or was interrupted, it is posted once.
 * @returns the adjustment as it stands then, and whether it was posted before this
 * @throws DraftError when it is not there, was withdrawn, has expired, or could not be posted as things are
 */
export async function approveAdjustment(
  deps: AdjustDeps,
  id: string,
  approvedBy: string,
): Promise<{ readonly adjustment: Adjustment; readonly already: boolean }> {
  const { clickhouse, clock, log, registry } = deps;
  const draft = await readAdjustment(deps, id);
  const approver = approverOf(draft, approvedBy);
  requireUnchanged(draft, adjustmentIdOf(draft));
  const journal = await post(clickhouse, clock, async () => {
    const { state } = await readAdjustment(deps, id);
    if (state.kind === "posted") return undefined; // before, or by somebody else at this moment
    requireWaiting({ ...draft, state });
    // Proposed before such characters were refused.
    if (!isPrintable(draft.reason + draft.preparedBy))
      throw new DraftError(
        `${id} holds characters that cannot be seen: withdraw it, and propose it again without them`,
      );
    const { into } = await adjustmentEffect(deps, draft);
    const costCenters = await costCentersOf(clickhouse, registry);
    const costCenterOf = (teamId: string): string => costCenters.get(teamId) ?? "";
    return { journal: adjustmentJournal(draft, approver, into, costCenterOf) };
  });
  const adjustment = await readAdjustment(deps, id);
  // Also what an attempt posted that died before it told the log.
  if (adjustment.state.kind === "posted") await announce(log, [adjustment.state.journal]);
  return { adjustment, already: journal === undefined };
}

/**
 * Takes a draft back. An approval that is under way at the same moment holds: what was posted stays.
 * @throws DraftError when it is not there, or does not wait
 */
export async function withdrawAdjustment(deps: AdjustDeps, id: string, by: string): Promise<Adjustment> {
  const { clickhouse, clock } = deps;
  const draft = await readAdjustment(deps, id);
  requireWaiting(draft);
  const withdrawn = { by: nameOf("--by", by), at: clock().toISOString() };
  await insertRows(clickhouse, "adjustment_drafts", [rowOf(draft, withdrawn)], { token: `${id}/withdrawn` });
  const after = await readAdjustment(deps, id);
  if (after.state.kind !== "withdrawn") requireWaiting(after);
  return after;
}

/** @throws DraftError when there is none */
export async function readAdjustment(
  { clickhouse, clock }: Pick<AdjustDeps, "clickhouse" | "clock">,
  id: string,
): Promise<Adjustment> {
  const found = (await readAdjustments(clickhouse, clock())).find((each) => each.id === id);
  if (!found) throw new DraftError(`Nothing was proposed as "${id}"; see \`apportion adjust list\``);
  return found;
}

function requireMove({ from, to, cents }: Proposal): void {
  if (cents <= 0n)
    throw new DraftError("--amount must be above zero; to move it the other way, exchange --from and --to");
  if (payerOf(from) === payerOf(to) && from.period === to.period)
    throw new DraftError(
      `--to: ${payerOf(to)} in ${to.period} is what --from says; move it to somebody else, or to another month with --to-month`,
    );
}

/**
 * What an adjustment would come to now.
 * @throws DraftError when it could not be posted as the books are: a month is not in them, a team is not there, or somebody would be given back more
 *   than was charged
 */
export async function adjustmentEffect(
  { clickhouse, registry, firstMonth }: AdjustDeps,
  { from, to, cents }: Pick<Proposal, "from" | "to" | "cents">,
): Promise<AdjustmentEffect> {
  const into = await openMonth(clickhouse, firstMonth);
  if (into === undefined)
    throw new DraftError("The books have no month yet: `collect` and `allocate` one first");
  const closed = new Set((await closedMonths(clickhouse)).map(({ period }) => period));
  for (const [flag, { period }] of [
    ["--month", from],
    ["--to-month", to],
  ] as const)
    if (period !== into && !closed.has(period)) throw new DraftError(`${flag}: ${notInBooks(period, into)}`);
  const charged = await readChargedFor(clickhouse, from.period);
  const chargedTo = to.period === from.period ? charged : await readChargedFor(clickhouse, to.period);
  requirePresent("--from", from, charged, registry);
  requirePresent("--to", to, chargedTo, registry);
  const own = charged.get(payerOf(from)) ?? 0n;
  if (cents > own)
    throw new DraftError(
      `--amount: ${payerOf(from)} was charged ${decimalOfCents(own)} for ${from.period}${from.period === into ? " so far" : ""}, and ${decimalOfCents(cents)} would be taken off it: a statement must not become negative`,
    );
  return {
    into,
    payers: [
      { payer: payerOf(from), month: from.period, charged: own, difference: -cents },
      { payer: payerOf(to), month: to.period, charged: chargedTo.get(payerOf(to)) ?? 0n, difference: cents },
    ],
  };
}

function notInBooks(period: BillingPeriod, into: BillingPeriod): string {
  return period > into
    ? `${period} comes after ${into}, the open month of the books: close ${into} first`
    : `${period} is not in the books, whose open month is ${into}`;
}

/** A team is charged for months in which it is there; one that left the configuration since, for those in which it was charged. */
function requirePresent(
  flag: "--from" | "--to",
  side: AdjustedSide,
  charged: ReadonlyMap<string, bigint>,
  { teams }: Registry,
): void {
  if (side.ownerKind !== "team" || (charged.get(side.teamId) ?? 0n) !== 0n) return;
  const team = teams.find(({ id }) => id === side.teamId);
  if (!team) throw new DraftError(`${flag}: there is no team "${side.teamId}"`);
  if (!daysOf(side.period).some((day) => isEffectiveOn(team, day)))
    throw new DraftError(
      `${flag}: ${team.id} is not there in ${side.period}: it has no statement of that month`,
    );
}

/** As configured; of teams that left the configuration since, as they were posted last. */
async function costCentersOf(
  clickhouse: ClickHouse,
  { teams }: Registry,
): Promise<ReadonlyMap<string, string>> {
  const posted = (await readJournals(clickhouse)).flatMap(({ entries }) => entries);
  return new Map([
    ...posted.map(({ teamId, costCenter }) => [teamId, costCenter] as const),
    ...teams.map(({ id, costCenter }) => [id, costCenter] as const),
  ]);
}

function whatItMoves({ from, to, cents, reason }: Proposal): string {
  return canonicalJson({ from, to, amount: decimalOfCents(cents), reason });
}

function rowOf(
  draft: AdjustmentDraft,
  withdrawn?: Parameters<typeof draftColumns>[1],
): Record<string, unknown> {
  const { from, to, cents } = draft;
  return {
    ...draftColumns(draft, withdrawn),
    from_account: from.ownerKind,
    from_team: from.teamId,
    from_period: from.period,
    to_account: to.ownerKind,
    to_team: to.teamId,
    to_period: to.period,
    amount: decimalOfCents(cents),
  };
}
