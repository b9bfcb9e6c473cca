import { totalsOfLines } from "@apportion/allocation/certificate";
import { addToTotals, type PoolTotals } from "@apportion/allocation/month-limits";
import { dailyMeters, limitedPools } from "@apportion/allocation/policy";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import { payerOf } from "@apportion/books/months/month";
import { type Adjustment, readAdjustmentsOf } from "@apportion/books/ledger/adjustments";
import {
  correctionEntries,
  type Entry,
  type ExactMonth,
  type Journal,
} from "@apportion/books/ledger/journal";
import {
  type ClosedMonth,
  closedMonths,
  evidenceOf,
  madeOfRuns,
  readBooksOf,
} from "@apportion/books/ledger/journals";
import { readMonthLines } from "@apportion/books/months/month-lines";
import { MonthSum } from "@apportion/books/months/month-sum";
import { readChargedFor } from "@apportion/books/months/read-charged";
import { computeLines } from "@apportion/books/runs/compute-lines";
import { dayCells } from "@apportion/books/runs/day-cells";
import { groupUsage } from "@apportion/books/runs/grouping";
import {
  type AllocationRules,
  pinMonth,
  type PinnedSnapshot,
  type RunInputs,
  visibleSnapshots,
} from "@apportion/books/runs/inputs";
import { recordedRules, SEMANTICS } from "@apportion/books/runs/rules";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { canonicalJson } from "@apportion/domain/hash";
import { type BillingPeriod, type Day, nextBillingPeriod } from "@apportion/domain/period";
import type { Registry, Team } from "@apportion/domain/tenancy";
import { areTwoPeople } from "@apportion/domain/two-people";
import type { EventLog } from "@apportion/event-log/log";
import { requirePrintable } from "@apportion/runtime/printable";
import type { Clock } from "@apportion/runtime/service";
import { announce } from "./announce.js";
import { CloseError } from "./close.js";
import { leftSince, postCorrection, requireSealedLines, runsByNow } from "./corrections.js";
import { post } from "./post.js";

/** Owners and policies under which a month is decided again: those that are configured. */
export type RulesOfToday = Pick<AllocationRules, "registry" | "policies" | "expectedReadings">;

export interface DecisionRequest {
  readonly month: BillingPeriod;
  readonly preparedBy: string;
  /** Somebody else than who prepared it. */
  readonly approvedBy: string;
  /** Why; kept on record. */
  readonly reason: string;
}

export interface DecisionDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Puts rules into force and seals the runs of a month under them, as the allocator does; gives back the rules as they are on record. */
  readonly allocate: (month: BillingPeriod, rules: RulesOfToday) => Promise<AllocationRules>;
}

/** What somebody has paid for a closed month, and would pay by a decision. In cents. */
export interface PayerDifference {
  /** A team's id, or idle, corporate or unallocated. */
  readonly payer: string;
  /** By the month's statement, and all that corrected or adjusted it. */
  readonly posted: bigint;
  readonly difference: bigint;
}

/** What deciding a closed month again comes to. */
export interface Decision {
  readonly month: BillingPeriod;
  /** The open month into whose books it goes. */
  readonly into: BillingPeriod;
  /** Who pays more or less; the largest difference first, whichever way it goes. */
  readonly payers: readonly PayerDifference[];
  /** Amounts that people moved of the month: they stay moved, so one that was moved for the same cause is to be moved back. */
  readonly adjustments: readonly Adjustment[];
  /** Where something was posted. */
  readonly journal?: Journal;
}

/**
 * Days of a closed month that other rules than those of its books would allocate differently; undefined while it is open. Nothing is
 * computed: a run's id is the hash of what it starts from.
 */
