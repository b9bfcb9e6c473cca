import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { CATEGORIES } from "@apportion/domain/category";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { OF_SEALED_ATTEMPTS } from "../runs/sealed-attempts.js";
import type { CostLine, DayRun, MonthCosts } from "./month.js";

const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
const exactAmount = z.string().transform(parsePicos);
const chargeDay = z.iso.date().transform((text) => text as Day);

/**
 * A day is over when each reading of its costs was made after it had ended. The newest input of its run says nothing of that: usage
 * of the whole month, and so of later days, is among them.
 */
const runsOfMonths = defineQuery({
  name: "books.runsOfMonths",
  sql: `
WITH
    current AS (SELECT run_id FROM current_runs WHERE billing_period IN {periods:Array(String)}),
    (
        SELECT groupArray(snapshot_id) FROM snapshots
        WHERE dataset = 'cost' AND read_at < charge_period_end
            AND formatDateTime(charge_period_start, '%Y-%m') IN {periods:Array(String)}
    ) AS running
SELECT
    toString(charge_day) AS day,
    run_id,
    missing,
    run_id NOT IN (
        SELECT run_id FROM allocation_runs
        WHERE billing_period IN {periods:Array(String)} AND run_id IN current AND hasAny(snapshot_ids, running)
    ) AS elapsed,
    toString(collected) AS collected_amount,
    toString(allocated) AS allocated_amount
FROM current_runs
WHERE billing_period IN {periods:Array(String)}
ORDER BY day`,
  params: z.object({ periods: z.array(z.string()) }),
  row: z.object({
    day: chargeDay,
    run_id: z.string(),
    missing: z.array(z.string()),
    elapsed: z.union([z.boolean(), z.literal([0, 1])]).transform(Boolean),
    collected_amount: decimal,
    allocated_amount: decimal,
  }),
});

/** What lines have in common on most days of a month: all that tells them apart but the day. */
const NAMES =
  "owner_kind, team_id, category, basis, cluster, namespace, node_pool, service, shown_label, pool, method, reason, meter, usage_window, between_services";

/** Reads by run ids, so that a run sealed in between does not mix two states of a day. Days come as lists: names would be most of what is sent. */
const linesOfRuns = defineQuery({
  name: "books.linesOfRuns",
  sql: `
SELECT ${NAMES}, groupArray((toString(charge_day), quantity, quantity_total, total)) AS days
FROM
(
    WITH if(label != '' AND (cluster, namespace, service, label) IN (SELECT cluster, namespace, service, label FROM hidden_labels),
        'hidden', label) AS shown_label
    SELECT
        charge_day, ${NAMES},
        toString(max(driver_quantity)) AS quantity,
        toString(max(driver_total)) AS quantity_total,
        toString(sum(toDecimal256(amount, 12))) AS total
    FROM allocation_lines
    WHERE billing_period = {period:String} AND run_id IN {runs:Array(String)}
        AND ${OF_SEALED_ATTEMPTS}
    GROUP BY charge_day, ${NAMES}
)
GROUP BY ${NAMES}
ORDER BY ${NAMES}`,
  params: z.object({ period: z.string(), runs: z.array(z.string()) }),
  row: z.object({
    owner_kind: z.enum(["team", "idle", "corporate", "unallocated"]),
    team_id: z.string(),
    category: z.enum(CATEGORIES),
    basis: z.string(),
    cluster: z.string(),
    namespace: z.string(),
    node_pool: z.string(),
    service: z.string(),
    shown_label: z.string(),
    pool: z.string(),
    method: z.string(),
    reason: z.string(),
    meter: z.string(),
    usage_window: z.string(),
    between_services: z.string(),
    days: z.array(z.tuple([chargeDay, exactAmount, exactAmount, exactAmount])),
  }),
});

/** Which bill a run is at the price of is in its seal: a bill that was read too early is visible, and no run is. */
const billsOfMonths = defineQuery({
  name: "books.billsOfMonths",
  sql: `
SELECT
    formatDateTime(charge_period_start, '%Y-%m') AS month,
    scope AS account,
    groupUniqArrayIf(
        toString(toDate(charge_period_start)),
        snapshot_id IN (
            SELECT arrayJoin(snapshot_ids) FROM allocation_runs
            WHERE billing_period IN {periods:Array(String)} AND run_id IN {runs:Array(String)}
        )
    ) AS days
FROM snapshots
WHERE dataset = 'bill' AND month IN {periods:Array(String)}
GROUP BY month, account`,
  params: z.object({ periods: z.array(z.string()), runs: z.array(z.string()) }),
  row: z.object({ month: z.string(), account: z.string(), days: z.array(chargeDay) }),
});

