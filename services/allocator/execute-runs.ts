import { randomUUID } from "node:crypto";
import type { UsageCell } from "@apportion/allocation/cells";
import { certify, type OriginTotal, totalsOfCells, totalsOfLines } from "@apportion/allocation/certificate";
import type { Allocation } from "@apportion/allocation/line";
import type { PoolTotals } from "@apportion/allocation/month-limits";
import type { PoliciesOfDay } from "@apportion/allocation/policy";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import { countLines } from "@apportion/allocation/strips";
import { certificateText, computeLines } from "@apportion/books/runs/compute-lines";
import { InvariantError } from "@apportion/books/runs/invariant-error";
import type { DayCells } from "@apportion/books/runs/day-cells";
import type { AllocationRules, RunInputs } from "@apportion/books/runs/inputs";
import { lineBlocks, type LinesOfRun } from "@apportion/books/runs/line-blocks";
import { hashOfLines } from "@apportion/books/runs/line-hash";
import { storedLines, type StoredLines } from "@apportion/books/runs/lines-table";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertNative, insertRows } from "@apportion/clickhouse/insert";
import { sha256 } from "@apportion/domain/hash";
import { missingBills } from "@apportion/domain/missing";
import { formatPicos } from "@apportion/domain/money";

/** Lines of one insert at most, and so many at least are proved together where there are as many. */
const LINES_A_BLOCK = 50_000;
/** Runs that are written and not sealed yet, of so many times: the engine proves them while the next are computed. */
const SEALINGS_MAX = 2;

/** A day of a month with the cells of what its run pinned. */
export interface DayToAllocate {
  readonly inputs: RunInputs;
  readonly read: DayCells;
}

/** A run whose lines are in the table and nowhere else: what it takes to prove them. */
interface WrittenRun {
  readonly inputs: RunInputs;
  readonly collected: readonly OriginTotal[];
  readonly policies: PoliciesOfDay;
  readonly lines: number;
  readonly hash: string;
}

interface ComputedRun extends WrittenRun {
  readonly allocation: Allocation;
}

/** Runs that are proved and sealed together. */
interface WrittenRuns {
  readonly attempt: string;
  readonly stored: Promise<void>;
  readonly runs: readonly WrittenRun[];
}

/**
 * Allocates days of one month and seals their runs: apply the rules to the grouped cells, prove conservation, write the lines, prove
 * again in SQL that what lies in the tables is what was computed and collected, and keeps every invariant, and only then write the rows
 * that make the lines count. Days of few lines
 * share their inserts and proofs, which cost more than what is in them; a day of many is by itself, so memory does not grow with the days. While
 * lines are proved, those of the next days are computed. Interrupted anywhere, or beside another allocator, each attempt has lines of
 * its own, and those of the one that sealed the run count.
 * @param lots days some at a time, as they are read
 * @param usage of the month, which is read beside the first of them
 * @param monthTotals what the other days of the month charge for pools, for the day on which limits are applied
 * @throws ConservationError, InvariantError when a proof fails; nothing of the days that are proved together becomes visible.
 */
export async function executeRuns(
  clickhouse: ClickHouse,
  lots: AsyncIterable<readonly DayToAllocate[]>,
  usage: Promise<readonly UsageCell[]>,
  rules: AllocationRules,
  { monthTotals = new Map(), signal }: { readonly monthTotals?: PoolTotals; readonly signal: AbortSignal },
): Promise<void> {
  const sealings: Promise<void>[] = [];
  for await (const lot of lots) {
    const computed: ComputedRun[] = [];
    for (const [index, day] of lot.entries()) {
      signal.throwIfAborted();
      computed.push(computeRun(day, await usage, rules, monthTotals));
      const lines = computed.reduce((sum, run) => sum + run.lines, 0);
      if (lines < LINES_A_BLOCK && index < lot.length - 1) continue;
      const written = await writeRuns(clickhouse, computed.splice(0));
      if (sealings.length === SEALINGS_MAX) await sealings.shift();
      const sealing = proveAndSeal(clickhouse, written);
      sealing.catch(() => undefined); // it is awaited, and thrown, after the next days are written
      sealings.push(sealing);
    }
  }
  await Promise.all(sealings);
}