export async function daysUnderOtherRules(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  rules: RulesOfToday,
): Promise<Day[] | undefined> {
  const closed = (await closedMonths(clickhouse)).find(({ period }) => period === month);
  if (!closed) return undefined;
  const frozen = await recordedRules(clickhouse, closed.rulesActivatedAt);
  const visible = await visibleSnapshots(clickhouse, month);
  const now = pinMonth(month, visible, asInForce(rules));
  const then = new Map(pinMonth(month, visible, frozen).map(({ day, runId }) => [day, runId]));
  return now.filter(({ day, runId }) => then.get(day) !== runId).map(({ day }) => day);
}

/** As they would be recorded if they were activated now. */
function asInForce(rules: RulesOfToday): AllocationRules {
  return { ...rules, semantics: SEMANTICS, activatedAt: "" };
}

/**
 * What deciding a closed month again would come to, in the cents that would be posted. Writes nothing.
 * @throws CloseError when the month is open, or the rules expect a reading that is not there
 */
export async function previewDecision(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  rules: RulesOfToday,
): Promise<Decision> {
  const { closed, last } = await requireClosed(clickhouse, month);
  const inForce = asInForce(rules);
  const visible = await visibleSnapshots(clickhouse, month);
  const runs = requireWhole(month, pinMonth(month, visible, inForce));
  const now = await computeMonth(clickhouse, month, runs, visible, inForce);
  const entries = await differingEntries(clickhouse, closed, rules.registry, now);
  return {
    month,
    into: nextBillingPeriod(last.period),
    payers: differences(await readChargedFor(clickhouse, month), entries),
    adjustments: await readAdjustmentsOf(clickhouse, month),
  };
}

/**
 * Decides a closed month again under the rules of today: the difference to all that was posted of it goes into the open month, with who
 * decided so and why. Its own statement and runs stay. Later restatements of the month follow the rules of its last decision.
 * @returns the decision, without a journal when it makes no difference
 */
export async function decideAgain(
  deps: DecisionDeps,
  { month, preparedBy, approvedBy, reason }: DecisionRequest,
  rules: RulesOfToday,
): Promise<Decision> {
  const { clickhouse, clock } = deps;
  requirePrintable({ "--prepared-by": preparedBy, "--approved-by": approvedBy, "--reason": reason });
  if (!areTwoPeople(preparedBy, approvedBy))
    throw new CloseError("--prepared-by and --approved-by must be two people, each by their name");
  if (reason.trim() === "") throw new CloseError("--reason must say why the month is decided again");
  const { registry } = rules;
  await requireClosed(clickhouse, month);
  requireWhole(month, pinMonth(month, await visibleSnapshots(clickhouse, month), asInForce(rules)));
  // What sources said since the close is no decision: it is posted as what it is, under the rules that hold so far.
  await postCorrection({ clickhouse, clock, registry }, month);
  const inForce = await deps.allocate(month, rules);
  let payers: readonly PayerDifference[] = [];
  const journal = await post(clickhouse, clock, async () => {
    const { closed, last } = await requireClosed(clickhouse, month);
    const runIds = await runsByNow(clickhouse, month, inForce);
    if (!runIds)
      throw new Error(`Readings of ${month} arrived while it was decided; nothing was posted: try again`);
    await requireSealedLines(clickhouse, month, runIds);
    const now = await readMonthLines(clickhouse, month, runIds);
    const entries = await differingEntries(clickhouse, closed, registry, now);
    payers = differences(await readChargedFor(clickhouse, month), entries);
    if (entries.length === 0) return undefined;
    return {
      journal: {
        kind: "decision",
        billingPeriod: nextBillingPeriod(last.period),
        correctsPeriod: month,
        preparedBy,
        approvedBy,
        reason,
        evidence: canonicalJson({ rulesActivatedAt: inForce.activatedAt, runs: runIds }),
        entries,
      },
    };
  });
  await announce(deps.log, await readBooksOf(clickhouse, month));
  const { last } = await requireClosed(clickhouse, month);
  const into = journal?.billingPeriod ?? nextBillingPeriod(last.period);
  const adjustments = await readAdjustmentsOf(clickhouse, month);
  return { month, into, payers, adjustments, ...(journal && { journal }) };
}

