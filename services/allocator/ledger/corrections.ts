import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { nextBillingPeriod, daysOf, type BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { canonicalJson } from "@apportion/runtime/hash";
import { closedMonths, post, readBooksOf } from "./books.js";
import { chargedBy, correctionEntries, type Journal } from "./journal.js";
import { readMonthLines } from "./month-lines.js";

const LATEST_RUNS = defineQuery({
  name: "latest runs of a month",
  sql: `SELECT toString(charge_day) AS day, run_id, missing FROM latest_runs
WHERE billing_period = {period:String} ORDER BY day`,
  params: z.object({ period: z.string() }),
  row: z.object({ day: z.string(), run_id: z.string(), missing: z.array(z.string()) }),
});

const evidence = z.object({ runs: z.array(z.string()) });

/** Runs from which a journal was made. */
function evidenceOf(journal: Journal | undefined): string[] {
  return journal ? evidence.parse(JSON.parse(journal.evidence)).runs : [];
}

/** Who posts corrections. */
const AUTOMATIC = "apportion";

/**
 * Posts by how much a closed month differs from what was posted of it, into the first month that is not closed. What differs is
 * found by looking at what was posted last, so however often and by whom it is asked, each difference is posted once. While a
 * reading of the month is missing its difference could still be anything, so it waits.
 * @returns the journal, or undefined when there is nothing to correct
 */
export async function postCorrection(
  deps: { readonly clickhouse: ClickHouse; readonly clock: () => Date; readonly registry: Registry },
  period: BillingPeriod,
): Promise<Journal | undefined> {
  const { clickhouse, clock, registry } = deps;
  return post(clickhouse, clock, async () => {
    const closed = await closedMonths(clickhouse);
    const last = closed.at(-1);
    if (!last || !closed.some((month) => month.period === period)) return undefined;
    const runs = await run(clickhouse, LATEST_RUNS, { period });
    if (runs.length < daysOf(period).length || runs.some(({ missing }) => missing.length > 0))
      return undefined;
    const runIds = runs.map(({ run_id }) => run_id);
    const books = await readBooksOf(clickhouse, period);
    const before = evidenceOf(books.at(-1));
    const entries = correctionEntries(
      await readMonthLines(clickhouse, period, runIds),
      await readMonthLines(clickhouse, period, before),
      books.reduce((sum, journal) => sum + chargedBy(journal), 0n),
      registry.teams,
    );
    if (entries.length === 0) return undefined;
    return {
      journal: {
        kind: "correction",
        billingPeriod: nextBillingPeriod(last.period),
        correctsPeriod: period,
        preparedBy: AUTOMATIC,
        approvedBy: "",
        reason: `${period} was restated after it was closed`,
        evidence: canonicalJson({ runs: runIds }),
        entries,
      },
    };
  });
}
