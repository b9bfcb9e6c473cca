import { z } from "zod";
import { allocate } from "@apportion/allocation/allocate";
import type { UsageCell } from "@apportion/allocation/cells";
import type { Certificate } from "@apportion/allocation/certificate";
import type { Allocation } from "@apportion/allocation/line";
import { addToTotals, limitLines, type PoolTotals } from "@apportion/allocation/month-limits";
import { limitedPools, type Policies } from "@apportion/allocation/policy";
import type { RulesOfDay } from "@apportion/allocation/rules-of-day";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import type { DayCells } from "./day-cells.js";
import type { RunInputs } from "./inputs.js";
import { OF_SEALED_ATTEMPTS } from "./sealed-attempts.js";

const picos = z.string().transform(parsePicos);

/** What a run's facts come to under its rules: the same at any time, since it reads by the ids that are pinned. */
export function computeLines(
  { metersWithoutReading }: Pick<RunInputs, "metersWithoutReading">,
  { cells }: DayCells,
  usage: readonly UsageCell[],
  rules: RulesOfDay,
  monthTotals: PoolTotals,
): Allocation {
  const lines = allocate({ cells, usage, metersWithoutReading, rules });
  const { limited, teams } = rules;
  const pools = limitedPools({ pools: limited });
  return [...lines, ...limitLines(limited, addToTotals(monthTotals, lines, pools), teams)];
}

const POOL_TOTALS = defineQuery({
  name: "pool totals of runs",
  sql: `SELECT pool, team_id, sum(toDecimal256(amount, 12)) AS total FROM allocation_lines
WHERE billing_period = {billingPeriod:String} AND run_id IN {runIds:Array(String)} AND pool IN {pools:Array(String)} AND owner_kind = 'team'
  AND ${OF_SEALED_ATTEMPTS}
GROUP BY pool, team_id`,
  params: z.object({ billingPeriod: z.string(), runIds: z.array(z.string()), pools: z.array(z.string()) }),
  row: z.object({ pool: z.string(), team_id: z.string(), total: picos }),
});

/** What runs charge teams for the pools that policies hold within limits. */
export async function poolTotals(
  clickhouse: ClickHouse,
  billingPeriod: BillingPeriod,
  runIds: readonly string[],
  policies: Policies,
): Promise<PoolTotals> {
  const totals = new Map<string, Map<string, bigint>>();
  const pools = limitedPools(policies);
  if (pools.size === 0 || runIds.length === 0) return totals;
  const params = { billingPeriod, runIds: [...runIds], pools: [...pools] };
  for (const { pool, team_id, total } of await select(clickhouse, POOL_TOTALS, params)) {
    const shares = totals.get(pool) ?? new Map<string, bigint>();
    totals.set(pool, shares.set(team_id, total));
  }
  return totals;
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
