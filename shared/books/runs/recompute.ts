import type { UsageCell } from "@apportion/allocation/cells";
import type { Allocation } from "@apportion/allocation/line";
import { addToTotals, type PoolTotals } from "@apportion/allocation/month-limits";
import { dailyMeters, limitedPools, type Policies } from "@apportion/allocation/policy";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import { computeLines } from "./compute-lines.js";
import { dayCells, type DayCells } from "./day-cells.js";
import { groupUsage } from "./grouping.js";
import { type AllocationRules, unreadMeters } from "./inputs.js";
import { recordedRules } from "./rules.js";
import { runsOfMonth, type StoredRun } from "./stored-runs.js";

/** A run of a month with what it takes to compute it again. */
export interface Recomputable {
  readonly stored: StoredRun;
  readonly rules: AllocationRules;
  readonly usage: readonly UsageCell[];
}

/**
 * The runs that count of a month, each with its own rules and the usage that it pinned; both are read once for each that differs.
 * @param others policies under which they may be computed besides their own
 */
export async function recomputables(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  others?: Policies,
): Promise<Recomputable[]> {
  return recomputablesOf(clickhouse, month, await runsOfMonth(clickhouse, month), others);
}

/** As {@link recomputables}, of runs that may no longer be those that count. */
export async function recomputablesOf(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  runs: readonly StoredRun[],
  others?: Policies,
): Promise<Recomputable[]> {
  const rulesOf = remember((activatedAt: string) => recordedRules(clickhouse, activatedAt));
  const usageOf = remember(async (text: string) => {
    const { activatedAt, ids } = JSON.parse(text) as { activatedAt: string; ids: string[] };
    const { registry, policies } = await rulesOf(activatedAt);
    const daily = [policies, ...(others ? [others] : [])].flatMap(dailyMeters);
    return groupUsage(clickhouse, month, ids, registry, daily);
  });
  const all: Recomputable[] = [];
  for (const stored of runs) {
    const { rulesActivatedAt: activatedAt, usageSnapshotIds: ids } = stored;
    all.push({
      stored,
      rules: await rulesOf(activatedAt),
      usage: await usageOf(JSON.stringify({ activatedAt, ids })),
    });
  }
  return all;
}

/** A run with the cells of what it pinned. */
export interface RecomputableDay {
  readonly run: Recomputable;
  readonly read: DayCells;
}

/**
 * Reads the cells of runs, some days at a time. Runs of other rules are read apart, because ownership decides how cells are grouped;
 * the last day always comes last.
 */
export async function* cellsOf(
  clickhouse: ClickHouse,
  runs: readonly Recomputable[],
): AsyncGenerator<RecomputableDay> {
  const all = new Set(runs.map((each) => each.rules));
  const last = runs.at(-1)?.rules;
  if (last && all.delete(last)) all.add(last);
  for (const rules of all) {
    const own = runs.filter((each) => each.rules === rules).map((each) => ({ ...each.stored, run: each }));
    for await (const lot of dayCells(clickhouse, own, rules.registry))
      for (const { inputs, read } of lot) yield { run: inputs.run, read };
  }
}

/**
 * Computes runs of one month as they would be under other policies, the last day last: limits of the month look at all days before.
 * Reads nothing and writes nothing.
 */
export function recomputer(
  policiesOf: (given: Policies) => Policies = (given) => given,
): (day: RecomputableDay) => Allocation {
  let totals: PoolTotals = new Map();
  return ({ run: { stored, rules, usage }, read }) => {
    const other = { ...rules, policies: policiesOf(rules.policies) };
    const ofDay = rulesOn(other, stored.day);
    const metersWithoutReading = unreadMeters(stored.day, stored.usages, rules.expectedReadings);
    const lines = computeLines({ metersWithoutReading }, read, usage, ofDay, totals);
    totals = addToTotals(totals, lines, limitedPools(other.policies));
    return lines;
  };
}

function remember<T>(load: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const value = known.get(key) ?? load(key);
    known.set(key, value);
    return value;
  };
}
