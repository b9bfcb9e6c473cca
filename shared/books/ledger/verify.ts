import { z } from "zod";
import { certify, ConservationError } from "@apportion/allocation/certificate";
import type { Allocation } from "@apportion/allocation/line";
import { policiesOn } from "@apportion/allocation/policy";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import { countLines } from "@apportion/allocation/strips";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { amountOfCents, sumOfCents } from "@apportion/domain/cents";
import { canonicalJson } from "@apportion/domain/hash";
import { formatPicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { areTwoPeople } from "@apportion/domain/two-people";
import type { EventLog } from "@apportion/event-log/log";
import { decodeEvent, EVENTS, TOPICS } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { readMonthLines } from "../months/month-lines.js";
import { reconcile, type Reconciliation } from "../reconcile/reconcile.js";
import { certificateText, computeLines, poolTotals } from "../runs/compute-lines.js";
import type { AllocationRules } from "../runs/inputs.js";
import { hashOfLines } from "../runs/line-hash.js";
import { storedLines, type StoredLines } from "../runs/lines-table.js";
import {
  cellsOf,
  type Recomputable,
  type RecomputableDay,
  recomputablesOf,
  recomputer,
} from "../runs/recompute.js";
import { recordedRules } from "../runs/rules.js";
import { inputsOfRun, runsOfMonth, type StoredRun } from "../runs/stored-runs.js";
import { type AdjustmentDraft, adjustmentIdOf, adjustmentJournal } from "./adjustment.js";
import { readAdjustments } from "./adjustments.js";
import { contentHashOf, type DecisionDraft, decisionIdOf, payerChanges, payersText } from "./decision.js";
import { readDecisions } from "./decisions.js";
import {
  chargedBy,
  correctionEntries,
  type Entry,
  type ExactMonth,
  hashOf,
  journalIdOf,
  monthEntries,
} from "./journal.js";
import { booksOf, draftIdOf, evidenceOf, madeOfRuns, readJournals, type StoredJournal } from "./journals.js";
import { type Finding, readingFindings } from "./verify-readings.js";

export interface Verification {
  readonly month: BillingPeriod;
  readonly days: number;
  readonly lines: number;
  readonly journals: number;
  /** Exact decimal amounts: equal when nothing was found. */
  readonly collected: string;
  readonly allocated: string;
  readonly findings: readonly Finding[];
}

/** What the close looks at, read once so that gates and posting see the same. */
export interface MonthEvidence {
  readonly runs: readonly StoredRun[];
  readonly rules: AllocationRules;
  readonly reconciliation: Reconciliation;
  readonly verification: Verification;
}

export interface VerifyOptions {
  /** A hash, or at least its first 12 digits, that was kept outside the database: it must be in the chain. */
  readonly head?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What the gates of a month's close look at; the month is computed again for it. */
export async function gatherEvidence(
  {
    onProgress,
    ...deps
  }: {
    readonly clickhouse: ClickHouse;
    readonly log: EventLog;
    readonly onProgress?: VerifyOptions["onProgress"];
  },
  month: BillingPeriod,
): Promise<MonthEvidence> {
  return {
    runs: await runsOfMonth(deps.clickhouse, month),
    rules: await recordedRules(deps.clickhouse),
    reconciliation: await reconcile(deps.clickhouse, month),
    verification: await verifyMonth(deps, month, onProgress && { onProgress }),
  };
}

/**
 * Holds the cells of a month against its facts, computes it again from them, under the rules and from the snapshots that each run names, and
 * compares it with what lies in the tables; then follows the chain of the ledger. Nothing is taken from what is to be verified but the ids of its inputs.
 */
export async function verifyMonth(
  deps: { readonly clickhouse: ClickHouse; readonly log: EventLog },
  month: BillingPeriod,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { clickhouse, log } = deps;
  const findings: Finding[] = [];
  const journals = await readJournals(clickhouse);
  const books = booksOf(journals, month);
  let totals: RunTotals = { days: 0, lines: 0, collected: 0n, allocated: 0n };
  const evidence = books.flatMap(evidenceOf);
  const counting = await runsOfMonth(clickhouse, month);
  const readings = readingFindings(clickhouse, [
    ...counting,
    ...(await runsOfMonth(clickhouse, month, evidence)),
  ]); // while the runs are computed
  readings.catch(() => undefined); // it is awaited, and thrown, after them
  try {
    const current = await recomputablesOf(clickhouse, month, counting);
    const compute = recomputer();
    const verified = await verifyRuns(clickhouse, current, async (day) => compute(day), options.onProgress);
    totals = verified.totals;
    findings.push(...verified.findings);
    // A correction was made from runs that do not count themselves; what they come to was posted all the same.
    const known = new Set(current.map(({ stored }) => stored.runId));
    for (const journal of books) {
      const runIds = evidenceOf(journal);
      if (runIds.every((id) => known.has(id))) continue;
      const runs = await runsOfMonth(clickhouse, month, runIds);
      const others = await recomputablesOf(
        clickhouse,
        month,
        runs.filter(({ runId }) => !known.has(runId)),
      );
      const behind = await verifyRuns(clickhouse, others, (day) => computeAlone(clickhouse, day));
      findings.push(...behind.findings);
      for (const { runId } of runs) known.add(runId);
    }
  } catch (error) {
    // Readings that are gone or changed: what is computed from them would prove nothing.
    if (!(error instanceof ConservationError)) throw error;
    findings.push({ where: "readings", what: error.message });
  }
  findings.unshift(...(await readings));
  findings.push(...(await bookFindings(clickhouse, month, books)));
  findings.push(...(await draftFindings(clickhouse, books, journals)));
  findings.push(...chainFindings(journals), ...headFindings(journals, await announcedHeads(log)));
  if (options.head !== undefined && !journals.some(({ hash }) => hash.startsWith(options.head ?? "")))
    findings.push({ where: "ledger", what: `no journal has the hash ${options.head}` });
  return {
    month,
    days: totals.days,
    lines: totals.lines,
    journals: journals.length,
    collected: formatPicos(totals.collected),
    allocated: formatPicos(totals.allocated),
    findings,
  };
}

interface RunTotals {
  readonly days: number;
  readonly lines: number;
  readonly collected: bigint;
  readonly allocated: bigint;
}

async function verifyRuns(
  clickhouse: ClickHouse,
  runs: readonly Recomputable[],
  compute: (day: RecomputableDay) => Promise<Allocation>,
  onProgress: VerifyOptions["onProgress"] = () => undefined,
): Promise<{ readonly totals: RunTotals; readonly findings: readonly Finding[] }> {
  const findings: Finding[] = [];
  const totals = { days: 0, lines: 0, collected: 0n, allocated: 0n };
  const reading = storedLines(
    clickhouse,
    runs.map(({ stored, rules }) => ({ key: stored, policies: policiesOn(rules.policies, stored.day) })),
  ); // while the first days' cells are read
  reading.catch(() => undefined); // it is awaited, and thrown, with the first day
  for await (const day of cellsOf(clickhouse, runs)) {
    const { lines, collected, allocated, wrong } = verifyRun(day, await compute(day), await reading);
    totals.days += 1;
    totals.lines += lines;
    totals.collected += collected;
    totals.allocated += allocated;
    findings.push(...wrong.map((what) => ({ where: `run of ${day.run.stored.day}`, what })));
    onProgress(totals.days, runs.length);
  }
  return { totals, findings };
}

/** A run by itself. Limits of the month look at the lines of its other days, which are verified in their turn. */
async function computeAlone(
  clickhouse: ClickHouse,
  { run: { stored, rules, usage }, read }: RecomputableDay,
): Promise<Allocation> {
  const inputs = inputsOfRun(stored, rules);
  const totals = await poolTotals(clickhouse, stored.billingPeriod, inputs.monthRunIds, rules.policies);
  return computeLines(inputs, read, usage, rulesOn(rules, stored.day), totals);
}

function verifyRun(
  { run: { stored, rules }, read }: RecomputableDay,
  allocation: Allocation,
  inTable: ReadonlyMap<string, StoredLines>,
): { lines: number; collected: bigint; allocated: bigint; wrong: string[] } {
  const wrong: string[] = [];
  const inputs = inputsOfRun(stored, rules);
  if (inputs.runId !== stored.runId)
    wrong.push(
      "its id is not the hash of its inputs: snapshots, ownership or policies were changed afterwards",
    );
  const computed = hashOfLines(allocation);
  const lines = countLines(allocation);
  const found = inTable.get(stored.runId);
  wrong.push(...(found?.broken ?? []));
  if (found?.hash !== computed)
    wrong.push(`its ${found?.count ?? 0} lines are not the ${lines} that its inputs give`);
  try {
    const proof = certify(read.collected, found?.totals ?? []);
    const { shown } = stored;
    if (shown.lines !== lines || shown.collected !== proof.collected || shown.allocated !== proof.allocated)
      wrong.push(
        `its seal says ${shown.lines} lines, ${formatPicos(shown.collected)} collected and ${formatPicos(shown.allocated)} allocated`,
      );
    if (certificateText(inputs.runId, proof.entries, computed) !== stored.certificate)
      wrong.push("its certificate is not the one that its inputs give");
    return { lines, collected: proof.collected, allocated: proof.allocated, wrong };
  } catch (error) {
    if (!(error instanceof ConservationError)) throw error;
    return { lines, collected: 0n, allocated: 0n, wrong: [...wrong, error.message] };
  }
}

const FROZEN = defineQuery({
  name: "frozen runs of a month",
  sql: "SELECT run_id FROM frozen_runs WHERE billing_period = {month:String} ORDER BY charge_day, run_id",
  params: z.object({ month: z.string() }),
  row: z.object({ run_id: z.string() }),
});

/**
 * What was posted of a closed month must be what the runs come to that each of its journals names: the statement what its frozen runs
 * come to, a correction what the month by then differed by from what was posted before.
 */
async function bookFindings(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  books: readonly StoredJournal[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  let before: ExactMonth = { lines: [], sources: [] };
  const posted: Entry[] = [];
  for (const journal of madeOfRuns(books)) {
    const where = `journal ${journal.seq}`;
    const runs = evidenceOf(journal);
    if (journal.kind === "statement") {
      const frozen = (await select(clickhouse, FROZEN, { month })).map(({ run_id }) => run_id);
      if (canonicalJson(frozen) !== canonicalJson(runs))
        findings.push({ where, what: "the runs that are frozen are not the runs from which it was made" });
    }
    const exact = await readMonthLines(clickhouse, month, runs);
    const entries =
      journal.kind === "statement" ? monthEntries(exact, []) : correctionEntries(exact, before, posted, []);
    if (entriesText(entries) !== entriesText(journal.entries))
      findings.push({ where, what: "its entries are not what the lines of its runs come to" });
    posted.push(...journal.entries);
    before = exact;
  }
  return findings;
}

/**
 * What two people decided must say what its draft says, be its only journal, and be two people's with a reason; a draft must be the one that was proposed.
 * Decisions of a time when they had no draft name none, as long as none before them does.
 */
async function draftFindings(
  clickhouse: ClickHouse,
  books: readonly StoredJournal[],
  journals: readonly StoredJournal[],
): Promise<Finding[]> {
  const made = books.filter(({ kind }) => kind === "adjustment" || kind === "decision");
  if (made.length === 0) return [];
  const [adjustments, decisions] = [
    await readAdjustments(clickhouse, new Date(0)),
    await readDecisions(clickhouse, new Date(0)),
  ];
  const drafts = new Map<string, (journal: StoredJournal) => boolean>([
    ...adjustments.map((draft) => [draft.id, isSaidByAdjustment(draft)] as const),
    ...decisions.map((draft) => [draft.id, isSaidByDecision(draft)] as const),
  ]);
  const first = new Map<string, StoredJournal>();
  for (const journal of journals) {
    const id = draftIdOf(journal);
    if (!first.has(id)) first.set(id, journal);
  }
  const drafted = journals.filter((journal) => journal.kind === "decision" && draftIdOf(journal) !== "");
  const firstDrafted = drafted[0]?.seq;
  return made.flatMap((journal) => {
    const where = `journal ${journal.seq}`;
    const id = draftIdOf(journal);
    const found: string[] = [];
    if (!areTwoPeople(journal.preparedBy, journal.approvedBy))
      found.push("who prepared it and who approved it are not two people");
    if (journal.reason === "") found.push("it has no reason");
    if (id === "") {
      const isOfBefore = firstDrafted === undefined || journal.seq < firstDrafted;
      if (journal.kind === "adjustment" || !isOfBefore) found.push("it names no draft");
    } else {
      const isSaid = drafts.get(id);
      const before = first.get(id);
      if (!isSaid) found.push(`the draft ${id} that it was made of is not there`);
      else if (!isSaid(journal)) found.push(`it is not what its draft ${id} says: one of them was changed`);
      if (before && before.seq !== journal.seq)
        found.push(`its draft ${id} was posted already, as journal ${before.seq}`);
    }
    return found.map((what) => ({ where, what }));
  });
}

function isSaidByAdjustment(draft: AdjustmentDraft) {
  return (journal: StoredJournal): boolean => {
    const said = adjustmentJournal(draft, journal.approvedBy, journal.billingPeriod, () => "");
    return (
      journal.kind === "adjustment" &&
      adjustmentIdOf(draft) === draft.id &&
      entriesText(said.entries) === entriesText(journal.entries) &&
      [said.preparedBy, said.reason, said.correctsPeriod].join() ===
        [journal.preparedBy, journal.reason, journal.correctsPeriod].join()
    );
  };
}

function isSaidByDecision(draft: DecisionDraft) {
  return (journal: StoredJournal): boolean =>
    journal.kind === "decision" &&
    decisionIdOf(draft) === draft.id &&
    contentHashOf(evidenceOf(journal), journal.entries) === draft.contentHash &&
    payersText(payerChanges(journal.entries)) === payersText(draft.payers) &&
    [draft.preparedBy, draft.reason, draft.month].join() ===
      [journal.preparedBy, journal.reason, journal.correctsPeriod].join();
}

/** Cost centers are those of the day of posting: no run has them. */
function entriesText(entries: readonly Entry[]): string {
  return canonicalJson(
    entries.map(({ cents, costCenter: _costCenter, ...entry }) => ({ ...entry, cents: String(cents) })),
  );
}

/** Each journal must hash to what it says, balance, and name the hash of the one before it. */
function chainFindings(journals: readonly StoredJournal[]): Finding[] {
  return journals.flatMap((journal, index) => {
    const where = `journal ${journal.seq}`;
    const before = journals[index - 1];
    const balance = sumOfCents(journal.entries);
    const { journalId, hash, shown, ...content } = journal;
    return [
      ...(hashOf(content) === hash && journalIdOf(journal) === journalId
        ? []
        : [{ where, what: "its content does not give its hash: it, or one of its entries, was changed" }]),
      ...(shown.entries === journal.entries.length && shown.chargedCents === chargedBy(journal)
        ? []
        : [
            {
              where,
              what: `its row says ${shown.entries} entries that charge ${amountOfCents(shown.chargedCents)}`,
            },
          ]),
      ...(balance === 0n ? [] : [{ where, what: `its debits exceed its credits by ${balance} cents` }]),
      ...(journal.seq === BigInt(index + 1)
        ? []
        : [{ where, what: `it is in place ${index + 1} of the ledger` }]),
      ...(journal.previousHash === (before?.hash ?? "")
        ? []
        : [{ where, what: "it does not name the hash of the journal before it" }]),
    ];
  });
}

/** What the event log, which lies outside the database, was told of each journal. */
function headFindings(journals: readonly StoredJournal[], heads: ReadonlyMap<string, string>): Finding[] {
  return [...heads].flatMap(([seq, hash]) => {
    const journal = journals.find((each) => String(each.seq) === seq);
    const where = `journal ${seq}`;
    if (!journal) return [{ where, what: "the event log knows it, the tables do not" }];
    return journal.hash === hash
      ? []
      : [{ where, what: "its hash is not the one that the event log was told" }];
  });
}

async function announcedHeads(log: EventLog): Promise<Map<string, string>> {
  const heads = new Map<string, string>();
  for await (const message of log.replay(TOPICS.ledger.name)) {
    if (eventTypeOf(message.headers) !== EVENTS.journalPosted.type) continue;
    const decoded = decodeEvent("journalPosted", message.value);
    if (decoded.ok) heads.set(String(decoded.data.seq), decoded.data.hash);
  }
  return heads;
}
