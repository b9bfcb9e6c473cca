import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { formatPicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import type { EventLog } from "@apportion/event-log/log";
import { decodeEvent, EVENTS, TOPICS } from "@apportion/events/catalogue";
import { eventTypeOf } from "@apportion/events/cloud-event";
import { canonicalJson } from "@apportion/runtime/hash";
import type { AllocationLine } from "../allocation/allocate.js";
import { certify, ConservationError } from "../allocation/certificate.js";
import { factsOf, recomputables, recomputer, type RecomputableDay } from "../runs/recompute.js";
import { inputsOfRun } from "../runs/stored-runs.js";
import { hashOfLines, storedLines, type StoredLines } from "../runs/lines-table.js";
import { certificateText } from "../runs/run.js";
import { policiesOn } from "../allocation/policy.js";
import { readJournals, type StoredJournal } from "./books.js";
import { hashOf, journalIdOf, monthEntries, type Entry } from "./journal.js";
import { readMonthLines } from "./month-lines.js";

/** One thing that is not as it was sealed or posted. */
export interface Finding {
  /** `run 2026-10-03`, `journal 4`. */
  readonly where: string;
  readonly what: string;
}

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

export interface VerifyOptions {
  /** A hash, or at least its first 12 digits, that was kept outside the database: it must be in the chain. */
  readonly head?: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Computes a month again from its facts, under the rules and from the snapshots that each run names, and compares it with what
 * lies in the tables; then follows the chain of the ledger. Nothing is taken from what is to be verified but the ids of its inputs.
 */
export async function verifyMonth(
  deps: { readonly clickhouse: ClickHouse; readonly log: EventLog },
  month: BillingPeriod,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { clickhouse, log } = deps;
  const runs = await recomputables(clickhouse, month);
  const findings: Finding[] = [];
  const totals = { lines: 0, collected: 0n, allocated: 0n };
  try {
    let done = 0;
    const compute = recomputer();
    const reading = storedLines(
      clickhouse,
      runs.map(({ stored, rules }) => ({ key: stored, policies: policiesOn(rules.policies, stored.day) })),
    ); // while the first days' facts are read
    reading.catch(() => undefined); // it is awaited, and thrown, with the first day
    for await (const day of factsOf(clickhouse, runs)) {
      const { lines, collected, allocated, wrong } = verifyRun(day, compute(day), await reading);
      totals.lines += lines;
      totals.collected += collected;
      totals.allocated += allocated;
      findings.push(...wrong.map((what) => ({ where: `run of ${day.run.stored.day}`, what })));
      done += 1;
      options.onProgress?.(done, runs.length);
    }
  } catch (error) {
    // Facts that are gone or changed: what is computed from them would prove nothing.
    if (!(error instanceof ConservationError)) throw error;
    findings.push({ where: "facts", what: error.message });
  }
  const journals = await readJournals(clickhouse);
  findings.push(...(await bookFindings(clickhouse, month, journals)));
  findings.push(...chainFindings(journals), ...headFindings(journals, await announcedHeads(log)));
  if (options.head !== undefined && !journals.some(({ hash }) => hash.startsWith(options.head ?? "")))
    findings.push({ where: "ledger", what: `no journal has the hash ${options.head}` });
  return {
    month,
    days: runs.length,
    lines: totals.lines,
    journals: journals.length,
    collected: formatPicos(totals.collected),
    allocated: formatPicos(totals.allocated),
    findings,
  };
}

function verifyRun(
  { run: { stored, rules }, facts }: RecomputableDay,
  lines: readonly AllocationLine[],
  inTable: ReadonlyMap<string, StoredLines>,
): { lines: number; collected: bigint; allocated: bigint; wrong: string[] } {
  const wrong: string[] = [];
  const inputs = inputsOfRun(stored, rules);
  if (inputs.runId !== stored.runId)
    wrong.push(
      "its id is not the hash of its inputs: snapshots, ownership or policies were changed afterwards",
    );
  const computed = hashOfLines(lines);
  const lying = inTable.get(stored.runId);
  wrong.push(...(lying?.broken ?? []));
  if (lying?.hash !== computed)
    wrong.push(`its ${lying?.count ?? 0} lines are not the ${lines.length} that its inputs give`);
  try {
    const proof = certify(facts.collected, lying?.totals ?? []);
    if (certificateText(inputs.runId, proof.entries, computed) !== stored.certificate)
      wrong.push("its certificate is not the one that its inputs give");
    return { lines: lines.length, collected: proof.collected, allocated: proof.allocated, wrong };
  } catch (error) {
    if (!(error instanceof ConservationError)) throw error;
    return { lines: lines.length, collected: 0n, allocated: 0n, wrong: [...wrong, error.message] };
  }
}

const FROZEN = defineQuery({
  name: "frozen runs of a month",
  sql: "SELECT run_id FROM frozen_runs WHERE billing_period = {month:String} ORDER BY charge_day, run_id",
  params: z.object({ month: z.string() }),
  row: z.object({ run_id: z.string() }),
});

const statementEvidence = z.object({ runs: z.array(z.string()) });

/** What was posted of a closed month must be what its frozen runs come to, and those the runs that the journal names. */
async function bookFindings(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  journals: readonly StoredJournal[],
): Promise<Finding[]> {
  const statement = journals.find(
    ({ kind, billingPeriod }) => kind === "statement" && billingPeriod === month,
  );
  if (!statement) return [];
  const where = `journal ${statement.seq}`;
  const { runs } = statementEvidence.parse(JSON.parse(statement.evidence));
  const frozen = (await run(clickhouse, FROZEN, { month })).map(({ run_id }) => run_id);
  const entries = monthEntries(await readMonthLines(clickhouse, month, runs), []);
  const withoutCostCenters = statement.entries.map((entry) => ({ ...entry, costCenter: "" }));
  return [
    ...(canonicalJson(frozen) === canonicalJson(runs)
      ? []
      : [{ where, what: "the runs that are frozen are not the runs from which it was made" }]),
    ...(entriesText(withoutCostCenters) === entriesText(entries)
      ? []
      : [{ where, what: "its entries are not what the lines of its runs come to" }]),
  ];
}

function entriesText(entries: readonly Entry[]): string {
  return canonicalJson(entries.map(({ cents, ...entry }) => ({ ...entry, cents: String(cents) })));
}

/** Each journal must hash to what it says, balance, and name the hash of the one before it. */
export function chainFindings(journals: readonly StoredJournal[]): Finding[] {
  return journals.flatMap((journal, index) => {
    const where = `journal ${journal.seq}`;
    const before = journals[index - 1];
    const balance = journal.entries.reduce((sum, { cents }) => sum + cents, 0n);
    const { journalId, hash, ...content } = journal;
    return [
      ...(hashOf(content) === hash && journalIdOf(journal) === journalId
        ? []
        : [{ where, what: "its content does not give its hash: it, or one of its entries, was changed" }]),
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
