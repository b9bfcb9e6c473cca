import { z } from "zod";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { type AllocationRules, runIdentity, type RunInputs, unreadMeters } from "./inputs.js";

/** The seal of a run, as it lies in `allocation_runs` or in the log. */
export interface RunSeal {
  readonly day: Day;
  readonly run_id: string;
  readonly activated_at: string;
  readonly missing_readings: readonly string[];
  readonly ids: readonly string[];
  readonly sealed_certificate: string;
  readonly lines_shown: number;
  readonly collected_shown: bigint;
  readonly allocated_shown: bigint;
}

/** A current run as its seal describes it. */
export interface StoredRun {
  readonly billingPeriod: BillingPeriod;
  readonly day: Day;
  readonly runId: string;
  readonly rulesActivatedAt: string;
  readonly missing: readonly string[];
  /** As it was sealed. */
  readonly certificate: string;
  /** What its seal says of its lines, for people: no hash covers it. */
  readonly shown: { readonly lines: number; readonly collected: bigint; readonly allocated: bigint };
  readonly costSnapshotIds: readonly string[];
  readonly usageSnapshotIds: readonly string[];
  readonly billSnapshotIds: readonly string[];
  /** Snapshot of each account's bill. */
  readonly billOfAccount: ReadonlyMap<string, string>;
  /** Runs of the other days of the month, in their order. */
  readonly otherRunIds: readonly string[];
  /** What its usage snapshots measured, and when. */
  readonly usages: readonly { readonly source: string; readonly scope: string; readonly day: Day }[];
}

const picos = z.string().transform(parsePicos);

const runsQuery = (which: string) =>
  defineQuery({
    name: "runs with their seals",
    sql: `SELECT toString(charge_day) AS day, run_id, toString(max(rules_activated_at)) AS activated_at,
  any(allocation_runs.missing) AS missing_readings, any(snapshot_ids) AS ids, any(allocation_runs.certificate) AS sealed_certificate,
  any(line_count) AS lines_shown, toString(any(allocation_runs.collected)) AS collected_shown,
  toString(any(allocation_runs.allocated)) AS allocated_shown
FROM allocation_runs
WHERE billing_period = {month:String} AND ${which}
GROUP BY charge_day, run_id ORDER BY charge_day`,
    params: z.object({ month: z.string(), runIds: z.array(z.string()) }),
    row: z.object({
      day: z.string().transform((text) => text as Day),
      run_id: z.string(),
      activated_at: z.string(),
      missing_readings: z.array(z.string()),
      ids: z.array(z.string()),
      sealed_certificate: z.string(),
      lines_shown: z.number(),
      collected_shown: picos,
      allocated_shown: picos,
    }),
  });
const CURRENT_RUNS = runsQuery(
  "(charge_day, run_id) IN (SELECT charge_day, run_id FROM current_runs WHERE billing_period = {month:String})",
);
const NAMED_RUNS = runsQuery("run_id IN {runIds:Array(String)}");

const SNAPSHOTS = defineQuery({
  name: "kinds of snapshots",
  sql: `SELECT snapshot_id, any(dataset) AS kind, any(source) AS read_from, any(scope) AS part,
  toString(toDate(any(charge_period_start))) AS day FROM snapshots
WHERE formatDateTime(charge_period_start, '%Y-%m') = {month:String} GROUP BY snapshot_id`,
  params: z.object({ month: z.string() }),
  row: z.object({
    snapshot_id: z.string(),
    kind: z.string(),
    read_from: z.string(),
    part: z.string(),
    day: z.string().transform((text) => text as Day),
  }),
});

/**
 * The runs that count of a month, with what they were made from, in the order of their days.
 * @param runIds those of the month that are wanted instead
 */
export async function runsOfMonth(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  runIds?: readonly string[],
): Promise<StoredRun[]> {
  const runs = await select(clickhouse, runIds ? NAMED_RUNS : CURRENT_RUNS, {
    month,
    runIds: [...(runIds ?? [])],
  });
  return storedRunsOf(clickhouse, month, runs);
}

