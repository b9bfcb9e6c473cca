import type { Allocation } from "@apportion/allocation/line";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import type { MonthStatements } from "@apportion/domain/statement";
import { readStatements } from "../months/read-statements.js";
import { cellsOf, type RecomputableDay, recomputables, recomputer } from "../runs/recompute.js";

/** A day computed again from what its run pinned. */
interface ComputedDay extends RecomputableDay {
  readonly lines: Allocation;
}

/** A month computed again, and what it is charged: read once, its lines are explained as often as somebody asks. */
export interface MonthToExplain {
  readonly month: BillingPeriod;
  readonly days: readonly ComputedDay[];
  /** Undefined while nothing of it is allocated. */
  readonly statements: MonthStatements | undefined;
}

export async function readMonthToExplain(
  clickhouse: ClickHouse,
  month: BillingPeriod,
): Promise<MonthToExplain> {
  const runs = await recomputables(clickhouse, month);
  const runIds = runs.map(({ stored }) => stored.runId);
  const statements = await readStatements(clickhouse, month, [], runIds);
  const days: ComputedDay[] = [];
  const compute = recomputer();
  for await (const day of cellsOf(clickhouse, runs)) days.push({ ...day, lines: compute(day) });
  return { month, days, statements };
}
