import { z } from "zod";
import { ConservationError } from "@apportion/allocation/certificate";
import { policiesOn } from "@apportion/allocation/policy";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import { countLines } from "@apportion/allocation/strips";
import { evidenceOf, readJournals } from "@apportion/books/ledger/journals";
import { computeLines, linesHashOf, poolTotals } from "@apportion/books/runs/compute-lines";
import { hashOfLines } from "@apportion/books/runs/line-hash";
import { storedLines, type StoredLines } from "@apportion/books/runs/lines-table";
import { cellsOf, type RecomputableDay, recomputablesOf } from "@apportion/books/runs/recompute";
import {
  inputsOfRun,
  latestRunIds,
  sealsThatCount,
  storedRunsOf,
  type RunSeal,
} from "@apportion/books/runs/stored-runs";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { missingBills } from "@apportion/domain/missing";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { writeLines } from "./execute-runs.js";

/** A row of `allocation_runs`, with every column. */
type SealRow = Readonly<Record<string, unknown>>;

const sealRow = z.looseObject({
  run_id: z.string(),
  billing_period: z.string().transform((text) => text as BillingPeriod),
  charge_day: z.string().transform((text) => text as Day),
  rules_activated_at: z.string(),
  missing: z.array(z.string()),
  snapshot_ids: z.array(z.string()),
  certificate: z.string(),
  line_count: z.number(),
  collected: z.string().transform(parsePicos),
  allocated: z.string().transform(parsePicos),
});

interface MendedRuns {
  /** Runs whose lines were computed again. */
  readonly runs: number;
  /** What could not be, in words. */
  readonly failed: readonly string[];
}

/**
 * Computes again the lines of runs that count, or that journals were made from, where they are gone or are not what was sealed; the seal
 * follows once the lines prove to be those of its certificate. Facts and rules must be there again.
 * @param recorded seals of the runs behind journals, as the log has them
 */
export async function mendRuns(
  clickhouse: ClickHouse,
  recorded: readonly SealRow[],
  { attempt, onProgress }: { readonly attempt: string; readonly onProgress: (mended: number) => void },
): Promise<MendedRuns> {
  const present = await sealsThatCount(clickhouse);
  const known = new Set(present.map((row) => row["run_id"]));
  const rowsByRun = new Map<string, SealRow[]>();
  for (const row of [...present, ...recorded.filter((each) => !known.has(each["run_id"]))]) {
    const runId = String(row["run_id"]);
    rowsByRun.set(runId, [...(rowsByRun.get(runId) ?? []), row]);
  }
  const failed: string[] = [];
  let mended = 0;
  for (const [month, sets] of await setsByMonth(clickhouse, rowsByRun)) {
    for (const set of sets) {
      for await (const result of mendSet(clickhouse, month, set, { rowsByRun, known, attempt })) {
        if (result !== undefined) failed.push(result);
        else onProgress(++mended);
      }
      for (const { run_id } of set) known.add(run_id);
    }
  }
  return { runs: mended, failed };
}

/** Runs that were sealed together, as limits of a month look at the other runs of it: those of each journal, and those that count now. */
async function setsByMonth(
  clickhouse: ClickHouse,
  rowsByRun: ReadonlyMap<string, readonly SealRow[]>,
): Promise<Map<BillingPeriod, RunSeal[][]>> {
  const sealOf = (runId: string): (RunSeal & { month: BillingPeriod })[] => {
    const row = rowsByRun.get(runId)?.at(-1);
    return row ? [toSeal(row)] : [];
  };
  const sets = new Map<BillingPeriod, RunSeal[][]>();
  const add = (seals: readonly (RunSeal & { month: BillingPeriod })[]): void => {
    for (const month of new Set(seals.map((seal) => seal.month)))
      sets.set(month, [...(sets.get(month) ?? []), seals.filter((seal) => seal.month === month)]);
  };
  for (const journal of await readJournals(clickhouse)) add(evidenceOf(journal).flatMap(sealOf));
  add((await latestRunIds(clickhouse)).flatMap(sealOf));
  return sets;
}