/** Runs of a month as these seals describe them. */
export async function storedRunsOf(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  runs: readonly RunSeal[],
): Promise<StoredRun[]> {
  const snapshots = await select(clickhouse, SNAPSHOTS, { month });
  const kindOf = new Map(snapshots.map((snapshot) => [snapshot.snapshot_id, snapshot]));
  return runs.map(({ day, run_id, activated_at, missing_readings, ids, sealed_certificate, ...seal }) => {
    const of = (kind: string): string[] => ids.filter((id) => kindOf.get(id)?.kind === kind).sort();
    return {
      billingPeriod: month,
      day,
      runId: run_id,
      rulesActivatedAt: activated_at,
      missing: missing_readings,
      certificate: sealed_certificate,
      shown: { lines: seal.lines_shown, collected: seal.collected_shown, allocated: seal.allocated_shown },
      costSnapshotIds: of("cost"),
      usageSnapshotIds: of("usage"),
      billSnapshotIds: of("bill"),
      billOfAccount: new Map(of("bill").map((id) => [kindOf.get(id)?.part ?? "", id])),
      otherRunIds: runs.filter((other) => other.day !== day).map((other) => other.run_id),
      usages: of("usage").flatMap((id) => {
        const snapshot = kindOf.get(id);
        return snapshot ? [{ source: snapshot.read_from, scope: snapshot.part, day: snapshot.day }] : [];
      }),
    };
  });
}

/** The inputs of a run again, its id computed anew under the rules that are given. */
export function inputsOfRun(stored: StoredRun, rules: AllocationRules): RunInputs {
  const monthRunIds = rulesOn(rules, stored.day).limited.length > 0 ? stored.otherRunIds : [];
  const usageDays = [...new Set(stored.usages.map((usage) => usage.day))].sort();
  return {
    ...runIdentity({ ...stored, usageDays, monthRunIds }, rules),
    usageDays,
    monthRunIds,
    day: stored.day,
    billingPeriod: stored.billingPeriod,
    costSnapshotIds: stored.costSnapshotIds,
    usageSnapshotIds: stored.usageSnapshotIds,
    billSnapshotIds: stored.billSnapshotIds,
    missing: stored.missing,
    metersWithoutReading: unreadMeters(stored.day, stored.usages, rules.expectedReadings),
    rulesActivatedAt: stored.rulesActivatedAt,
    // What the seal of a new run would need; a stored one has its seal.
    asOf: "",
    inputVersion: 0n,
  };
}

/** Whole rows, since they are written again as they are. */
const SEALS = defineQuery({
  name: "seals of runs that count or are in the books",
  sql: `SELECT * FROM allocation_runs WHERE run_id IN (
  SELECT run_id FROM current_runs UNION ALL SELECT run_id FROM latest_runs
  UNION ALL SELECT arrayJoin(JSONExtract(evidence, 'runs', 'Array(String)')) FROM journals)
ORDER BY billing_period, charge_day, run_id, rules_activated_at`,
  params: z.object({}),
  row: z.record(z.string(), z.unknown()),
});

const LATEST = defineQuery({
  name: "latest runs",
  sql: "SELECT run_id FROM latest_runs ORDER BY billing_period, charge_day",
  params: z.object({}),
  row: z.object({ run_id: z.string() }),
});

/** Seals of the runs that count, that would if no month were closed, or from which journals were made; whole rows of `allocation_runs`. */
export async function sealsThatCount(clickhouse: ClickHouse): Promise<Record<string, unknown>[]> {
  return select(clickhouse, SEALS, {});
}

/** The newest run of each day, also of closed months, in their order. */
export async function latestRunIds(clickhouse: ClickHouse): Promise<string[]> {
  return (await select(clickhouse, LATEST, {})).map(({ run_id }) => run_id);
}

const SEALED = defineQuery({
  name: "sealed runs among some",
  sql: `SELECT DISTINCT run_id FROM allocation_runs
WHERE billing_period = {period:String} AND run_id IN {runIds:Array(String)}`,
  params: z.object({ period: z.string(), runIds: z.array(z.string()) }),
  row: z.object({ run_id: z.string() }),
});

/** Whether all of these runs of a month are sealed. */
export async function areSealed(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  runIds: readonly string[],
): Promise<boolean> {
  const sealed = await select(clickhouse, SEALED, { period, runIds: [...runIds] });
  return sealed.length === runIds.length;
}
