import { z } from "zod";
import { dailyMeters } from "@apportion/allocation/policy";
import { poolTotals } from "@apportion/books/runs/compute-lines";
import { dayCells } from "@apportion/books/runs/day-cells";
import { groupUsage } from "@apportion/books/runs/grouping";
import {
  type AllocationRules,
  pinMonth,
  type RunInputs,
  visibleSnapshots,
} from "@apportion/books/runs/inputs";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { canonicalJson, sha256 } from "@apportion/domain/hash";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { EventLog } from "@apportion/event-log/log";
import { type AllocationSealed, encodeEvent } from "@apportion/events/catalogue";
import type { MergedTrace, Traceparent } from "@apportion/events/trace";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock } from "@apportion/runtime/service";
import { executeRuns, sealRuns, sealOf } from "./execute-runs.js";

export interface RunsDeps {
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What the requests of a batch ask for of one month. */
export interface RequestedDays {
  readonly period: BillingPeriod;
  readonly days: readonly Day[];
  readonly trace: MergedTrace;
}

/**
 * Allocates days of a month under rules: seals the runs that are not sealed yet and tells the log of all of them. Days without costs are
 * left out; limits of the month follow every change of any of its days.
 */
export async function allocateDays(
  deps: RunsDeps,
  rules: AllocationRules,
  { period, days, trace }: RequestedDays,
  signal: AbortSignal,
): Promise<void> {
  const { clickhouse, logger } = deps;
  const [visible, sealed] = await Promise.all([
    visibleSnapshots(clickhouse, period),
    sealedRuns(clickhouse, period),
  ]);
  const usageIds = visible
    .filter((snapshot) => snapshot.dataset === "usage")
    .map((snapshot) => snapshot.snapshotId);
  const daily = dailyMeters(rules.policies);
  const usage = groupUsage(clickhouse, period, usageIds, rules.registry, daily);
  usage.catch(() => undefined); // it is awaited, and thrown, when the first days are there
  // Limits of the month follow every change of any of its days.
  const runs = pinMonth(period, visible, rules).filter(
    ({ day, monthRunIds }) => days.includes(day) || monthRunIds.length > 0,
  );
  const isSealed = ({ runId }: RunInputs): boolean => sealed.all.has(runId);
  for (const inputs of runs.filter(isSealed))
    if (sealed.current.get(inputs.day) !== inputs.runId) await sealAgain(clickhouse, inputs);
  const wanted = runs.filter((inputs) => !isSealed(inputs) && inputs.monthRunIds.length === 0);
  await executeRuns(clickhouse, dayCells(clickhouse, wanted, rules.registry), usage, rules, { signal });
  const known = new Set([...sealed.all, ...wanted.map(({ runId }) => runId)]);
  const bounded = runs.find((inputs) => !isSealed(inputs) && inputs.monthRunIds.length > 0);
  // A day that is missing is about to be allocated by another request, which brings the limits along again.
  if (bounded?.monthRunIds.every((runId) => known.has(runId))) {
    const monthTotals = await poolTotals(clickhouse, period, bounded.monthRunIds, rules.policies);
    const lots = dayCells(clickhouse, [bounded], rules.registry);
    await executeRuns(clickhouse, lots, usage, rules, { monthTotals, signal });
    known.add(bounded.runId);
  }
  const done = runs.filter(({ runId }) => known.has(runId));
  if (done.length === 0) return;
  for (const { day, runId } of wanted)
    logger.info({ billingPeriod: period, day, runId, ...trace.fields }, "run sealed");
  logger.info({ billingPeriod: period, days: done.length, ...trace.fields }, "allocation sealed");
  await publishSealed(deps, period, done, trace.traceparent);
}

interface SealedRuns {
  /** Current run of each day. */
  readonly current: ReadonlyMap<Day, string>;
  readonly all: ReadonlySet<string>;
}

const SEALED_RUNS = defineQuery({
  name: "sealed runs of a month",
  sql: `SELECT toString(charge_day) AS day, run_id, run_id = current_id AS is_current
FROM (SELECT DISTINCT charge_day, run_id FROM allocation_runs WHERE billing_period = {billingPeriod:String}) AS sealed
LEFT JOIN (SELECT charge_day, run_id AS current_id FROM latest_runs WHERE billing_period = {billingPeriod:String}) AS now
  USING (charge_day)`,
  params: z.object({ billingPeriod: z.string() }),
  row: z.object({
    day: z.string().transform((text) => text as Day),
    run_id: z.string(),
    is_current: z.number(),
  }),
});

async function sealedRuns(clickhouse: ClickHouse, billingPeriod: BillingPeriod): Promise<SealedRuns> {
  const rows = await select(clickhouse, SEALED_RUNS, { billingPeriod });
  return {
    current: new Map(rows.filter((row) => row.is_current === 1).map((row) => [row.day, row.run_id])),
    all: new Set(rows.map((row) => row.run_id)),
  };
}

const SEALED_RUN = defineQuery({
  name: "seal of a run",
  sql: `SELECT line_count, collected, allocated, certificate, attempt FROM allocation_runs
WHERE billing_period = {billingPeriod:String} AND charge_day = {day:Date} AND run_id = {runId:String} ORDER BY attempt DESC LIMIT 1`,
  params: z.object({ billingPeriod: z.string(), day: z.string(), runId: z.string() }),
  row: z.object({
    line_count: z.number(),
    collected: z.string(),
    allocated: z.string(),
    certificate: z.string(),
    attempt: z.string(),
  }),
});

/** The rules went back to what they were: the run of then is the current one again. */
async function sealAgain(clickhouse: ClickHouse, inputs: RunInputs): Promise<void> {
  const { runId, day, billingPeriod } = inputs;
  const [before] = await select(clickhouse, SEALED_RUN, { billingPeriod, day, runId });
  if (!before) throw new Error(`The seal of run ${runId} of ${day} is gone`);
  await sealRuns(clickhouse, [sealOf(inputs, before)]);
}

async function publishSealed(
  deps: RunsDeps,
  period: BillingPeriod,
  runs: readonly RunInputs[],
  traceparent: Traceparent,
): Promise<void> {
  const data: AllocationSealed = {
    billingPeriod: period,
    runs: runs.map(({ day, runId }) => ({ day, runId })),
  };
  const event = encodeEvent("allocationSealed", data, {
    id: sha256(canonicalJson(data)).slice(0, 32),
    source: "/apportion/allocator",
    key: period,
    subject: period,
    time: deps.clock(),
    traceparent,
  });
  await deps.log.publish([event]);
}
