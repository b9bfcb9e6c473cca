import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import type { MonthLine } from "@apportion/domain/statement";
import type { AllocationLine, UsageCell } from "../allocation/allocate.js";
import type { Policies } from "../allocation/policy.js";
import { groupUsage } from "./grouping.js";
import type { AllocationRules } from "./inputs.js";
import { recordedRules } from "./rules.js";
import { computeLines } from "./run.js";
import { inputsOfRun, runsOfMonth, type StoredRun } from "./stored-runs.js";

/** A run of a month with what it takes to compute it again. */
export interface Recomputable {
  readonly stored: StoredRun;
  readonly rules: AllocationRules;
  readonly usage: readonly UsageCell[];
}

/** The runs that count of a month, each with its own rules and the usage that it pinned; both are read once for each that differs. */
export async function recomputables(clickhouse: ClickHouse, month: BillingPeriod): Promise<Recomputable[]> {
  const rulesOf = remember((activatedAt: string) => recordedRules(clickhouse, activatedAt));
  const usageOf = remember((ids: string) => groupUsage(clickhouse, month, JSON.parse(ids) as string[]));
  const all: Recomputable[] = [];
  for (const stored of await runsOfMonth(clickhouse, month))
    all.push({
      stored,
      rules: await rulesOf(stored.rulesActivatedAt),
      usage: await usageOf(JSON.stringify(stored.usageSnapshotIds)),
    });
  return all;
}

/** A month's lines as they would be under other policies. Reads what the runs pinned, and writes nothing. */
export async function recomputeMonth(
  clickhouse: ClickHouse,
  runs: readonly Recomputable[],
  policiesOf: (given: Policies) => Policies = (given) => given,
): Promise<AllocationLine[]> {
  const lines: AllocationLine[] = [];
  for (const { stored, rules, usage } of runs) {
    const other = { ...rules, policies: policiesOf(rules.policies) };
    const computed = await computeLines(clickhouse, inputsOfRun(stored, other), usage, other);
    lines.push(...computed.lines);
  }
  return lines;
}

export function toMonthLine({ owner, amount, ...line }: AllocationLine): MonthLine {
  const { category, basis, pool, method, reason } = line;
  const teamId = owner.kind === "team" ? owner.teamId : "";
  return { ownerKind: owner.kind, teamId, category, basis, pool, method, reason, picos: amount };
}

function remember<T>(load: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const value = known.get(key) ?? load(key);
    known.set(key, value);
    return value;
  };
}
