import type { ClickHouse } from "@apportion/clickhouse/client";
import { isRefusal } from "@apportion/clickhouse/errors";
import { select } from "@apportion/clickhouse/query";
import { type BillingPeriod, billingPeriodOf, type Day, firstDayOf } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { orderLines, readPeriodCosts } from "../compare/period-lines.js";
import { NotAsAllocatedError } from "../compare/period-sum.js";
import type { PeriodCosts } from "../compare/split-difference.js";
import { FEE_MONTHS_MIN } from "../forecast/fees.js";
import { lineOfCost } from "../forecast/history.js";
import { monthsBefore } from "../forecast/months-before.js";
import type { DayRun } from "../months/month.js";
import { readLines } from "../months/read-month.js";
import { readSettled } from "../months/read-settled.js";
import { CHURN, MARKS, TEAM_SERIES } from "./anomaly-queries.js";
import { type Anomaly, explainAnomalies } from "./explain-anomaly.js";
import { type AnomalyFloors, findAnomalies, type Found } from "./find-anomalies.js";
import { type Mark, markOf } from "./marks.js";

/** A workload that moves by less than this part of the floor is left in the database. */
const CHURN_PART = 10;

export interface AnomaliesRequest {
  /** Whose days are judged, by those of the three months before and its own. */
  readonly period: BillingPeriod;
  readonly registry: Pick<Registry, "accounts">;
  readonly floors: AnomalyFloors;
  /** Which of them are wanted; what did the others is not read. All where absent. */
  readonly isWanted?: (found: Found) => boolean;
}

export interface AnomaliesOfMonth {
  /** Days of the month that are settled: no others are judged. */
  readonly settled: readonly Day[];
  /** In the order of their days, those that are marked as expected among them. */
  readonly anomalies: readonly Anomaly[];
}

/**
 * Days of a month on which a team's cost in a category was not what it was expected to be, with what did it. Read from the runs that count and
 * kept nowhere, so days that are restated are judged anew. Names of all workloads are in it: see `withoutNames` (`compare/hidden.ts`).
 * @throws NotAsAllocatedError
 */
export async function readAnomalies(
  clickhouse: ClickHouse,
  { period, registry, floors, isWanted = () => true }: AnomaliesRequest,
  abortSignal?: AbortSignal,
): Promise<AnomaliesOfMonth> {
  const periods = [...monthsBefore(period), period];
  const runs = await readSettled(clickhouse, periods, registry, abortSignal);
  const days = runs.map(({ day }) => day);
  const settled = days.filter((day) => day.startsWith(period));
  if (settled.length === 0) return { settled, anomalies: [] };
  const found = await findInTables(clickhouse, { period, periods, runs, floors }, abortSignal);
  const wanted = found.filter(isWanted);
  if (wanted.length === 0) return { settled, anomalies: [] };
  const marks = await readMarks(clickhouse, abortSignal);
  const runOf = new Map(runs.map((run) => [run.day, run]));
  const anomalies: Anomaly[] = [];
  for (const pair of pairsOf(wanted)) {
    const [first] = pair;
    if (!first) continue;
    // The client overlooks a signal that was given before it asks.
    abortSignal?.throwIfAborted();
    const before = await readDay(clickhouse, runOf.get(first.against), abortSignal);
    const after = await readDay(clickhouse, runOf.get(first.day), abortSignal);
    anomalies.push(...explainAnomalies(pair, { before, after }, floors));
  }
  const order = new Map(wanted.map(({ id }, at) => [id, at]));
  return {
    settled,
    anomalies: anomalies
      .toSorted((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
      .map((anomaly) => {
        const mark = markOf(anomaly, marks);
        return mark ? { ...anomaly, mark } : anomaly;
      }),
  };
}

/** Those of several months that nobody marked as expected. @throws NotAsAllocatedError */
export async function readUnexpected(
  clickhouse: ClickHouse,
  { periods, ...asked }: Omit<AnomaliesRequest, "period"> & { readonly periods: Iterable<BillingPeriod> },
  abortSignal?: AbortSignal,
): Promise<Anomaly[]> {
  const unexpected: Anomaly[] = [];
  for (const period of new Set(periods)) {
    const { anomalies } = await readAnomalies(clickhouse, { ...asked, period }, abortSignal);
    unexpected.push(...anomalies.filter(({ mark }) => !mark));
  }
  return unexpected;
}

/** Whether anomalies cannot be computed now, however often one asks: cells and lines of a day disagree, or ClickHouse refuses. */
export function cannotBeRead(error: unknown): boolean {
  return error instanceof NotAsAllocatedError || isRefusal(error);
}

async function findInTables(
  clickhouse: ClickHouse,
  given: {
    readonly period: BillingPeriod;
    readonly periods: readonly BillingPeriod[];
    readonly runs: readonly DayRun[];
    readonly floors: AnomalyFloors;
  },
  abortSignal: AbortSignal | undefined,
): Promise<Found[]> {
  const { period, runs, floors } = given;
  const options = abortSignal ? { abortSignal } : {};
  const settled = runs.map(({ day }) => day);
  const ofRuns = { periods: [...given.periods], runs: runs.map(({ runId }) => runId) };
  const fees = {
    since: firstDayOf(period),
    feeDaysMin: FEE_MONTHS_MIN,
    feeDaysMax: monthsBefore(period).length,
  };
  const series = await select(clickhouse, TEAM_SERIES, { ...ofRuns, ...fees }, options);
  const churn = await select(
    clickhouse,
    CHURN,
    { ...ofRuns, days: settled, least: Number(floors.atLeast) / CHURN_PART },
    options,
  );
  return findAnomalies({
    period,
    settled,
    costs: series.map(({ team_id, category, may_be_fee, fee_service, fee_pool, per_day }) => ({
      team: team_id,
      category,
      line: may_be_fee ? lineOfCost({ category, service: fee_service, pool: fee_pool }) : "",
      days: per_day,
    })),
    churn: churn.map(({ category, teams, per_day }) => ({ category, teams, days: per_day })),
    floors,
  });
}

/** Those that are about the same day and compared with the same, so that two days at a time are in memory. */
function pairsOf(found: readonly Found[]): Found[][] {
  const pairs = new Map<string, Found[]>();
  for (const each of found) {
    const key = `${each.day}/${each.against}`;
    const own = pairs.get(key);
    if (own) own.push(each);
    else pairs.set(key, [each]);
  }
  return [...pairs.values()];
}

/** Without caps and minimum charges, as the series are: they are of a month, and on its last day only by the books. */
async function readDay(
  clickhouse: ClickHouse,
  run: DayRun | undefined,
  abortSignal: AbortSignal | undefined,
): Promise<PeriodCosts> {
  if (!run) throw new RangeError("A day that is compared has a run");
  const period = billingPeriodOf(run.day);
  const lines = await readLines(clickhouse, period, [run.runId], abortSignal);
  const ofDay = lines.filter(({ method }) => method !== "limit");
  return readPeriodCosts(clickhouse, await orderLines(clickhouse, period, [run.runId], ofDay));
}

async function readMarks(clickhouse: ClickHouse, abortSignal: AbortSignal | undefined): Promise<Mark[]> {
  const rows = await select(clickhouse, MARKS, {}, abortSignal ? { abortSignal } : {});
  return rows.map(({ id, team_id, category, day, direction, reason, marked_by, at, until_day }) => {
    const until = until_day === "" ? undefined : (until_day as Day);
    return { id, team: team_id, category, day, direction, by: marked_by, reason, at, until };
  });
}
