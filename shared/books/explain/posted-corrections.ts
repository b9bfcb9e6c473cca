import type { ClickHouse } from "@apportion/clickhouse/client";
import { select } from "@apportion/clickhouse/query";
import type { Category } from "@apportion/domain/category";
import type { JournalKind } from "@apportion/domain/journal-kind";
import { formatPicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { evidenceOf, madeOfRuns, readBooksOf, type StoredJournal } from "../ledger/journals.js";
import { CHANGED_DAYS, type ChangedDayRow, CORRECTIONS } from "./queries.js";

export interface PostedCorrection {
  /** Place of its journal in the ledger. */
  readonly seq: string;
  readonly kind: Exclude<JournalKind, "statement">;
  /** Of an adjustment, as its preparer gave it, and of a decision; of a correction that the month was restated. */
  readonly reason: string;
  /** In which it is charged. */
  readonly billingPeriod: BillingPeriod;
  readonly correctsPeriod: BillingPeriod;
  readonly category: Category;
  readonly pool: string;
  readonly charged: string;
  readonly postedAt: string;
  /** The days from which it comes, exactly: to the cents that are charged they add up but for rounding. An adjustment comes from none. */
  readonly days: readonly ChangedDay[];
}

/** A day of a closed month as it was posted last, and as it was allocated again. */
export interface ChangedDay {
  readonly day: Day;
  readonly before: string;
  readonly now: string;
  readonly difference: string;
  readonly runBefore: string;
  readonly runNow: string;
}

/** What was posted into a month for a payer beside the statement, and about it into later ones, down to the days that were allocated again. */
export async function postedCorrections(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  team: string,
): Promise<PostedCorrection[]> {
  const corrections = await select(clickhouse, CORRECTIONS, { month, team });
  const changes = new Map<string, ChangedDayRow[]>();
  for (const corrected of new Set(corrections.map(({ corrects_period }) => corrects_period))) {
    const books = madeOfRuns(await readBooksOf(clickhouse, corrected));
    for (const [at, { seq }] of books.entries())
      if (corrections.some(({ place }) => place === String(seq)))
        changes.set(String(seq), await changedDays(clickhouse, corrected, books.slice(0, at + 1), team));
  }
  return corrections.map(({ place, kind, why, billing_period, corrects_period, posted, ...line }) => ({
    seq: place,
    kind,
    reason: why,
    billingPeriod: billing_period,
    correctsPeriod: corrects_period,
    ...line,
    postedAt: posted,
    days: (changes.get(place) ?? [])
      .filter((change) => change.category === line.category && change.pool === line.pool)
      .map(({ day, before, now, run_before, run_now }) => ({
        day,
        before: formatPicos(before),
        now: formatPicos(now),
        difference: formatPicos(now - before),
        runBefore: run_before,
        runNow: run_now,
      })),
  }));
}

/**
 * By the runs from which a journal was made, and those of the journal of the month before it.
 * @param books of the month up to the journal
 */
async function changedDays(
  clickhouse: ClickHouse,
  corrected: BillingPeriod,
  books: readonly StoredJournal[],
  team: string,
): Promise<ChangedDayRow[]> {
  const before = new Set(evidenceOf(books.at(-2)));
  const now = new Set(evidenceOf(books.at(-1)));
  return select(clickhouse, CHANGED_DAYS, {
    month: corrected,
    team,
    before: [...before].filter((id) => !now.has(id)),
    now: [...now].filter((id) => !before.has(id)),
  });
}