async function requireClosed(
  clickhouse: ClickHouse,
  month: BillingPeriod,
): Promise<{ readonly closed: ClosedMonth; readonly last: ClosedMonth }> {
  const months = await closedMonths(clickhouse);
  const closed = months.find(({ period }) => period === month);
  const last = months.at(-1);
  if (!closed || !last)
    throw new CloseError(`${month} is open: \`allocate\` decides its days under the rules of today`);
  return { closed, last };
}

function requireWhole(month: BillingPeriod, runs: readonly RunInputs[]): readonly RunInputs[] {
  const missing = [...new Set(runs.flatMap((run) => run.missing))].toSorted();
  if (missing.length > 0)
    throw new CloseError(
      `${month} cannot be decided under these rules: they expect readings that are not there: ${missing.join(", ")}. Collect them first`,
    );
  return runs;
}

/** What a month comes to under rules, by what allocates it; in memory. Its last day, which holds it within limits, comes last. */
async function computeMonth(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  runs: readonly RunInputs[],
  visible: readonly PinnedSnapshot[],
  rules: AllocationRules,
): Promise<ExactMonth> {
  const ids = visible.filter(({ dataset }) => dataset === "usage").map(({ snapshotId }) => snapshotId);
  const usage = await groupUsage(clickhouse, month, ids, rules.registry, dailyMeters(rules.policies));
  const sum = new MonthSum();
  const sources = new Map<string, bigint>();
  let totals: PoolTotals = new Map();
  for await (const lot of dayCells(clickhouse, runs, rules.registry))
    for (const { inputs, read } of lot) {
      const ofDay = computeLines(inputs, read, usage, rulesOn(rules, inputs.day), totals);
      totals = addToTotals(totals, ofDay, limitedPools(rules.policies));
      sum.add(ofDay);
      for (const { source, amount } of totalsOfLines(ofDay))
        sources.set(source, (sources.get(source) ?? 0n) + amount);
    }
  return { lines: sum.lines(), sources: [...sources].map(([source, picos]) => ({ source, picos })) };
}

/** The entries that bring what was posted of a month's runs to what it comes to now; what people moved of it stays moved. */
async function differingEntries(
  clickhouse: ClickHouse,
  { period, rulesActivatedAt }: ClosedMonth,
  registry: Registry,
  now: ExactMonth,
): Promise<readonly Entry[]> {
  const books = madeOfRuns(await readBooksOf(clickhouse, period));
  const before = evidenceOf(books.at(-1));
  await requireSealedLines(clickhouse, period, before);
  const posted = books.flatMap(({ entries }) => entries);
  const then = await recordedRules(clickhouse, rulesActivatedAt);
  const teams: Team[] = [...leftSince(then.registry.teams, registry.teams, posted), ...registry.teams];
  return correctionEntries(now, await readMonthLines(clickhouse, period, before), posted, teams);
}

/** @param charged what everybody pays for the month so far */
function differences(charged: ReadonlyMap<string, bigint>, entries: readonly Entry[]): PayerDifference[] {
  const byPayer = new Map<string, bigint>();
  for (const { account, teamId, cents } of entries) {
    if (account === "clearing") continue;
    const payer = payerOf({ ownerKind: account, teamId });
    byPayer.set(payer, (byPayer.get(payer) ?? 0n) + cents);
  }
  const size = (amount: bigint): bigint => (amount < 0n ? -amount : amount);
  return [...byPayer]
    .map(([payer, difference]) => ({ payer, posted: charged.get(payer) ?? 0n, difference }))
    .filter(({ difference }) => difference !== 0n)
    .toSorted((a, b) => Number(size(b.difference) - size(a.difference)) || (a.payer < b.payer ? -1 : 1));
}
