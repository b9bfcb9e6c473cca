import { z } from "zod";
import type { OriginTotal } from "@apportion/allocation/certificate";
import { type AllocationLine, flatLine, type FlatLine } from "@apportion/allocation/line";
import { DEFAULT_METHOD, type PoliciesOfDay } from "@apportion/allocation/policy";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { RunInputs } from "./inputs.js";

/** Columns of a line that its run's certificate is about, in the order in which they are written and hashed. */
const HASHED_COLUMNS = [
  "line",
  "source",
  "scope",
  "cluster",
  "namespace",
  "node_pool",
  "service",
  "record_type",
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
  "usage_window",
  "between_services",
  "driver_quantity",
  "driver_total",
  "amount",
] as const;

/**
 * All of them. The last say again what others say, so that views need not read text: they are no part of the hash, by which runs of before it
 * had such columns are known too; that they fit their line is counted in SQL.
 */
export const LINE_COLUMNS = [...HASHED_COLUMNS, "meters", "meter_percents"] as const;

export type LineRow = readonly (string | number | readonly string[])[];

/** The lines as they are written. What drives a pool is the same on many of them, so its text is made once. */
export function rowsOf(lines: readonly AllocationLine[]): LineRow[] {
  const texts = new Map<bigint, string>();
  const textOf = (amount: bigint): string => {
    const text = texts.get(amount) ?? formatPicos(amount);
    texts.set(amount, text);
    return text;
  };
  return lines.map((line, index) => rowOf(index, flatLine(line), textOf));
}

function rowOf(line: number, item: FlatLine, textOf: (amount: bigint) => string): LineRow {
  return [
    line,
    item.source,
    item.scope,
    item.cluster,
    item.namespace,
    item.nodePool,
    item.service,
    item.recordType,
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
    item.usageWindow,
    item.betweenServices,
    textOf(item.driverQuantity),
    textOf(item.driverTotal),
    formatPicos(item.amount),
    item.meters,
    item.meterPercents,
  ];
}

const picos = z.string().transform(parsePicos);

const UNIT = "\u001f";

/** SHA-256 over the lines as they are written, in their order. */
export function hashOfLines(lines: readonly AllocationLine[]): string {
  return hashOfRows(rowsOf(lines));
}

export function hashOfRows(rows: readonly LineRow[]): string {
  return sha256(rows.map((row) => row.slice(0, HASHED_COLUMNS.length).join(UNIT)).join("\n"));
}

/** What a stored line must never be, whatever the rules: counted in SQL, on what lies in the table. */
const BROKEN = {
  "have a negative weight, or one above the weight of all": `driver_quantity < 0 OR driver_total < driver_quantity`,
  "have a share without a weight": `method NOT IN ('', 'limit') AND driver_quantity = 0`,
  "were split by another method than the policy's first, and do not say why": `method NOT IN ('', 'limit')
    AND owner_kind = 'team' AND reason = ''
    AND method != transform(policy, {versions:Array(String)}, {methods:Array(String)}, '${DEFAULT_METHOD}')`,
  "have other meters in columns than in words": `(method = 'usage') != notEmpty(meters) OR length(meters) != length(meter_percents)
    OR notEmpty(meters) AND arraySum(meter_percents) != 100 OR NOT arrayAll(each -> position(meter, each) > 0, meters)`,
  "name a team and another owner, or neither": `(owner_kind = 'team') = (team_id = '')`,
} as const;

/**
 * Condition on `allocation_lines`: those of the attempts that sealed their runs. Attempts that died, or came second, left theirs too.
 */
export const OF_SEALED_ATTEMPTS = `(run_id, attempt) IN (SELECT run_id, max(allocation_runs.attempt) FROM allocation_runs GROUP BY run_id)`;

