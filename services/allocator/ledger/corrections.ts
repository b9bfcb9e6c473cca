import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { nextBillingPeriod, daysOf, type BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { canonicalJson } from "@apportion/runtime/hash";
import { pinMonth, visibleSnapshots } from "../runs/inputs.js";
import { recordedRules } from "../runs/rules.js";
import { closedMonths, post, readBooksOf, type ClosedMonth } from "./books.js";
import { correctionEntries, type Journal } from "./journal.js";
import { readMonthLines } from "./month-lines.js";

const SEALED = defineQuery({
  name: "sealed runs among some",
  sql: `SELECT DISTINCT run_id FROM allocation_runs
WHERE billing_period = {period:String} AND run_id IN {runIds:Array(String)}`,
  params: z.object({ period: z.string(), runIds: z.array(z.string()) }),
  row: z.object({ run_id: z.string() }),
});

/**
 * The runs that a closed month would have now, under the rules under which it was closed. Undefined while one of them is not sealed yet,
 * as when two days are restated and the first was allocated, or was allocated without an expected reading: its difference could still be
 * anything.
 */
async function runsByNow(
  clickhouse: ClickHouse,
  { period, rulesActivatedAt }: ClosedMonth,
): Promise<string[] | undefined> {
  const rules = await recordedRules(clickhouse, rulesActivatedAt);
  const pinned = pinMonth(period, await visibleSnapshots(clickhouse, period), rules);
  if (pinned.length < daysOf(period).length || pinned.some(({ missing }) => missing.length > 0))
    return undefined;
  const runIds = pinned.map(({ runId }) => runId);
  const sealed = await run(clickhouse, SEALED, { period, runIds });
  return sealed.length === runIds.length ? runIds : undefined;
}

const evidence = z.object({ runs: z.array(z.string()) });

/** Runs from which a journal was made. */
export function evidenceOf(journal: Journal | undefined): string[] {
  return journal ? evidence.parse(JSON.parse(journal.evidence)).runs : [];
}

/** Who posts corrections. */
const AUTOMATIC = "apportion";

/**
 * Posts by how much a closed month differs from what was posted of it, into the first month that is not closed. What differs is
 * found by looking at what was posted last, so however often and by whom it is asked, each difference is posted once.
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
    const month = closed.find((each) => each.period === period);
    if (!last || !month) return undefined;
    const runIds = await runsByNow(clickhouse, month);
    if (!runIds) return undefined;
    const books = await readBooksOf(clickhouse, period);
    const before = evidenceOf(books.at(-1));
    const entries = correctionEntries(
      await readMonthLines(clickhouse, period, runIds),
      await readMonthLines(clickhouse, period, before),
      books.flatMap(({ entries: posted }) => posted),
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