function toSeal(row: SealRow): RunSeal & { readonly month: BillingPeriod } {
  const seal = sealRow.parse(row);
  return {
    month: seal.billing_period,
    day: seal.charge_day,
    run_id: seal.run_id,
    activated_at: seal.rules_activated_at,
    missing_readings: seal.missing,
    ids: seal.snapshot_ids,
    sealed_certificate: seal.certificate,
    lines_shown: seal.line_count,
    collected_shown: seal.collected,
    allocated_shown: seal.allocated,
  };
}

interface Mending {
  readonly rowsByRun: ReadonlyMap<string, readonly SealRow[]>;
  /** Runs whose seal is in the table. */
  readonly known: ReadonlySet<unknown>;
  readonly attempt: string;
}

/** For each run that was not whole: undefined when it is again, else why it is not. */
async function* mendSet(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  seals: readonly RunSeal[],
  { rowsByRun, known, attempt }: Mending,
): AsyncGenerator<string | undefined> {
  const runs = await recomputablesOf(clickhouse, month, await storedRunsOf(clickhouse, month, seals));
  const keyed = runs.map(({ stored, rules }) => ({
    key: stored,
    policies: policiesOn(rules.policies, stored.day),
  }));
  const inTable = await storedLines(clickhouse, keyed);
  const isWhole = ({ runId, certificate }: { runId: string; certificate: string }): boolean =>
    known.has(runId) && inTable.get(runId)?.hash === linesHashOf(certificate);
  const broken = runs.filter(({ stored }) => !isWhole(stored));
  try {
    for await (const day of cellsOf(clickhouse, broken)) {
      const { stored } = day.run;
      // Greater than those of the allocator, and than those of an earlier rebuild: of several attempts the greatest counts.
      const own = `${attempt}-${stored.runId}`;
      const reason = await mend(clickhouse, day, rowsByRun.get(stored.runId) ?? [], own);
      yield reason === undefined ? undefined : `the run of ${stored.day} (${stored.runId}): ${reason}`;
    }
  } catch (error) {
    if (!(error instanceof ConservationError)) throw error;
    yield `runs of ${month}: ${error.message}`;
  }
}

/** @returns why the lines cannot be made again; undefined when they lie in the table and are sealed */
async function mend(
  clickhouse: ClickHouse,
  { run: { stored, rules, usage }, read }: RecomputableDay,
  seals: readonly SealRow[],
  attempt: string,
): Promise<string | undefined> {
  const inputs = inputsOfRun(stored, rules);
  if (inputs.runId !== stored.runId) return "its id is not the hash of its inputs";
  const totals = await poolTotals(clickhouse, stored.billingPeriod, inputs.monthRunIds, rules.policies);
  const ofDay = rulesOn(rules, stored.day);
  const allocation = computeLines(inputs, read, usage, ofDay, totals);
  const sealed = linesHashOf(stored.certificate);
  if (hashOfLines(allocation) !== sealed)
    return `its ${countLines(allocation)} lines are not those that were sealed`;
  await (
    await writeLines(clickhouse, [{ key: stored, allocation }], attempt)
  ).stored;
  const inTable = await storedLines(clickhouse, [{ key: stored, policies: ofDay.policies }], attempt);
  if (hashOf(inTable.get(stored.runId)) !== sealed)
    return "its stored lines are not those that were computed";
  // Seals of earlier programs do not have what follows from them.
  const own = seals.map((seal) => ({ ...seal, missing_bills: missingBills(stored.missing), attempt }));
  await insertRows(clickhouse, "allocation_runs", own, { token: `${attempt}/sealed` });
  return undefined;
}

function hashOf(lines: StoredLines | undefined): string {
  return lines?.hash ?? "";
}