const storedQuery = (attempts: string) =>
  defineQuery({
    name: "hash and invariants of stored lines",
    sql: `SELECT run_id, count() AS lines, lower(hex(SHA256(arrayStringConcat(
    arrayMap(each -> each.2, arraySort(groupArray((line, arrayStringConcat([${HASHED_COLUMNS.map((column) => `toString(${column})`).join(", ")}], char(31)))))),
    '\n')))) AS hash,
  [${Object.values(BROKEN)
    .map((condition) => `countIf(${condition})`)
    .join(", ")}] AS broken,
  sumMap([(source, scope)], [toDecimal256(amount, 12)]) AS totals
FROM allocation_lines
WHERE billing_period = {billingPeriod:String} AND charge_day IN {days:Array(Date)} AND run_id IN {runIds:Array(String)}
  AND ${attempts}
GROUP BY run_id`,
    params: z.object({
      attempt: z.string(),
      billingPeriod: z.string(),
      days: z.array(z.string()),
      runIds: z.array(z.string()),
      versions: z.array(z.string()),
      methods: z.array(z.string()),
    }),
    row: z.object({
      run_id: z.string(),
      lines: z.string().transform(Number),
      hash: z.string(),
      broken: z.array(z.string().transform(Number)),
      totals: z
        .tuple([z.array(z.tuple([z.string(), z.string()])), z.array(picos)])
        .transform(([origins, amounts]) =>
          origins.map(([source, scope], index) => ({ source, scope, amount: amounts[index] ?? 0n })),
        ),
    }),
  });

const SEALED_LINES = storedQuery(OF_SEALED_ATTEMPTS);
const LINES_OF_ATTEMPT = storedQuery("attempt = {attempt:String}");

/** Lines of a run as they lie in the table. */
export interface StoredLines {
  readonly count: number;
  /** Comparable with {@link hashOfLines}. */
  readonly hash: string;
  /** What is wrong with some of them, for people. */
  readonly broken: readonly string[];
  /** What they come to for each source and scope where that is not zero. */
  readonly totals: readonly OriginTotal[];
}

export type RunKey = Pick<RunInputs, "billingPeriod" | "day" | "runId">;

/**
 * Lines of runs of one month, by run; a run may have none.
 * @param attempt whose lines; without it, those of the attempts that sealed the runs
 */
export async function storedLines(
  clickhouse: ClickHouse,
  runs: readonly { readonly key: RunKey; readonly policies: Pick<PoliciesOfDay, "pools"> }[],
  attempt?: string,
): Promise<Map<string, StoredLines>> {
  const byPolicies = new Map<string, { keys: RunKey[]; policies: Pick<PoliciesOfDay, "pools"> }>();
  for (const { key, policies } of runs) {
    const text = canonicalJson(policies.pools);
    const same = byPolicies.get(text) ?? { keys: [], policies };
    same.keys.push(key);
    byPolicies.set(text, same);
  }
  const found = new Map<string, StoredLines>();
  for (const { keys, policies } of byPolicies.values())
    for (const [runId, lines] of await storedUnder(clickhouse, keys, policies, attempt))
      found.set(runId, lines);
  return found;
}

async function storedUnder(
  clickhouse: ClickHouse,
  runs: readonly RunKey[],
  { pools }: Pick<PoliciesOfDay, "pools">,
  attempt: string | undefined,
): Promise<Map<string, StoredLines>> {
  const [first] = runs;
  if (!first) return new Map();
  const rows = await select(clickhouse, attempt === undefined ? SEALED_LINES : LINES_OF_ATTEMPT, {
    attempt: attempt ?? "",
    billingPeriod: first.billingPeriod,
    days: runs.map(({ day }) => day),
    runIds: runs.map(({ runId }) => runId),
    versions: pools.map(({ version }) => version),
    methods: pools.map(({ methods }) => methods[0]?.kind ?? ""),
  });
  const found = new Map(rows.map((row) => [row.run_id, row]));
  return new Map(
    runs.map(({ runId }) => {
      const nothing = { lines: 0, hash: hashOfRows([]), broken: [], totals: [] };
      const { lines, hash, broken, totals } = found.get(runId) ?? nothing;
      const wrong = Object.keys(BROKEN).flatMap((what, index) => {
        const count = broken[index] ?? 0;
        return count === 0 ? [] : [`${count} lines ${what}`];
      });
      return [runId, { count: lines, hash, broken: wrong, totals }];
    }),
  );
}
