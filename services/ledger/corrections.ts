import { correctionEntries, type Entry, type Journal } from "@apportion/books/ledger/journal";
import { closedMonths, evidenceOf, madeOfRuns, readBooksOf } from "@apportion/books/ledger/journals";
import { readMonthLines } from "@apportion/books/months/month-lines";
import { linesHashOf } from "@apportion/books/runs/compute-lines";
import { InvariantError } from "@apportion/books/runs/invariant-error";
import { type AllocationRules, pinMonth, visibleSnapshots } from "@apportion/books/runs/inputs";
import { storedLines } from "@apportion/books/runs/lines-table";
import { recordedRules } from "@apportion/books/runs/rules";
import { areSealed, runsOfMonth } from "@apportion/books/runs/stored-runs";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { canonicalJson } from "@apportion/domain/hash";
import { type BillingPeriod, daysOf, nextBillingPeriod } from "@apportion/domain/period";
import type { Registry, Team } from "@apportion/domain/tenancy";
import { post } from "./post.js";

/**
 * The runs that a closed month would have now under some rules: those of its close, or of what was decided since. Undefined while one of them is not sealed yet,
 * as when two days are restated and the first was allocated, or was allocated without an expected reading: its difference could still be
 * anything.
 */
export async function runsByNow(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  rules: AllocationRules,
): Promise<string[] | undefined> {
  const pinned = pinMonth(period, await visibleSnapshots(clickhouse, period), rules);
  if (pinned.length < daysOf(period).length || pinned.some(({ missing }) => missing.length > 0))
    return undefined;
  const runIds = pinned.map(({ runId }) => runId);
  return (await areSealed(clickhouse, period, runIds)) ? runIds : undefined;
}

/** @throws InvariantError when lines of such a run are not those that were sealed: what they come to must not be posted. */
export async function requireSealedLines(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  runIds: readonly string[],
): Promise<void> {
  const runs = await runsOfMonth(clickhouse, period, runIds);
  const stored = await storedLines(
    clickhouse,
    runs.map((key) => ({ key, policies: { pools: [] } })),
  );
  const changed = runs.find(({ runId, certificate }) => stored.get(runId)?.hash !== linesHashOf(certificate));
  if (changed)
    throw new InvariantError(
      `${period} cannot be corrected: the lines of the run of ${changed.day} are not those that were sealed; see \`verify\``,
    );
}

/** Teams of the close that have left the configuration since, and were never posted: their cost centers are those of the close. */
export function leftSince(then: readonly Team[], now: readonly Team[], posted: readonly Entry[]): Team[] {
  const known = new Set([...now.map(({ id }) => id), ...posted.map(({ teamId }) => teamId)]);
  return then.filter(({ id }) => !known.has(id));
}

/** Who posts corrections. */
const AUTOMATIC = "apportion";

/**
 * Posts by how much a closed month differs from what was posted of it, into the first month that is not closed. What differs is
 * found by looking at what was posted last, so however often and by whom it is asked, each difference is posted once.
 * @returns the journal, or undefined when there is nothing to correct
 * @throws InvariantError when what it would be made from was changed
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
    const rules = await recordedRules(clickhouse, month.rulesActivatedAt);
    const runIds = await runsByNow(clickhouse, period, rules);
    if (!runIds) return undefined;
    const books = madeOfRuns(await readBooksOf(clickhouse, period));
    const before = evidenceOf(books.at(-1));
    await requireSealedLines(clickhouse, period, [...new Set([...runIds, ...before])]);
    const posted = books.flatMap(({ entries }) => entries);
    const entries = correctionEntries(
      await readMonthLines(clickhouse, period, runIds),
      await readMonthLines(clickhouse, period, before),
      posted,
      [...leftSince(rules.registry.teams, registry.teams, posted), ...registry.teams],
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