/** The runs that count, and the bills whose price they are at, of several months: each month's by itself, in the order of its days. */
export async function readStandings(
  clickhouse: ClickHouse,
  periods: readonly BillingPeriod[],
  abortSignal?: AbortSignal,
): Promise<Pick<MonthCosts, "period" | "days" | "bills">[]> {
  const options = abortSignal ? { abortSignal } : {};
  const runs = await select(clickhouse, runsOfMonths, { periods: [...periods] }, options);
  const sealed = { periods: [...periods], runs: runs.map((row) => row.run_id) };
  const bills = runs.length === 0 ? [] : await select(clickhouse, billsOfMonths, sealed, options);
  return periods.map((period) => ({
    period,
    days: runs.filter(({ day: ofRun }) => ofRun.startsWith(period)).map(dayRunOf),
    bills: new Map(
      bills.filter(({ month }) => month === period).map((bill) => [bill.account, new Set(bill.days)]),
    ),
  }));
}

function dayRunOf(row: z.output<(typeof runsOfMonths)["row"]>): DayRun {
  const { run_id: runId, missing, elapsed } = row;
  const collected = parsePicos(row.collected_amount);
  return { day: row.day, runId, missing, elapsed, collected, allocated: parsePicos(row.allocated_amount) };
}

/** Reads what is sealed of a month; whoever answers many questions reads it once for all. */
export type MonthReader = (period: BillingPeriod) => Promise<MonthCosts>;

/** Reads what is sealed of a month, all of it as of the same moment. */
export async function readMonth(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  abortSignal?: AbortSignal,
): Promise<MonthCosts> {
  const [standing] = await readStandings(clickhouse, [period], abortSignal);
  const days = standing?.days ?? [];
  if (!standing || days.length === 0) return { period, days, lines: [], bills: new Map() };
  const lines = await readLines(
    clickhouse,
    period,
    days.map((each) => each.runId),
    abortSignal,
  );
  return { ...standing, lines };
}

/** The lines of some runs of a month, in the order of their days, and of what tells them apart. */
export async function readLines(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  runs: readonly string[],
  abortSignal?: AbortSignal,
): Promise<CostLine[]> {
  const sealed = { period, runs: [...runs] };
  const rows = await select(clickhouse, linesOfRuns, sealed, abortSignal ? { abortSignal } : {});
  // The same few hundred names in thousands of rows: each is kept once.
  const names = new Map<string, string>();
  const once = (name: string): string => {
    const known = names.get(name);
    if (known !== undefined) return known;
    names.set(name, name);
    return name;
  };
  const lines = rows.flatMap((row) => {
    const teamId = once(row.team_id);
    const basis = once(row.basis);
    const cluster = once(row.cluster);
    const namespace = once(row.namespace);
    const nodePool = once(row.node_pool);
    const service = once(row.service);
    const label = once(row.shown_label);
    const pool = once(row.pool);
    const method = once(row.method);
    const reason = once(row.reason);
    const meter = once(row.meter);
    const usageWindow = once(row.usage_window);
    const betweenServices = once(row.between_services);
    // Written out: to spread what the days have in common takes four times as long for a large month, and twice the memory.
    return row.days.map(([day, driverQuantity, driverTotal, picos]): CostLine => ({
      day: once(day) as Day,
      ownerKind: row.owner_kind,
      teamId,
      category: row.category,
      basis,
      cluster,
      namespace,
      nodePool,
      service,
      label,
      pool,
      method,
      reason,
      meter,
      usageWindow,
      betweenServices,
      driverQuantity,
      driverTotal,
      picos,
    }));
  });
  return lines.toSorted((a, b) => (a.day === b.day ? 0 : a.day < b.day ? -1 : 1));
}

const unitsOfMeters = defineQuery({
  name: "books.unitsOfMeters",
  sql: `
SELECT meter, max(unit) AS unit
FROM usage_facts
WHERE toYYYYMM(charge_period_start) = {month:UInt32}
GROUP BY meter
ORDER BY meter`,
  params: z.object({ month: z.int() }),
  row: z.object({ meter: z.string(), unit: z.string() }),
});

/** `mlflow.runs` → `runs`, of the meters that were read in the month. */
export async function readUnits(
  clickhouse: ClickHouse,
  period: BillingPeriod,
): Promise<ReadonlyMap<string, string>> {
  const rows = await select(clickhouse, unitsOfMeters, { month: Number(period.replace("-", "")) });
  return new Map(rows.map(({ meter, unit }) => [meter, unit]));
}
