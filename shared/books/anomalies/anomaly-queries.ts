import { z } from "zod";
import { defineQuery } from "@apportion/clickhouse/query";
import { CATEGORIES } from "@apportion/domain/category";
import type { Day } from "@apportion/domain/period";
import { WORKLOAD } from "../workload-name.js";
import { ofSealedCells } from "../readings/cells.js";
import { OF_SEALED_ATTEMPTS } from "../runs/sealed-attempts.js";

const day = z.string().transform((text) => text as Day);
const runs = { periods: z.array(z.string()), runs: z.array(z.string()) };
const OF_RUNS = `billing_period IN {periods:Array(String)} AND run_id IN {runs:Array(String)}`;
const OF_TEAMS = `${OF_RUNS} AND ${OF_SEALED_ATTEMPTS} AND owner_kind = 'team'`;

/** Of Kubernetes, what the difference to the bill lies on. */
const PRICED =
  "basis = 'direct' AND category IN ('cpu', 'gpu', 'memory', 'persistent-volume', 'load-balancer') AND listed > 0";

/**
 * What teams cost by category and day, Kubernetes at the bill's price: the difference to it lies on what has it, in proportion to its cost, as
 * `compare` has it. For series, in which the last digits do not matter. Without caps and minimum charges, which are of a month and not of its last day.
 * What may be a fee of the calendar, by its days before the month alone, is apart.
 */
export const TEAM_SERIES = defineQuery({
  name: "daily costs of teams by category",
  sql: `SELECT team_id, category, may_be_fee, fee_service, fee_pool, groupArray((day, total)) AS per_day
FROM
(
  SELECT team_id, category, days_before BETWEEN {feeDaysMin:UInt8} AND {feeDaysMax:UInt8} AS may_be_fee, if(may_be_fee, service, '') AS fee_service, if(may_be_fee, pool, '') AS fee_pool,
    toString(charge_day) AS day, sum(of_line) AS total
  FROM
  (
    SELECT charge_day, team_id, category, service, pool, sum(priced) AS of_line, countIf(charge_day < {since:Date}) OVER (PARTITION BY team_id, category, service, pool) AS days_before
    FROM
    (
      SELECT charge_day, team_id, category, service, pool,
        sumIf(listed, basis = 'direct' AND category = 'rate-variance') OVER place AS variance,
        sumIf(listed, ${PRICED}) OVER place AS takers,
        multiIf(takers = 0, listed, ${PRICED}, listed * (1 + variance / takers), basis = 'direct' AND category = 'rate-variance', 0, listed) AS priced
      FROM
      (
        SELECT charge_day, team_id, category, basis, cluster, namespace, service, pool, toFloat64(sum(toDecimal256(allocation_lines.amount, 12))) AS listed
        FROM allocation_lines WHERE ${OF_TEAMS} AND method != 'limit'
        GROUP BY charge_day, team_id, category, basis, cluster, namespace, service, pool
      )
      WINDOW place AS (PARTITION BY charge_day, team_id, cluster, namespace)
    )
    GROUP BY charge_day, team_id, category, service, pool
  )
  GROUP BY team_id, category, may_be_fee, fee_service, fee_pool, day
)
GROUP BY team_id, category, may_be_fee, fee_service, fee_pool
ORDER BY team_id, category, may_be_fee, fee_service, fee_pool`,
  params: z.object({ ...runs, since: z.string(), feeDaysMin: z.int(), feeDaysMax: z.int() }),
  row: z.object({
    team_id: z.string(),
    category: z.enum(CATEGORIES),
    may_be_fee: z.union([z.boolean(), z.literal([0, 1])]).transform(Boolean),
    fee_service: z.string(),
    fee_pool: z.string(),
    per_day: z.array(z.tuple([day, z.number()])),
  }),
});

/**
 * By how much workloads of a place cost more, and others less, than on the settled day before, at list price. What is not there costs nothing. Of places whose
 * workloads never moved by `least` in one direction nothing is said.
 */
export const CHURN = defineQuery({
  name: "what came and what went, by day",
  sql: `SELECT category, teams, arrayMap(each -> (toString({days:Array(Date)}[each.1]), each.2, each.3), moves) AS per_day
FROM
(
  SELECT cluster, namespace, category, groupArray((at, more, less)) AS moves
  FROM
  (
    SELECT cluster, namespace, category, at, sumIf(moved, moved > 0) AS more, -sumIf(moved, moved < 0) AS less
    FROM
    (
      SELECT cluster, namespace, workload, kind, part.1 AS category, place + step.1 AS at, sum(step.2 * part.2) AS moved
      FROM
      (
        SELECT indexOf({days:Array(Date)}, charge_day) AS place, cells.cluster AS cluster, cells.namespace AS namespace, ${WORKLOAD} AS workload, kind,
          [('cpu', toFloat64(sum(toDecimal256(cpu_cost, 12)))), ('gpu', toFloat64(sum(toDecimal256(gpu_cost, 12)))), ('memory', toFloat64(sum(toDecimal256(ram_cost, 12)))),
           ('persistent-volume', toFloat64(sum(toDecimal256(pv_cost, 12)))), ('load-balancer', toFloat64(sum(toDecimal256(load_balancer_cost, 12))))] AS parts
        FROM cells
        WHERE charge_day IN {days:Array(Date)} AND kind IN ('workload', 'unmounted')
          AND ${ofSealedCells("snapshot_id IN (SELECT arrayJoin(snapshot_ids) FROM allocation_runs WHERE " + OF_RUNS + ")")}
        GROUP BY place, cluster, namespace, workload, kind
      )
      ARRAY JOIN parts AS part
      ARRAY JOIN [(0, 1.), (1, -1.)] AS step
      WHERE part.2 != 0
      GROUP BY cluster, namespace, workload, kind, category, at
    )
    WHERE at > 1 AND at <= length({days:Array(Date)})
    GROUP BY cluster, namespace, category, at
  )
  GROUP BY cluster, namespace, category
  HAVING greatest(max(more), max(less)) >= {least:Float64}
) AS moved
INNER JOIN
(
  SELECT cluster, namespace, groupUniqArray(team_id) AS teams FROM allocation_lines
  WHERE ${OF_TEAMS} AND basis = 'direct' AND cluster != '' GROUP BY cluster, namespace
) AS owned USING (cluster, namespace)
ORDER BY cluster, namespace, category`,
  params: z.object({ ...runs, days: z.array(z.string()), least: z.number() }),
  row: z.object({
    category: z.enum(CATEGORIES),
    teams: z.array(z.string()),
    per_day: z.array(z.tuple([day, z.number(), z.number()])),
  }),
});

/** The last word about each anomaly that was marked. */
export const MARKS = defineQuery({
  name: "anomalies marked as expected",
  sql: `SELECT id, team_id, category, toString(charge_day) AS day, direction, reason, marked_by, toString(marked_at) AS at, if(isNull(until), '', toString(until)) AS until_day
FROM anomaly_marks ORDER BY id, marked_at DESC LIMIT 1 BY id`,
  params: z.object({}),
  row: z.object({
    id: z.string(),
    team_id: z.string(),
    category: z.enum(CATEGORIES),
    day,
    direction: z.enum(["above", "below", "within"]),
    reason: z.string(),
    marked_by: z.string(),
    at: z.string(),
    until_day: z.string(),
  }),
});
