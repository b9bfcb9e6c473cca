import { randomUUID } from "node:crypto";
import { z } from "zod";
import { allocate, type AllocationLine, type UsageCell } from "@apportion/allocation/allocate";
import { certify, totalsOfCells, totalsOfLines, type Certificate } from "@apportion/allocation/certificate";
import { addToTotals, limitLines, limitsOn, type PoolTotals } from "@apportion/allocation/month-limits";
import { policiesOn } from "@apportion/allocation/policy";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows, insertTable } from "@apportion/clickhouse/insert";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import { isEffectiveOn } from "@apportion/domain/tenancy";
import type { DayFacts } from "./day-facts.js";
import type { AllocationRules, RunInputs } from "./inputs.js";
import {
  hashOfRows,
  LINE_COLUMNS,
  OF_SEALED_ATTEMPTS,
  rowsOf,
  storedLines,
  type LineRow,
  type RunKey,
  type StoredLines,
} from "./lines-table.js";

/** Lines of one insert at most. */
const INSERT_LINES_MAX = 50_000;

const picos = z.string().transform(parsePicos);

/** A run of a day with what its facts come to. */
interface ComputedRun {
  readonly inputs: RunInputs;
  readonly facts: DayFacts;
  readonly rows: readonly LineRow[];
  readonly hash: string;
}

/** Lines in the table that are not what was computed, or that no rules could give. */
export class InvariantError extends Error {
  readonly code = "INVARIANT";
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
    const lines = computeLines(inputs, facts, usage, rules, monthTotals);
    certify(totalsOfCells(facts.cells), totalsOfLines(lines));
    const rows = rowsOf(lines);
    return { inputs, facts, rows, hash: hashOfRows(rows) };
  });
  const attempt = randomUUID();
  await writeLines(clickhouse, runs, attempt);
  const stored = await storedLines(
    clickhouse,
    runs.map(({ inputs }) => ({ key: inputs, policies: policiesOn(rules.policies, inputs.day) })),
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
  await insertSeals(clickhouse, seals);
}

/**
 * The conservation certificate of a run: what it was made from (its id is the hash of its inputs), what was collected and allocated
 * with differences of zero, the hash of its lines, and the hash of all that.
 */
export function certificateText(runId: string, entries: Certificate["entries"], linesHash: string): string {
  const content = { runId, entries, linesHash };
  return canonicalJson({ ...content, hash: sha256(canonicalJson(content)) });
}

const certificate = z.object({ linesHash: z.string() });

/** Hash of the lines that a certificate is about. */
export function linesHashOf(text: string): string {
  return certificate.parse(JSON.parse(text)).linesHash;
}

/** @throws InvariantError when the lines of a run in the table are not those that were computed. */
function requireComputed({ inputs, rows, hash }: ComputedRun, lying: StoredLines | undefined): void {
  if (lying?.hash === hash && lying.broken.length === 0) return;
  const unlike = `its ${lying?.count ?? 0} stored lines are not the ${rows.length} computed`;
  const what = lying && lying.broken.length > 0 ? lying.broken.join("; ") : unlike;
  throw new InvariantError(`The run of ${inputs.day} cannot be sealed: ${what}`);
}

/** What a run's facts come to under its rules: the same at any time, since it reads by the ids that are pinned. */
export function computeLines(
  { day, metersWithoutReading }: Pick<RunInputs, "day" | "metersWithoutReading">,
  { cells }: DayFacts,
  usage: readonly UsageCell[],
  { registry, policies }: AllocationRules,
  monthTotals: PoolTotals,
): AllocationLine[] {
  const lines = allocate({ day, cells, usage, metersWithoutReading, registry, policies });
  const limited = limitsOn(policies, day);
  if (limited.length === 0) return lines;
  const teams = new Set(registry.teams.filter((team) => isEffectiveOn(team, day)).map(({ id }) => id));
  return [...lines, ...limitLines(limited, addToTotals(monthTotals, lines), teams)];
}

const POOL_TOTALS = defineQuery({
  name: "pool totals of runs",
  sql: `SELECT pool, team_id, sum(toDecimal256(amount, 12)) AS total FROM allocation_lines
WHERE billing_period = {billingPeriod:String} AND run_id IN {runIds:Array(String)} AND pool != '' AND owner_kind = 'team'
  AND ${OF_SEALED_ATTEMPTS}
GROUP BY pool, team_id`,
  params: z.object({ billingPeriod: z.string(), runIds: z.array(z.string()) }),
  row: z.object({ pool: z.string(), team_id: z.string(), total: picos }),
});

/** What runs charge teams for pools. */
export async function poolTotals(
  clickhouse: ClickHouse,
  billingPeriod: BillingPeriod,
  runIds: readonly string[],
): Promise<PoolTotals> {
  const totals = new Map<string, Map<string, bigint>>();
  for (const { pool, team_id, total } of await run(clickhouse, POOL_TOTALS, {
    billingPeriod,
    runIds: [...runIds],
  })) {
    const shares = totals.get(pool) ?? new Map<string, bigint>();
    totals.set(pool, shares.set(team_id, total));
  }
  return totals;
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
    ...result,
  };
  return { row, token: `${inputs.runId}/sealed/${inputs.rulesActivatedAt}/${inputs.inputVersion}` };
}

/** Together they become visible, or none of them does. A seal that is written twice counts once: readers take the greatest. */
export async function insertSeals(clickhouse: ClickHouse, seals: readonly Seal[]): Promise<void> {
  const token = sha256(seals.map((seal) => seal.token).join());
  await insertRows(
    clickhouse,
    "allocation_runs",
    seals.map(({ row }) => row),
    { token },
  );
}
