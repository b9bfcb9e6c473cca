import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { allocate, type AllocationLine, type CostCell, type UsageCell } from "../allocation/allocate.js";
import {
  certify,
  totalsOfCells,
  totalsOfLines,
  type Certificate,
  type OriginTotal,
} from "../allocation/certificate.js";
import { KUBERNETES_SOURCE, RATE_VARIANCE, rateVarianceCells } from "../allocation/rate-variance.js";
import { canonicalJson, sha256 } from "@apportion/runtime/hash";
import { billedKubernetes, groupCosts } from "./grouping.js";
import type { AllocationRules, RunInputs } from "./inputs.js";

/** Lines of one insert at most. */
const INSERT_LINES_MAX = 10_000;

const picos = z.string().transform(parsePicos);

/** From the facts themselves, not from what the run read of them: this is the other side of the proof. */
const COLLECTED = defineQuery({
  name: "collected by source and scope",
  sql: `SELECT source, scope, sum(toDecimal256(effective_cost, 12)) AS amount FROM cost_facts
WHERE charge_period_start >= toDateTime({day:Date}, 'UTC') AND charge_period_start < toDateTime({day:Date} + 1, 'UTC')
  AND snapshot_id IN {snapshotIds:Array(String)}
GROUP BY source, scope`,
  params: z.object({ day: z.string(), snapshotIds: z.array(z.string()) }),
  row: z.object({ source: z.string(), scope: z.string(), amount: picos }),
});

/** What the snapshots were sealed with: facts that were lost since then must not make a smaller day with a clean proof. */
const SEALED_AMOUNTS = defineQuery({
  name: "sealed amounts by source and scope",
  sql: `SELECT source, scope, sum(toDecimal256(sealed, 12)) AS amount
FROM (SELECT snapshot_id, any(source) AS source, any(scope) AS scope, any(snapshots.amount) AS sealed FROM snapshots
  WHERE snapshot_id IN {snapshotIds:Array(String)} GROUP BY snapshot_id)
GROUP BY source, scope`,
  params: z.object({ snapshotIds: z.array(z.string()) }),
  row: z.object({ source: z.string(), scope: z.string(), amount: picos }),
});

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
  usage: readonly UsageCell[],
  rules: AllocationRules,
): Promise<void> {
  const { cells, lines } = await computeLines(clickhouse, inputs, usage, rules);
  certify(totalsOfCells(cells), totalsOfLines(lines));

  await writeLines(clickhouse, inputs, lines, "lines");
  if ((await storedLineCount(clickhouse, inputs)) !== lines.length) {
    // Lines of an attempt that the deduplication window has forgotten, or that never finished: replaced whole.
    await deleteLines(clickhouse, inputs);
    await writeLines(clickhouse, inputs, lines, `lines-again/${randomUUID()}`);
  }
  const certificate = await proveRun(clickhouse, inputs);
  await sealRun(clickhouse, inputs, lines.length, certificate);
}

/** What the run's inputs come to under its rules. Reads by the ids that are pinned, so it gives the same at any time. */
export async function computeLines(
  clickhouse: ClickHouse,
  inputs: RunInputs,
  usage: readonly UsageCell[],
  { registry, policies }: AllocationRules,
): Promise<{ cells: CostCell[]; lines: AllocationLine[] }> {
  const { day, costSnapshotIds, billSnapshotIds, metersWithoutReading } = inputs;
  const read = await groupCosts(clickhouse, day, costSnapshotIds, registry);
  const variance =
    billSnapshotIds.length === 0
      ? []
      : rateVarianceCells(read, await billedKubernetes(clickhouse, day, billSnapshotIds));
  const cells = [...read, ...variance];
  return { cells, lines: allocate({ day, cells, usage, metersWithoutReading, registry, policies }) };
}

/**
 * Proves in SQL, on what lies in the tables, that the run's lines are its facts and the facts what was sealed.
 * @throws ConservationError naming every source that does not balance
 */
export async function proveRun(clickhouse: ClickHouse, inputs: RunInputs): Promise<Certificate> {
  const { day, costSnapshotIds, billSnapshotIds } = inputs;
  const snapshotIds = [...costSnapshotIds];
  const collected: OriginTotal[] = await run(clickhouse, COLLECTED, { day, snapshotIds });
  certify(await run(clickhouse, SEALED_AMOUNTS, { snapshotIds }), collected);
  const kubernetes = collected.filter(({ source }) => source === KUBERNETES_SOURCE);
  const priced = kubernetes.reduce((sum, { amount }) => sum + amount, 0n);
  const variance =
    billSnapshotIds.length === 0 || priced <= 0n
      ? []
      : [{ ...RATE_VARIANCE, amount: (await billedKubernetes(clickhouse, day, billSnapshotIds)) - priced }];
  return certify([...collected, ...variance], await run(clickhouse, STORED_LINES, runParams(inputs)));
}

async function storedLineCount(clickhouse: ClickHouse, inputs: RunInputs): Promise<number> {
  const stored = await run(clickhouse, STORED_LINES, runParams(inputs));
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

/** SHA-256 over the rows of the lines as they are written, in their order. */
export function hashOfLines(inputs: RunInputs, lines: readonly AllocationLine[]): string {
  return sha256(canonicalJson(lines.map((line, index) => lineRow(inputs, index, line))));
}

const STORED_ROWS = defineQuery({
  name: "rows of a run",
  sql: `SELECT run_id, line, toString(charge_day) AS day, billing_period, source, scope, cluster, namespace, service, label, category,
  owner_kind, team_id, basis, pool, policy, method, reason, meter, between_services,
  toString(driver_quantity) AS quantity, toString(driver_total) AS quantity_total, toString(amount) AS amount_text
FROM allocation_lines
WHERE billing_period = {billingPeriod:String} AND charge_day = {day:Date} AND run_id = {runId:String} ORDER BY line`,
  params: z.object({ billingPeriod: z.string(), day: z.string(), runId: z.string() }),
  row: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** Hash and number of the lines as they lie in the table; comparable with {@link hashOfLines}. */
export async function storedLines(
  clickhouse: ClickHouse,
  { billingPeriod, day, runId }: Pick<RunInputs, "billingPeriod" | "day" | "runId">,
): Promise<{ hash: string; count: number }> {
  const rows = await run(clickhouse, STORED_ROWS, { billingPeriod, day, runId });
  const content = rows.map(({ day: chargeDay, quantity, quantity_total, amount_text, ...rest }) => ({
    ...rest,
    charge_day: chargeDay,
    driver_quantity: quantity,
    driver_total: quantity_total,
    amount: amount_text,
  }));
  return { hash: sha256(canonicalJson(content)), count: rows.length };
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
