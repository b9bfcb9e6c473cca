import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { allocate, type AllocationLine, type UsageCell } from "../allocation/allocate.js";
import { certify, totalsOfCells, totalsOfLines, type Certificate } from "../allocation/certificate.js";
import { sha256 } from "@apportion/runtime/hash";
import type { DayFacts } from "./day-facts.js";
import type { AllocationRules, RunInputs } from "./inputs.js";

/** Lines of one insert at most. */
const INSERT_LINES_MAX = 10_000;

const picos = z.string().transform(parsePicos);

const STORED_LINES = defineQuery({
  name: "stored lines of a run",
  sql: `SELECT source, scope, count() AS lines, sum(toDecimal256(amount, 12)) AS amount FROM allocation_lines
WHERE billing_period = {billingPeriod:String} AND charge_day = {day:Date} AND run_id = {runId:String}
GROUP BY source, scope`,
  params: z.object({ billingPeriod: z.string(), day: z.string(), runId: z.string() }),
  row: z.object({
    source: z.string(),
    scope: z.string(),
    lines: z.string().transform(Number),
    amount: picos,
  }),
});

/**
 * Allocates a day and seals the run: group the facts, apply the rules, prove conservation, write the lines, prove again in
 * SQL that what lies in the tables is what was collected, and only then write the row that makes the lines count.
 * Interrupted anywhere, the next attempt ends in the same rows.
 * @throws ConservationError when a proof fails; nothing becomes visible.
 */
export async function executeRun(
  clickhouse: ClickHouse,
  inputs: RunInputs,
  facts: DayFacts,
  usage: readonly UsageCell[],
  rules: AllocationRules,
): Promise<void> {
  const lines = computeLines(inputs, facts, usage, rules);
  certify(totalsOfCells(facts.cells), totalsOfLines(lines));

  await writeLines(clickhouse, inputs, lines, "lines");
  let stored = await run(clickhouse, STORED_LINES, runParams(inputs));
  if (countOf(stored) !== lines.length) {
    // Lines of an attempt that the deduplication window has forgotten, or that never finished: replaced whole.
    await deleteLines(clickhouse, inputs);
    await writeLines(clickhouse, inputs, lines, `lines-again/${randomUUID()}`);
    stored = await run(clickhouse, STORED_LINES, runParams(inputs));
  }
  await sealRun(clickhouse, inputs, lines.length, certify(facts.collected, stored));
}

/** What a run's facts come to under its rules: the same at any time, since it reads by the ids that are pinned. */
export function computeLines(
  { day, metersWithoutReading }: RunInputs,
  { cells }: DayFacts,
  usage: readonly UsageCell[],
  { registry, policies }: AllocationRules,
): AllocationLine[] {
  return allocate({ day, cells, usage, metersWithoutReading, registry, policies });
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
  return certify(facts.collected, await run(clickhouse, STORED_LINES, runParams(inputs)));
}

function countOf(stored: readonly { readonly lines: number }[]): number {
  return stored.reduce((total, { lines }) => total + lines, 0);
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
  inputs: RunInputs,
  lines: readonly AllocationLine[],
  attempt: string,
): Promise<void> {
  for (let start = 0; start < lines.length; start += INSERT_LINES_MAX) {
    const rows = lines
      .slice(start, start + INSERT_LINES_MAX)
      .map((line, index) => lineRow(inputs, start + index, line));
    await insertRows(clickhouse, "allocation_lines", rows, { token: `${inputs.runId}/${attempt}/${start}` });
  }
}

async function sealRun(
  clickhouse: ClickHouse,
  inputs: RunInputs,
  lineCount: number,
  certificate: Certificate,
): Promise<void> {
  await insertSeal(clickhouse, inputs, {
    line_count: lineCount,
    collected: formatPicos(certificate.collected),
    allocated: formatPicos(certificate.allocated),
    certificate: JSON.stringify(certificate.entries),
  });
}

/** What a run came to, as its seal says it. */
export interface SealedResult {
  readonly line_count: number;
  readonly collected: string;
  readonly allocated: string;
  readonly certificate: string;
}

/** The row that makes the lines count. The same run may be sealed again under later rules, or when earlier ones come back. */
export async function insertSeal(
  clickhouse: ClickHouse,
  inputs: RunInputs,
  result: SealedResult,
): Promise<void> {
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
  const token = `${inputs.runId}/sealed/${inputs.rulesActivatedAt}/${inputs.inputVersion}`;
  await insertRows(clickhouse, "allocation_runs", [row], { token });
}

function runParams({ billingPeriod, day, runId }: RunInputs): {
  billingPeriod: string;
  day: string;
  runId: string;
} {
  return { billingPeriod, day, runId };
}

/** Columns of a line in the order in which they are hashed. */
const HASHED = [
  "line",
  "source",
  "scope",
  "cluster",
  "namespace",
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
const UNIT = "\u001f";

/** SHA-256 over the lines as they are written, in their order. */
export function hashOfLines(inputs: RunInputs, lines: readonly AllocationLine[]): string {
  const rows = lines.map((line, index) => {
    const row = lineRow(inputs, index, line);
    return HASHED.map((column) => String(row[column])).join(UNIT);
  });
  return sha256(rows.join("\n"));
}

const STORED_HASH = defineQuery({
  name: "hash of a run's lines",
  sql: `SELECT count() AS lines, lower(hex(SHA256(arrayStringConcat(
    arrayMap(each -> each.2, arraySort(groupArray((line, arrayStringConcat([${HASHED.map((column) => `toString(${column})`).join(", ")}], char(31)))))),
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

function lineRow(
  { runId, day, billingPeriod }: RunInputs,
  line: number,
  item: AllocationLine,
): Record<string, unknown> {
  return {
    run_id: runId,
    line,
    charge_day: day,
    billing_period: billingPeriod,
    source: item.source,
    scope: item.scope,
    cluster: item.cluster,
    namespace: item.namespace,
    service: item.service,
    label: item.label,
    category: item.category,
    owner_kind: item.owner.kind,
    team_id: item.owner.kind === "team" ? item.owner.teamId : "",
    basis: item.basis,
    pool: item.pool,
    policy: item.policy,
    method: item.method,
    reason: item.reason,
    meter: item.meter,
    between_services: item.betweenServices,
    driver_quantity: formatPicos(item.driverQuantity),
    driver_total: formatPicos(item.driverTotal),
    amount: formatPicos(item.amount),
  };
}
