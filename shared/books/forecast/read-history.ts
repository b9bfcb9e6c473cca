import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { CATEGORIES } from "@apportion/domain/category";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { SEEN, type Viewer, viewerParams, viewerShape } from "../viewer.js";
import { readSettled } from "../months/read-settled.js";
import { OF_SEALED_ATTEMPTS } from "../runs/sealed-attempts.js";
import type { DailyCost } from "./daily-series.js";
import { type CostHistory, lineOfCost } from "./history.js";
import { MONTHS_BEFORE, monthsBefore } from "./months-before.js";

/** A line on at most so many days of the history may be a fee of the calendar, and keeps its name; the others of a day are one sum. */
const FEE_DAYS_MAX = MONTHS_BEFORE;
/** Kubecost and the bill correct each day by a little once they know more: only more than that is a restatement worth a word. */
const RESTATED_PERCENT_MIN = 5;

const day = z.iso.date().transform((text) => text as Day);
const runsParam = z.object({ periods: z.array(z.string()), runs: z.array(z.string()) });

const RESTATED = defineQuery({
  name: "restated days",
  sql: `SELECT toString(charge_day) AS day FROM allocation_runs
WHERE billing_period IN {periods:Array(String)} AND empty(missing)
GROUP BY charge_day
HAVING (max(collected) - min(collected)) * 100 > abs(max(collected)) * {percent:UInt8}
ORDER BY day`,
  params: z.object({ periods: z.array(z.string()), percent: z.int() }),
  row: z.object({ day }),
});

const DAILY = defineQuery({
  name: "daily costs of teams",
  sql: `SELECT toString(charge_day) AS day, team_id,
  if(days <= {feeDays:UInt8}, category, '') AS fee_category,
  if(days <= {feeDays:UInt8}, service, '') AS fee_service,
  if(days <= {feeDays:UInt8}, pool, '') AS fee_pool,
  toString(sum(amount)) AS total
FROM
(
  SELECT charge_day, team_id, category, service, pool, sum(toDecimal256(allocation_lines.amount, 12)) AS amount,
    count() OVER (PARTITION BY team_id, category, service, pool) AS days
  FROM allocation_lines
  WHERE billing_period IN {periods:Array(String)} AND run_id IN {runs:Array(String)} AND ${OF_SEALED_ATTEMPTS} AND owner_kind = 'team' AND ${SEEN}
  GROUP BY charge_day, team_id, category, service, pool
)
GROUP BY day, team_id, fee_category, fee_service, fee_pool
ORDER BY day, team_id, fee_category, fee_service, fee_pool`,
  params: z.object({ ...runsParam.shape, ...viewerShape, feeDays: z.int() }),
  row: z.object({
    day,
    team_id: z.string(),
    fee_category: z.enum(["", ...CATEGORIES]),
    fee_service: z.string(),
    fee_pool: z.string(),
    total: z.string().transform(parsePicos),
  }),
});

/** Reads what settled days of each team that the viewer sees cost in the three months before one, and which days were restated, its own among them. */
export async function readHistory(
  clickhouse: ClickHouse,
  viewer: Viewer,
  period: BillingPeriod,
  registry: Pick<Registry, "accounts">,
  abortSignal?: AbortSignal,
): Promise<CostHistory> {
  const options = abortSignal ? { abortSignal } : {};
  const before = monthsBefore(period);
  const settled = await readSettled(clickhouse, before, registry, abortSignal);
  const restated = await select(
    clickhouse,
    RESTATED,
    { periods: [...before, period], percent: RESTATED_PERCENT_MIN },
    options,
  );
  const settledRuns = settled.map(({ runId }) => runId);
  const daily =
    settledRuns.length === 0
      ? []
      : await select(
          clickhouse,
          DAILY,
          { periods: before, runs: settledRuns, ...viewerParams(viewer), feeDays: FEE_DAYS_MAX },
          options,
        );
  return {
    settled: settled.map((run) => run.day),
    restated: restated.map((row) => row.day),
    costs: byTeam(daily),
  };
}

function byTeam(daily: readonly z.output<(typeof DAILY)["row"]>[]): CostHistory["costs"] {
  const costs = new Map<string, DailyCost[]>();
  for (const { day: ofDay, team_id, total, fee_category, fee_service, fee_pool } of daily) {
    const line = lineOfCost({ category: fee_category, service: fee_service, pool: fee_pool });
    const cost = { day: ofDay, picos: total, line };
    const ofTeam = costs.get(team_id);
    if (ofTeam) ofTeam.push(cost);
    else costs.set(team_id, [cost]);
  }
  return costs;
}
