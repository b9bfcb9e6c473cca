import { z } from "zod";
import type { OriginTotal } from "@apportion/allocation/certificate";
import { DEFAULT_METHOD, type PoliciesOfDay } from "@apportion/allocation/policy";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import { parsePicos } from "@apportion/domain/money";
import { HASHED_COLUMNS } from "./line-columns.js";
import type { RunKey } from "./run-key.js";
import { OF_SEALED_ATTEMPTS } from "./sealed-attempts.js";

const picos = z.string().transform(parsePicos);

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

const storedQuery = (attempts: string) =>
  defineQuery({
    name: "hash and invariants of stored lines",
    sql: `SELECT run_id, count() AS lines, lower(hex(SHA256(arrayStringConcat(
    arrayMap(each -> each.2, arraySort(groupArray((line, concatWithSeparator(char(31), ${HASHED_COLUMNS.join(", ")}))))),
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

/**
 * Lines of runs of one month, by run; a run may have none.
 * @param attempt whose lines, no more than are proved at once; without it, those of the attempts that sealed the runs
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
    for (const some of attempt === undefined ? await lotsOf(clickhouse, keys) : [keys])
      for (const [runId, lines] of await storedUnder(clickhouse, some, policies, attempt))
        found.set(runId, lines);
  return found;
}

/** Lines whose text the engine puts together at once, unless a single run has more: half a kilobyte of its memory each. */
const LINES_A_QUERY = 250_000;

const LINE_COUNTS = defineQuery({
  name: "counts of stored lines",
  sql: `SELECT run_id, count() AS lines FROM allocation_lines
WHERE billing_period = {billingPeriod:String} AND charge_day IN {days:Array(Date)} AND run_id IN {runIds:Array(String)} GROUP BY run_id`,
  params: z.object({ billingPeriod: z.string(), days: z.array(z.string()), runIds: z.array(z.string()) }),
  row: z.object({ run_id: z.string(), lines: z.string().transform(Number) }),
});

async function lotsOf(clickhouse: ClickHouse, runs: readonly RunKey[]): Promise<RunKey[][]> {
  const [first, ...more] = runs;
  if (!first || more.length === 0) return [[...runs]];
  const rows = await select(clickhouse, LINE_COUNTS, {
    billingPeriod: first.billingPeriod,
    days: runs.map(({ day }) => day),
    runIds: runs.map(({ runId }) => runId),
  });
  const counts = new Map(rows.map(({ run_id, lines }) => [run_id, lines]));
  const lots: RunKey[][] = [];
  let room = 0;
  for (const run of runs) {
    const lines = counts.get(run.runId) ?? 0;
    const lot = lots.at(-1);
    if (lot && lines <= room) lot.push(run);
    else {
      lots.push([run]);
      room = LINES_A_QUERY;
    }
    room -= lines;
  }
  return lots;
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
      const nothing = { lines: 0, hash: sha256(""), broken: [], totals: [] };
      const { lines, hash, broken, totals } = found.get(runId) ?? nothing;
      const wrong = Object.keys(BROKEN).flatMap((what, index) => {
        const count = broken[index] ?? 0;
        return count === 0 ? [] : [`${count} lines ${what}`];
      });
      return [runId, { count: lines, hash, broken: wrong, totals }];
    }),
  );
}
