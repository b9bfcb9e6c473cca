import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { readBooksOf } from "../ledger/books.js";
import { evidenceOf } from "../ledger/corrections.js";

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

const CORRECTIONS = defineQuery({
  name: "corrections posted into a month",
  sql: `SELECT toString(seq) AS place, corrects_period, category, pool, toString(sum(signed_amount)) AS charged,
  toString(any(posted_entries.posted_at)) AS posted
FROM posted_entries
WHERE billing_period = {month:String} AND kind = 'correction' AND if(account = 'team', team_id, account) = {team:String}
GROUP BY place, corrects_period, category, pool ORDER BY place, category, pool`,
  params: z.object({ month: z.string(), team: z.string() }),
  row: z.object({
    place: z.string(),
    corrects_period: z.string().transform((text) => text as BillingPeriod),
    category: z.string(),
    pool: z.string(),
    charged: z.string(),
    posted: z.string(),
  }),
});

const picos = z.string().transform(parsePicos);

const CHANGED_DAYS = defineQuery({
  name: "what a payer's lines came to by runs before and now",
  sql: `SELECT toString(charge_day) AS day, category, pool, run_before, run_now,
  sumIf(toDecimal256(amount, 12), run_id = run_before) AS before, sumIf(toDecimal256(amount, 12), run_id = run_now) AS now
FROM allocation_lines
INNER JOIN (SELECT charge_day, anyIf(run_id, run_id IN {before:Array(String)}) AS run_before, anyIf(run_id, run_id IN {now:Array(String)}) AS run_now
  FROM allocation_runs WHERE billing_period = {month:String} AND run_id IN arrayConcat({before:Array(String)}, {now:Array(String)})
  GROUP BY charge_day) AS changed USING (charge_day)
WHERE billing_period = {month:String} AND run_id IN arrayConcat({before:Array(String)}, {now:Array(String)})
  AND if(owner_kind = 'team', team_id, owner_kind) = {team:String}
GROUP BY day, category, pool, run_before, run_now HAVING before != now ORDER BY day`,
  params: z.object({
    month: z.string(),
    team: z.string(),
    before: z.array(z.string()),
    now: z.array(z.string()),
  }),
  row: z.object({
    day: z.string().transform((text) => text as Day),
    category: z.string(),
    pool: z.string(),
    run_before: z.string(),
    run_now: z.string(),
    before: picos,
    now: picos,
  }),
});

/** What was posted into a month of closed ones for a payer, down to the days that were allocated again. */
export async function postedCorrections(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  team: string,
): Promise<PostedCorrection[]> {
  const corrections = await run(clickhouse, CORRECTIONS, { month, team });
  const changes = new Map<string, Awaited<ReturnType<typeof changedDays>>>();
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
): Promise<z.output<(typeof CHANGED_DAYS)["row"]>[]> {
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
