import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { CATEGORIES } from "@apportion/domain/category";
import { JOURNAL_KINDS } from "@apportion/domain/journal-kind";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { aboutMonth, type Entry, type Journal } from "./journal.js";

const cents = z.string().transform((text) => parsePicos(text) / PICOS_PER_CENT);
const seq = z.string().transform(BigInt);
const instant = z.string().transform((text) => `${text.replace(" ", "T")}Z`);
const period = z.string().transform((text) => text as BillingPeriod);

const JOURNALS = defineQuery({
  name: "journals",
  sql: `SELECT DISTINCT seq, journal_id, kind, billing_period, corrects_period, toString(posted_at) AS posted, prepared_by, approved_by,
  reason, toString(charged) AS charged_text, entry_count, evidence, previous_hash, hash FROM journals WHERE seq > {after:UInt64} ORDER BY seq, journal_id`,
  params: z.object({ after: z.string() }),
  row: z.object({
    seq,
    journal_id: z.string(),
    kind: z.enum(JOURNAL_KINDS),
    billing_period: period,
    corrects_period: z.string().transform((text) => text as BillingPeriod | ""),
    posted: instant,
    prepared_by: z.string(),
    approved_by: z.string(),
    reason: z.string(),
    charged_text: cents,
    entry_count: z.number(),
    evidence: z.string(),
    previous_hash: z.string(),
    hash: z.string(),
  }),
});
type JournalRow = z.infer<(typeof JOURNALS)["row"]>;

const HEAD = defineQuery({
  name: "head of the ledger",
  sql: "SELECT seq, hash FROM journals ORDER BY seq DESC LIMIT 1",
  params: z.object({}),
  row: z.object({ seq, hash: z.string() }),
});

const ENTRIES = defineQuery({
  name: "entries of journals",
  sql: `SELECT DISTINCT journal_id, line, account, side, team_id, cost_center, source, category, basis, pool, method, reason,
  concerns_period, toString(amount) AS amount_text FROM journal_entries
WHERE journal_id IN {journalIds:Array(String)} ORDER BY journal_id, line`,
  params: z.object({ journalIds: z.array(z.string()) }),
  row: z.object({
    journal_id: z.string(),
    account: z.enum(["team", "idle", "corporate", "unallocated", "clearing"]),
    side: z.enum(["debit", "credit"]),
    team_id: z.string(),
    cost_center: z.string(),
    source: z.string(),
    category: z.enum(["", ...CATEGORIES]),
    basis: z.string(),
    pool: z.string(),
    method: z.string(),
    reason: z.string(),
    concerns_period: z.string().transform((text) => text as BillingPeriod | ""),
    amount_text: cents,
  }),
});

/** A journal as it lies in the tables, with the id under which its entries lie. */
export interface StoredJournal extends Journal {
  readonly journalId: string;
  /** What its row says of its entries, for people: no hash covers it. */
  readonly shown: { readonly chargedCents: bigint; readonly entries: number };
}

/**
 * All journals, or those that `concerns` names, in their order. What was stored twice, alike in every column, is read
 * once: see the view `posted_entries`.
 */
export async function readJournals(
  clickhouse: ClickHouse,
  concerns: (journal: Pick<JournalRow, "kind" | "billing_period" | "corrects_period">) => boolean = () =>
    true,
): Promise<StoredJournal[]> {
  const rows = (await journalsAfter(clickhouse, 0n)).filter(concerns);
  const entries = await select(clickhouse, ENTRIES, { journalIds: rows.map(({ journal_id }) => journal_id) });
  const byJournal = new Map<string, Entry[]>();
  for (const row of entries) {
    const own = byJournal.get(row.journal_id) ?? [];
    own.push({
      account: row.account,
      teamId: row.team_id,
      costCenter: row.cost_center,
      source: row.source,
      category: row.category,
      basis: row.basis,
      pool: row.pool,
      method: row.method,
      reason: row.reason,
      ...(row.concerns_period !== "" && { concerns: row.concerns_period }),
      cents: row.side === "debit" ? row.amount_text : -row.amount_text,
    });
    byJournal.set(row.journal_id, own);
  }
  return rows.map((row) => ({
    seq: row.seq,
    journalId: row.journal_id,
    shown: { chargedCents: row.charged_text, entries: row.entry_count },
    kind: row.kind,
    billingPeriod: row.billing_period,
    correctsPeriod: row.corrects_period,
    postedAt: row.posted,
    preparedBy: row.prepared_by,
    approvedBy: row.approved_by,
    reason: row.reason,
    evidence: row.evidence,
    previousHash: row.previous_hash,
    hash: row.hash,
    entries: byJournal.get(row.journal_id) ?? [],
  }));
}

