import type { ClickHouse } from "@apportion/clickhouse/client";
import { run } from "@apportion/clickhouse/query";
import { formatPicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { readBooksOf } from "../ledger/books.js";
import { evidenceOf } from "../ledger/corrections.js";
import { CHANGED_DAYS, CORRECTIONS, type ChangedDayRow } from "./queries.js";

export interface PostedCorrection {
  /** Place of its journal in the ledger. */
  readonly seq: string;
  readonly correctsPeriod: BillingPeriod;
  readonly category: string;
  readonly pool: string;
  readonly charged: string;
  readonly postedAt: string;
  /** The days from which it comes, exactly: to the cents that are charged they add up but for rounding. */
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

/** What was posted into a month of closed ones for a payer, down to the days that were allocated again. */
export async function postedCorrections(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  team: string,
): Promise<PostedCorrection[]> {
  const corrections = await run(clickhouse, CORRECTIONS, { month, team });
  const changes = new Map<string, ChangedDayRow[]>();
  for (const { place, corrects_period } of corrections)
    if (!changes.has(place)) changes.set(place, await changedDays(clickhouse, corrects_period, place, team));
  return corrections.map(({ place, corrects_period, posted, category, pool, charged }) => ({
    seq: place,
    correctsPeriod: corrects_period,
    category,
    pool,
    charged,
    postedAt: posted,
    days: (changes.get(place) ?? [])
      .filter((change) => change.category === category && change.pool === pool)
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

/** By the runs from which the journal was made, and those of the journal of the month before it. */
async function changedDays(
  clickhouse: ClickHouse,
  corrected: BillingPeriod,
  seq: string,
  team: string,
): Promise<ChangedDayRow[]> {
  const books = await readBooksOf(clickhouse, corrected);
  const at = books.findIndex((journal) => String(journal.seq) === seq);
  const before = new Set(evidenceOf(books[at - 1]));
  const now = new Set(evidenceOf(books[at]));
  return run(clickhouse, CHANGED_DAYS, {
    month: corrected,
    team,
    before: [...before].filter((id) => !now.has(id)),
    now: [...now].filter((id) => !before.has(id)),
  });
}
