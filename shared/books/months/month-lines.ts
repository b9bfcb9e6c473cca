import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { CATEGORIES } from "@apportion/domain/category";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod } from "@apportion/domain/period";
import type { ExactMonth } from "../ledger/journal.js";
import { OF_SEALED_ATTEMPTS } from "../runs/sealed-attempts.js";

const picos = z.string().transform(parsePicos);
const ofRuns = z.object({ period: z.string(), runs: z.array(z.string()) });

const LINES = defineQuery({
  name: "statement lines of runs",
  sql: `SELECT owner_kind, team_id, category, basis, pool, method, reason,
  toString(sum(toDecimal256(allocation_lines.amount, 12))) AS total
FROM allocation_lines WHERE billing_period = {period:String} AND run_id IN {runs:Array(String)} AND ${OF_SEALED_ATTEMPTS}
GROUP BY owner_kind, team_id, category, basis, pool, method, reason`,
  params: ofRuns,
  row: z.object({
    owner_kind: z.enum(["team", "idle", "corporate", "unallocated"]),
    team_id: z.string(),
    category: z.enum(CATEGORIES),
    basis: z.string(),
    pool: z.string(),
    method: z.string(),
    reason: z.string(),
    total: picos,
  }),
});

const SOURCES = defineQuery({
  name: "totals of runs by source",
  sql: `SELECT source, toString(sum(toDecimal256(allocation_lines.amount, 12))) AS total
FROM allocation_lines WHERE billing_period = {period:String} AND run_id IN {runs:Array(String)} AND ${OF_SEALED_ATTEMPTS}
GROUP BY source ORDER BY source`,
  params: ofRuns,
  row: z.object({ source: z.string(), total: picos }),
});

/** What a month's runs come to, exactly: by statement line, and by source. */
export async function readMonthLines(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  runIds: readonly string[],
): Promise<ExactMonth> {
  const params = { period, runs: [...runIds] };
  const lines = await select(clickhouse, LINES, params);
  const sources = await select(clickhouse, SOURCES, params);
  return {
    lines: lines.map(({ owner_kind, team_id, total, ...line }) => ({
      ...line,
      ownerKind: owner_kind,
      teamId: team_id,
      picos: total,
    })),
    sources: sources.map(({ source, total }) => ({ source, picos: total })),
  };
}
