import { z } from "zod";
import { KUBERNETES_SOURCE, RATE_VARIANCE } from "@apportion/allocation/rate-variance";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import { addDays, type Day } from "@apportion/domain/period";

/** Advice rests on so many complete days, the last ones. */
export const WINDOW_DAYS = 30;
/** How far back they are looked for: some may lack a reading. */
const LOOK_BACK_DAYS = 45;

/** A day whose run lacks no reading, with what it was made from. */
export interface CompleteDay {
  readonly day: Day;
  /** Of costs. Those of usage are the whole month's on each day, and a server takes no parameter of more than 128 KiB. */
  readonly snapshotIds: readonly string[];
  /** What Kubernetes costs at list price by cluster, and what the bill of an account makes of it, in picos. */
  readonly listPrices: ReadonlyMap<string, bigint>;
  readonly rateVariances: ReadonlyMap<string, bigint>;
}

const RUNS = defineQuery({
  name: "complete days of advice",
  sql: `SELECT toString(charge_day) AS day, arrayIntersect(any(snapshot_ids), (
  SELECT groupUniqArray(snapshot_id) FROM snapshots
  WHERE dataset = 'cost' AND toDate(charge_period_start) >= {from:Date} AND toDate(charge_period_start) < {to:Date}
)) AS ids, any(allocation_runs.certificate) AS sealed
FROM allocation_runs
WHERE charge_day >= {from:Date} AND charge_day < {to:Date}
  AND (charge_day, run_id) IN (SELECT charge_day, run_id FROM current_runs WHERE charge_day >= {from:Date} AND charge_day < {to:Date} AND empty(missing))
GROUP BY charge_day, run_id ORDER BY charge_day`,
  params: z.object({ from: z.string(), to: z.string() }),
  row: z.object({
    day: z.string().transform((text) => text as Day),
    ids: z.array(z.string()),
    sealed: z.string(),
  }),
});

const certificate = z.object({
  entries: z.array(z.object({ source: z.string(), scope: z.string(), allocated: z.string() })),
});

/** The last complete days before today, in order, at most as many as the window has. */
export async function lastCompleteDays(clickhouse: ClickHouse, today: Day): Promise<CompleteDay[]> {
  return (await completeDays(clickhouse, addDays(today, -LOOK_BACK_DAYS), today)).slice(-WINDOW_DAYS);
}

/** The complete days of `[from, to)`, in order. */
export async function completeDays(clickhouse: ClickHouse, from: Day, to: Day): Promise<CompleteDay[]> {
  const runs = await select(clickhouse, RUNS, { from, to });
  return runs.map(({ day, ids, sealed }) => {
    const { entries } = certificate.parse(JSON.parse(sealed));
    const amountsOf = (source: string): ReadonlyMap<string, bigint> =>
      new Map(
        entries
          .filter((entry) => entry.source === source)
          .map(({ scope, allocated }) => [scope, parsePicos(allocated)]),
      );
    return {
      day,
      snapshotIds: ids,
      listPrices: amountsOf(KUBERNETES_SOURCE),
      rateVariances: amountsOf(RATE_VARIANCE.source),
    };
  });
}
