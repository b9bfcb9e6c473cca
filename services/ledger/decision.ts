import { totalsOfLines } from "@apportion/allocation/certificate";
import { addToTotals, type PoolTotals } from "@apportion/allocation/month-limits";
import { dailyMeters, limitedPools } from "@apportion/allocation/policy";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import { type Adjustment, readAdjustmentsOf } from "@apportion/books/ledger/adjustments";
import { type PayerChange, payerChanges } from "@apportion/books/ledger/decision";
import { correctionEntries, type Entry, type ExactMonth } from "@apportion/books/ledger/journal";
import {
  type ClosedMonth,
  closedMonths,
  evidenceOf,
  madeOfRuns,
  readBooksOf,
  type StoredJournal,
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
import { type BillingPeriod, type Day, nextBillingPeriod } from "@apportion/domain/period";
import type { Registry, Team } from "@apportion/domain/tenancy";
import { leftSince, requireSealedLines } from "./corrections.js";
import { DraftError } from "./draft.js";

/** Owners and policies under which a month is decided again: those that are configured. */
export type RulesOfToday = Pick<AllocationRules, "registry" | "policies" | "expectedReadings">;

/** What somebody has paid for a closed month, and would pay by a decision. In cents. */
export interface PayerDifference extends PayerChange {
  /** By the month's statement, and all that corrected or adjusted it. */
  readonly posted: bigint;
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
  /** Journals by which the month was decided before, the first first: it is the difference to these. */
  readonly before: readonly StoredJournal[];
  /** Whether it would post nothing; where it would, everybody may pay the same by other lines. */
  readonly isNothing: boolean;
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
 * @throws DraftError when the month is open, or the rules expect a reading that is not there
 */
export async function previewDecision(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  rules: RulesOfToday,
): Promise<Decision> {
  return (await foresee(clickhouse, month, rules)).decision;
}

/** The runs of a month's days, and what is to be posted of them. */
export interface DecisionContent {
  readonly runIds: readonly string[];
  readonly entries: readonly Entry[];
}

/** What a month would come to under rules, and what would be posted of it; in memory. */
export async function foresee(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  rules: RulesOfToday,
): Promise<{ readonly decision: Decision } & DecisionContent> {
  const { closed, into } = await requireClosed(clickhouse, month);
  const inForce = asInForce(rules);
  const visible = await visibleSnapshots(clickhouse, month);
  const runs = requireWhole(month, pinMonth(month, visible, inForce));
  const now = await computeMonth(clickhouse, month, runs, visible, inForce);
  const entries = await differingEntries(clickhouse, closed, rules.registry, now);
  const payers = differences(await readChargedFor(clickhouse, month), entries);
  const adjustments = await readAdjustmentsOf(clickhouse, month);
  const isNothing = entries.length === 0;
  const runIds = runs.map(({ runId }) => runId);
  const before = (await readBooksOf(clickhouse, month)).filter(({ kind }) => kind === "decision");
  return { decision: { month, into, payers, adjustments, before, isNothing }, runIds, entries };
}

export async function requireClosed(
  clickhouse: ClickHouse,
  month: BillingPeriod,
): Promise<{ readonly closed: ClosedMonth; readonly into: BillingPeriod }> {
  const months = await closedMonths(clickhouse);
  const closed = months.find(({ period }) => period === month);
  const last = months.at(-1);
  if (!closed || !last)
    throw new DraftError(
      `${month} is not closed: \`allocate\` decides the days of an open month under the rules of today`,
    );
  return { closed, into: nextBillingPeriod(last.period) };
}

function requireWhole(month: BillingPeriod, runs: readonly RunInputs[]): readonly RunInputs[] {
  const missing = [...new Set(runs.flatMap((run) => run.missing))].toSorted();
  if (missing.length > 0)
    throw new DraftError(
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
export async function differingEntries(
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
  return payerChanges(entries).map((change) => ({ ...change, posted: charged.get(change.payer) ?? 0n }));
}
