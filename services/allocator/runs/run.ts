import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows, insertTable } from "@apportion/clickhouse/insert";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { allocate, type AllocationLine, type UsageCell } from "../allocation/allocate.js";
import { certify, totalsOfCells, totalsOfLines, type Certificate } from "../allocation/certificate.js";
import { canonicalJson, sha256 } from "@apportion/runtime/hash";
import { addToTotals, limitLines, limitsOn, type PoolTotals } from "../allocation/month-limits.js";
import type { BillingPeriod } from "@apportion/domain/period";
import { isEffectiveOn } from "@apportion/domain/tenancy";
import type { DayFacts } from "./day-facts.js";
import type { AllocationRules, RunInputs } from "./inputs.js";

/** Lines of one insert at most. */
const INSERT_LINES_MAX = 50_000;

const picos = z.string().transform(parsePicos);

const STORED_LINES = defineQuery({
  name: "stored lines of runs",
  sql: `SELECT run_id, source, scope, count() AS lines, sum(toDecimal256(amount, 12)) AS amount FROM allocation_lines
WHERE billing_period = {billingPeriod:String} AND charge_day IN {days:Array(Date)} AND run_id IN {runIds:Array(String)}
GROUP BY run_id, source, scope`,
  params: z.object({ billingPeriod: z.string(), days: z.array(z.string()), runIds: z.array(z.string()) }),
  row: z.object({
    run_id: z.string(),
    source: z.string(),
    scope: z.string(),
    lines: z.string().transform(Number),
    amount: picos,
  }),
});

/** A run of a day with what its facts come to. */
interface ComputedRun {
  readonly inputs: RunInputs;
  readonly facts: DayFacts;
  readonly lines: readonly AllocationLine[];
  readonly rows: readonly LineRow[];
}

