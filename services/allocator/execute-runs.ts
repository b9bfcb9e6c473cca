import { randomUUID } from "node:crypto";
import type { UsageCell } from "@apportion/allocation/cells";
import { certify, totalsOfCells, totalsOfLines } from "@apportion/allocation/certificate";
import type { PoolTotals } from "@apportion/allocation/month-limits";
import { type RulesOfDay, rulesOn } from "@apportion/allocation/rules-of-day";
import { certificateText, computeLines, InvariantError } from "@apportion/books/runs/compute-lines";
import type { DayFacts } from "@apportion/books/runs/day-facts";
import type { AllocationRules, RunInputs } from "@apportion/books/runs/inputs";
import {
  hashOfRows,
  LINE_COLUMNS,
  type LineRow,
  rowsOf,
  type RunKey,
  storedLines,
  type StoredLines,
} from "@apportion/books/runs/lines-table";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows, insertTable } from "@apportion/clickhouse/insert";
import { sha256 } from "@apportion/domain/hash";
import { missingBills } from "@apportion/domain/missing";
import { formatPicos } from "@apportion/domain/money";

/** Lines of one insert at most. */
const INSERT_LINES_MAX = 50_000;

/** A run of a day with what its facts come to. */
interface ComputedRun {
  readonly inputs: RunInputs;
  readonly facts: DayFacts;
  readonly rules: RulesOfDay;
  readonly rows: readonly LineRow[];
  readonly hash: string;
}

/**
 * Allocates days of one month and seals their runs: apply the rules to the grouped facts, prove conservation, write the lines, prove
 * again in SQL that what lies in the tables is what was computed and collected, and keeps every invariant, and only then write the rows
 * that make the lines count. Days
 * share their inserts, which cost more than what is in them. Interrupted anywhere, or beside another allocator, each attempt has lines of
 * its own, and those of the one that sealed the run count.
 * @param monthTotals what the other days of the month charge for pools, for the day on which limits are applied
 * @throws ConservationError, InvariantError when a proof fails; nothing of these days becomes visible.
 */
export async function executeRuns(
  clickhouse: ClickHouse,
  days: readonly { readonly inputs: RunInputs; readonly facts: DayFacts }[],
  usage: readonly UsageCell[],
  rules: AllocationRules,
  monthTotals: PoolTotals = new Map(),
): Promise<void> {
  const runs = days.map(({ inputs, facts }): ComputedRun => {
    const ofDay = rulesOn(rules, inputs.day);
    const lines = computeLines(inputs, facts, usage, ofDay, monthTotals);
    certify(totalsOfCells(facts.cells), totalsOfLines(lines));
    const rows = rowsOf(lines);
    return { inputs, facts, rules: ofDay, rows, hash: hashOfRows(rows) };
  });
  const attempt = randomUUID();
  await writeLines(clickhouse, runs, attempt);
  const stored = await storedLines(
    clickhouse,
    runs.map(({ inputs, rules: { policies } }) => ({ key: inputs, policies })),
    attempt,
  );
  for (const each of runs) requireComputed(each, stored.get(each.inputs.runId));
  const seals = runs.map(({ inputs, facts, rows, hash }) => {
    const { collected, allocated, entries } = certify(
      facts.collected,
      stored.get(inputs.runId)?.totals ?? [],
    );
    return sealOf(inputs, {
      line_count: rows.length,
      collected: formatPicos(collected),
      allocated: formatPicos(allocated),
      certificate: certificateText(inputs.runId, entries, hash),
      attempt,
    });
  });
  await sealRuns(clickhouse, seals);
}

/** @throws InvariantError when the lines of a run in the table are not those that were computed. */
function requireComputed({ inputs, rows, hash }: ComputedRun, inTable: StoredLines | undefined): void {
  if (inTable?.hash === hash && inTable.broken.length === 0) return;
  const unlike = `its ${inTable?.count ?? 0} stored lines are not the ${rows.length} computed`;
  const what = inTable && inTable.broken.length > 0 ? inTable.broken.join("; ") : unlike;
  throw new InvariantError(`The run of ${inputs.day} cannot be sealed: ${what}`);
}

export async function writeLines(
  clickhouse: ClickHouse,
  runs: readonly { readonly inputs: RunKey; readonly rows: readonly LineRow[] }[],
  attempt: string,
): Promise<void> {
  const rows = runs.flatMap(({ inputs: { runId, day, billingPeriod }, rows: own }) =>
    own.map((row) => [runId, day, billingPeriod, attempt, ...row]),
  );
  const columns = ["run_id", "charge_day", "billing_period", "attempt", ...LINE_COLUMNS];
  for (let start = 0; start < rows.length; start += INSERT_LINES_MAX)
    await insertTable(clickhouse, "allocation_lines", columns, rows.slice(start, start + INSERT_LINES_MAX), {
      token: `${attempt}/lines/${start}`,
    });
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