function computeRun(
  { inputs, read }: DayToAllocate,
  usage: readonly UsageCell[],
  rules: AllocationRules,
  monthTotals: PoolTotals,
): ComputedRun {
  const ofDay = rulesOn(rules, inputs.day);
  const allocation = computeLines(inputs, read, usage, ofDay, monthTotals);
  certify(totalsOfCells(read.cells), totalsOfLines(allocation));
  return {
    inputs,
    collected: read.collected,
    policies: ofDay.policies,
    allocation,
    lines: countLines(allocation),
    hash: hashOfLines(allocation),
  };
}

async function writeRuns(clickhouse: ClickHouse, runs: readonly ComputedRun[]): Promise<WrittenRuns> {
  const attempt = randomUUID();
  const lines = runs.map(({ inputs, allocation }) => ({ key: inputs, allocation }));
  const { stored } = await writeLines(clickhouse, lines, attempt);
  return { attempt, stored, runs: runs.map(({ allocation: _allocation, ...run }) => run) };
}

async function proveAndSeal(clickhouse: ClickHouse, { attempt, stored, runs }: WrittenRuns): Promise<void> {
  await stored;
  const keyed = runs.map(({ inputs, policies }) => ({ key: inputs, policies }));
  const inTable = await storedLines(clickhouse, keyed, attempt);
  for (const run of runs) requireComputed(run, inTable.get(run.inputs.runId));
  const seals = runs.map(({ inputs, collected, lines, hash }) => {
    const proof = certify(collected, inTable.get(inputs.runId)?.totals ?? []);
    return sealOf(inputs, {
      line_count: lines,
      collected: formatPicos(proof.collected),
      allocated: formatPicos(proof.allocated),
      certificate: certificateText(inputs.runId, proof.entries, hash),
      attempt,
    });
  });
  await sealRuns(clickhouse, seals);
}

/** @throws InvariantError when the lines of a run in the table are not those that were computed. */
function requireComputed({ inputs, lines, hash }: WrittenRun, inTable: StoredLines | undefined): void {
  if (inTable?.hash === hash && inTable.broken.length === 0) return;
  const unlike = `its ${inTable?.count ?? 0} stored lines are not the ${lines} computed`;
  const what = inTable && inTable.broken.length > 0 ? inTable.broken.join("; ") : unlike;
  throw new InvariantError(`The run of ${inputs.day} cannot be sealed: ${what}`);
}

/**
 * Writes lines block by block.
 * @returns once the last block is on its way, so that the next days can be computed meanwhile
 */
export async function writeLines(
  clickhouse: ClickHouse,
  runs: readonly LinesOfRun[],
  attempt: string,
): Promise<{ readonly stored: Promise<void> }> {
  let stored: Promise<void> = Promise.resolve();
  let start = 0;
  for (const block of lineBlocks(runs, attempt, LINES_A_BLOCK)) {
    await stored;
    stored = insertNative(clickhouse, "allocation_lines", block, { token: `${attempt}/lines/${start}` });
    stored.catch(() => undefined); // it is awaited, and thrown, before the next
    start += LINES_A_BLOCK;
  }
  return { stored };
}

/** What a run came to, as its seal says it. */
export interface SealedResult {
  readonly line_count: number;
  readonly collected: string;
  readonly allocated: string;
  readonly certificate: string;
  /** Whose lines are sealed. */
  readonly attempt: string;
}

interface Seal {
  readonly token: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The row that makes the lines count. The same run may be sealed again under later rules, or when earlier ones come back. */
export function sealOf(inputs: RunInputs, result: SealedResult): Seal {
  const row = {
    run_id: inputs.runId,
    charge_day: inputs.day,
    billing_period: inputs.billingPeriod,
    as_of: inputs.asOf,
    rules_activated_at: inputs.rulesActivatedAt,
    input_version: inputs.inputVersion,
    snapshot_ids: [...inputs.costSnapshotIds, ...inputs.usageSnapshotIds, ...inputs.billSnapshotIds],
    registry_hash: inputs.registryHash,
    policy_hash: inputs.policyHash,
    missing: inputs.missing,
    missing_bills: missingBills(inputs.missing),
    ...result,
  };
  return { row, token: `${inputs.runId}/sealed/${inputs.rulesActivatedAt}/${inputs.inputVersion}` };
}

/** Together they become visible, or none of them does. A seal that is written twice counts once: readers take the greatest. */
export async function sealRuns(clickhouse: ClickHouse, seals: readonly Seal[]): Promise<void> {
  const token = sha256(seals.map((seal) => seal.token).join());
  await insertRows(
    clickhouse,
    "allocation_runs",
    seals.map(({ row }) => row),
    { token },
  );
}
