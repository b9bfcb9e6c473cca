import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { CATEGORIES } from "@apportion/domain/category";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { OF_SEALED_ATTEMPTS } from "../runs/sealed-attempts.js";
import type { CostLine } from "./month.js";

/** Cost of one day that agrees in what says whose it is, what it is of, and whether it is settled. */
export type SumLine = Pick<
  CostLine,
  "day" | "ownerKind" | "teamId" | "category" | "basis" | "cluster" | "picos"
>;

const SUMS = defineQuery({
  name: "books.sumsOfRuns",
  sql: `SELECT toString(charge_day) AS day, owner_kind, team_id, category, basis, cluster, toString(sum(toDecimal256(amount, 12))) AS total
FROM allocation_lines
WHERE billing_period = {period:String} AND run_id IN {runs:Array(String)} AND ${OF_SEALED_ATTEMPTS}
GROUP BY charge_day, owner_kind, team_id, category, basis, cluster
ORDER BY charge_day, owner_kind, team_id, category, basis, cluster`,
  params: z.object({ period: z.string(), runs: z.array(z.string()) }),
  row: z.object({
    day: z.iso.date().transform((text) => text as Day),
    owner_kind: z.enum(["team", "idle", "corporate", "unallocated"]),
    team_id: z.string(),
    category: z.enum(CATEGORIES),
    basis: z.string(),
    cluster: z.string(),
    total: z.string().transform(parsePicos),
  }),
});

/** What some runs of a month come to: far less than their lines. */
export async function readSums(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  runs: readonly string[],
  abortSignal?: AbortSignal,
): Promise<SumLine[]> {
  if (runs.length === 0) return [];
  const rows = await select(
    clickhouse,
    SUMS,
    { period, runs: [...runs] },
    abortSignal ? { abortSignal } : {},
  );
  return rows.map(({ day, owner_kind, team_id, category, basis, cluster, total }) => ({
    day,
    ownerKind: owner_kind,
    teamId: team_id,
    category,
    basis,
    cluster,
    picos: total,
  }));
}