/** Rows of journals behind a place in the ledger, in their order: two that were posted at once have the same place, and the first holds. */
export async function journalsAfter(clickhouse: ClickHouse, after: bigint): Promise<JournalRow[]> {
  return select(clickhouse, JOURNALS, { after: String(after) });
}

/** Place and hash of the journal that was posted last; empty while none is. */
export async function ledgerHead(
  clickhouse: ClickHouse,
): Promise<{ readonly seq: bigint; readonly hash: string }> {
  return (await select(clickhouse, HEAD, {}))[0] ?? { seq: 0n, hash: "" };
}

/** What was posted of a month so far: its statement, and corrections, decisions and adjustments of it. Of an open month adjustments alone. */
export async function readBooksOf(clickhouse: ClickHouse, month: BillingPeriod): Promise<StoredJournal[]> {
  return readJournals(
    clickhouse,
    ({ billing_period, corrects_period }) =>
      aboutMonth({ billingPeriod: billing_period, correctsPeriod: corrects_period }) === month,
  );
}

/** As {@link readBooksOf}, of journals that were read already. */
export function booksOf(journals: readonly StoredJournal[], month: BillingPeriod): StoredJournal[] {
  return journals.filter((journal) => aboutMonth(journal) === month);
}

/**
 * Journals of a month that were made of its runs, each of what it differed by from those before it. Adjustments stand beside them: no restatement and no
 * decision undoes what people moved.
 */
export function madeOfRuns(books: readonly StoredJournal[]): StoredJournal[] {
  return books.filter(({ kind }) => kind !== "adjustment");
}

const runsEvidence = z.object({ runs: z.array(z.string()) });

/** Runs from which a journal was made; an adjustment was made of none. */
export function evidenceOf(journal: Journal | undefined): string[] {
  return journal && journal.kind !== "adjustment"
    ? runsEvidence.parse(JSON.parse(journal.evidence)).runs
    : [];
}

const draftEvidence = z.object({ draft: z.string().optional() });

/** The draft that an adjustment or a decision was made of; empty for other journals, and for decisions of a time when they had none. */
export function draftIdOf({ evidence }: Pick<StoredJournal, "evidence">): string {
  return draftEvidence.parse(JSON.parse(evidence)).draft ?? "";
}

/** Adjustments, or decisions, by the draft that each was made of. */
export async function readDrafted(
  clickhouse: ClickHouse,
  of: "adjustment" | "decision",
): Promise<ReadonlyMap<string, StoredJournal>> {
  const journals = await readJournals(clickhouse, ({ kind }) => kind === of);
  return new Map(journals.map((journal) => [draftIdOf(journal), journal]));
}

export interface ClosedMonth {
  readonly period: BillingPeriod;
  /** Since when the rules were in force under which it was closed, or decided again last; ClickHouse DateTime64 text in UTC. */
  readonly rulesActivatedAt: string;
}

const decidedEvidence = z.object({ rulesActivatedAt: z.string() });

/** Closed months, the earliest first. */
export async function closedMonths(clickhouse: ClickHouse): Promise<ClosedMonth[]> {
  const rows = await journalsAfter(clickhouse, 0n);
  const rules = new Map(
    rows // in the order in which they were posted, so the last decision holds
      .filter(({ kind }) => kind === "statement" || kind === "decision")
      .map(({ billing_period, corrects_period, evidence }) => [
        aboutMonth({ billingPeriod: billing_period, correctsPeriod: corrects_period }),
        decidedEvidence.parse(JSON.parse(evidence)).rulesActivatedAt,
      ]),
  );
  return [...rules]
    .map(([closed, rulesActivatedAt]) => ({ period: closed, rulesActivatedAt }))
    .toSorted((a, b) => (a.period < b.period ? -1 : 1));
}