/**
 * Allocates days of one month and seals their runs: apply the rules to the grouped facts, prove conservation, write the lines, prove
 * again in SQL that what lies in the tables is what was collected, and only then write the rows that make the lines count. Days
 * share their inserts, which cost more than what is in them. Interrupted anywhere, the next attempt ends in the same rows.
 * @param monthTotals what the other days of the month charge for pools, for the day on which limits are applied
 * @throws ConservationError when a proof fails; nothing of these days becomes visible.
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
    return { inputs, facts, lines, rows: rowsOf(lines) };
  });
  await writeLines(clickhouse, runs, sha256(runs.map(({ inputs }) => inputs.runId).join()).slice(0, 32));
  let stored = await storedOf(clickhouse, runs);
  // Lines of an attempt that the deduplication window has forgotten, that never finished, or that wrote other days with it.
  const wrong = runs.filter(({ inputs, lines }) => countOf(stored, inputs.runId) !== lines.length);
  for (const each of wrong) {
    await deleteLines(clickhouse, each.inputs);
    await writeLines(clickhouse, [each], `${each.inputs.runId}/again/${randomUUID()}`);
  }
  if (wrong.length > 0) stored = await storedOf(clickhouse, runs);
  const seals = runs.map(({ inputs, facts, lines, rows }) => {
    const { collected, allocated, entries } = certify(
      facts.collected,
      stored.filter(({ run_id }) => run_id === inputs.runId),
    );
    return sealOf(inputs, {
      line_count: lines.length,
      collected: formatPicos(collected),
      allocated: formatPicos(allocated),
      certificate: certificateText(inputs.runId, entries, hashOfRows(rows)),
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

type StoredTotal = z.output<(typeof STORED_LINES)["row"]>;

async function storedOf(
  clickhouse: ClickHouse,
  runs: readonly { readonly inputs: RunInputs }[],
): Promise<StoredTotal[]> {
  const [first] = runs;
  if (!first) return [];
  return run(clickhouse, STORED_LINES, {
    billingPeriod: first.inputs.billingPeriod,
    days: runs.map(({ inputs }) => inputs.day),
    runIds: runs.map(({ inputs }) => inputs.runId),
  });
}

function countOf(stored: readonly StoredTotal[], runId: string): number {
  return stored.reduce((total, { run_id, lines }) => (run_id === runId ? total + lines : total), 0);
}

/** What a run's facts come to under its rules: the same at any time, since it reads by the ids that are pinned. */
export function computeLines(
  { day, metersWithoutReading }: RunInputs,
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

/**
 * Proves on what lies in the tables that the run's lines are its facts.
 * @throws ConservationError naming every source that does not balance
 */
export async function proveRun(
  clickhouse: ClickHouse,
  inputs: RunInputs,
  facts: DayFacts,
): Promise<Certificate> {
  return certify(facts.collected, await storedOf(clickhouse, [{ inputs }]));
}

async function deleteLines(clickhouse: ClickHouse, inputs: RunInputs): Promise<void> {
  await clickhouse.command({
    query: `DELETE FROM allocation_lines
WHERE billing_period = {billingPeriod:String} AND charge_day = {day:Date} AND run_id = {runId:String}`,
    query_params: runParams(inputs),
  });
}

async function writeLines(
  clickhouse: ClickHouse,
  runs: readonly Pick<ComputedRun, "inputs" | "rows">[],
  attempt: string,
): Promise<void> {
  const rows = runs.flatMap(({ inputs: { runId, day, billingPeriod }, rows: own }) =>
    own.map((row) => [runId, day, billingPeriod, ...row]),
  );
  const columns = ["run_id", "charge_day", "billing_period", ...LINE_COLUMNS];
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

function runParams({ billingPeriod, day, runId }: RunInputs): {
  billingPeriod: string;
  day: string;
  runId: string;
} {
  return { billingPeriod, day, runId };
}

/** Columns of a line, in the order in which they are written and hashed. */
const LINE_COLUMNS = [
  "line",
  "source",
  "scope",
  "cluster",
  "namespace",
  "node_pool",
  "service",
  "label",
  "category",
  "owner_kind",
  "team_id",
  "basis",
  "pool",
  "policy",
  "method",
  "reason",
  "meter",
  "between_services",
  "driver_quantity",
  "driver_total",
  "amount",
] as const;

type LineRow = readonly (string | number)[];

/** The lines as they are written. What drives a pool is the same on many of them, so its text is made once. */
function rowsOf(lines: readonly AllocationLine[]): LineRow[] {
  const texts = new Map<bigint, string>();
  const textOf = (amount: bigint): string => {
    const text = texts.get(amount) ?? formatPicos(amount);
    texts.set(amount, text);
    return text;
  };
  return lines.map((line, index) => rowOf(index, line, textOf));
}

function rowOf(line: number, item: AllocationLine, textOf: (amount: bigint) => string): LineRow {
  return [
    line,
    item.source,
    item.scope,
    item.cluster,
    item.namespace,
    item.nodePool,
    item.service,
    item.label,
    item.category,
    item.owner.kind,
    item.owner.kind === "team" ? item.owner.teamId : "",
    item.basis,
    item.pool,
    item.policy,
    item.method,
    item.reason,
    item.meter,
    item.betweenServices,
    textOf(item.driverQuantity),
    textOf(item.driverTotal),
    formatPicos(item.amount),
  ];
}

const UNIT = "\u001f";

/** SHA-256 over the lines as they are written, in their order. */
export function hashOfLines(lines: readonly AllocationLine[]): string {
  return hashOfRows(rowsOf(lines));
}

function hashOfRows(rows: readonly LineRow[]): string {
  return sha256(rows.map((row) => row.join(UNIT)).join("\n"));
}

const STORED_HASH = defineQuery({
  name: "hash of a run's lines",
  sql: `SELECT count() AS lines, lower(hex(SHA256(arrayStringConcat(
    arrayMap(each -> each.2, arraySort(groupArray((line, arrayStringConcat([${LINE_COLUMNS.map((column) => `toString(${column})`).join(", ")}], char(31)))))),
    '\\n')))) AS hash
FROM allocation_lines
WHERE billing_period = {billingPeriod:String} AND charge_day = {day:Date} AND run_id = {runId:String}`,
  params: z.object({ billingPeriod: z.string(), day: z.string(), runId: z.string() }),
  row: z.object({ lines: z.string().transform(Number), hash: z.string() }),
});

/** Hash and number of the lines as they lie in the table; comparable with {@link hashOfLines}. */
export async function storedLines(
  clickhouse: ClickHouse,
  { billingPeriod, day, runId }: Pick<RunInputs, "billingPeriod" | "day" | "runId">,
): Promise<{ hash: string; count: number }> {
  const [stored] = await run(clickhouse, STORED_HASH, { billingPeriod, day, runId });
  return { hash: stored?.hash ?? "", count: stored?.lines ?? 0 };
}
