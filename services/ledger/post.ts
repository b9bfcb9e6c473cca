import {
  chain,
  chargedBy,
  type Journal,
  type JournalDraft,
  journalIdOf,
} from "@apportion/books/ledger/journal";
import { journalsAfter, ledgerHead } from "@apportion/books/ledger/journals";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { amountOfCents } from "@apportion/domain/cents";
import type { Day } from "@apportion/domain/period";

/** The run that a statement freezes for each of its days. */
export interface FrozenRun {
  readonly day: Day;
  readonly runId: string;
}

/**
 * Posts what `draft` makes of the books as they are, or nothing when it makes nothing of them. Several posters may compete:
 * the place in the ledger is the deduplication token of the row that posts, so ClickHouse stores the first and drops the others,
 * who see that and look at the books again. Interrupted anywhere, what was written counts wholly or not at all.
 */
export async function post(
  clickhouse: ClickHouse,
  clock: () => Date,
  draft: () => Promise<{ journal: JournalDraft; runs?: readonly FrozenRun[] } | undefined>,
): Promise<Journal | undefined> {
  for (;;) {
    const head = await ledgerHead(clickhouse);
    const made = await draft();
    if (!made) return undefined;
    const journal = chain(made.journal, head, clock());
    await insertEntries(clickhouse, journal, made.runs ?? []);
    await insertRows(clickhouse, "journals", [journalRow(journal)], { token: `journal/${journal.seq}` });
    const [winner] = await journalsAfter(clickhouse, journal.seq - 1n);
    if (winner?.hash === journal.hash) return journal;
  }
}

async function insertEntries(
  clickhouse: ClickHouse,
  journal: Journal,
  runs: readonly FrozenRun[],
): Promise<void> {
  const journalId = journalIdOf(journal);
  const entries = journal.entries.map((entry, line) => ({
    journal_id: journalId,
    line,
    account: entry.account,
    side: entry.cents > 0n ? "debit" : "credit",
    team_id: entry.teamId,
    cost_center: entry.costCenter,
    source: entry.source,
    category: entry.category,
    basis: entry.basis,
    pool: entry.pool,
    method: entry.method,
    reason: entry.reason,
    concerns_period: entry.concerns ?? "",
    amount: amountOfCents(entry.cents < 0n ? -entry.cents : entry.cents),
  }));
  await insertRows(clickhouse, "journal_entries", entries, { token: `${journalId}/entries` });
  const frozen = runs.map(({ day, runId }) => ({
    journal_id: journalId,
    billing_period: journal.billingPeriod,
    charge_day: day,
    run_id: runId,
  }));
  await insertRows(clickhouse, "closed_runs", frozen, { token: `${journalId}/runs` });
}

function journalRow(journal: Journal): Record<string, unknown> {
  return {
    seq: String(journal.seq),
    journal_id: journalIdOf(journal),
    kind: journal.kind,
    billing_period: journal.billingPeriod,
    corrects_period: journal.correctsPeriod,
    posted_at: journal.postedAt,
    prepared_by: journal.preparedBy,
    approved_by: journal.approvedBy,
    reason: journal.reason,
    charged: amountOfCents(chargedBy(journal)),
    entry_count: journal.entries.length,
    evidence: journal.evidence,
    previous_hash: journal.previousHash,
    hash: journal.hash,
  };
}
