import type { ClickHouse } from "@apportion/clickhouse/client";
import { type BillingPeriod, type Day, daysOf } from "@apportion/domain/period";
import type { Team } from "@apportion/domain/tenancy";
import { type Entry, monthEntries } from "../ledger/journal.js";
import { journalsAfter } from "../ledger/journals.js";
import { requireAllocated } from "../months/allocated.js";
import { readMonthLines } from "../months/month-lines.js";
import { runsOfMonth } from "../runs/stored-runs.js";

/** What a close would post now, and what it still lacks. */
export interface AccruedMonth {
  readonly entries: readonly Entry[];
  /** Days of which nothing is allocated. */
  readonly daysWithoutData: readonly Day[];
  /** Days on which readings are missing. */
  readonly incompleteDays: readonly Day[];
}

/** @throws Error when the month is closed, or nothing of it is allocated */
export async function readAccrual(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  teams: readonly Team[],
): Promise<AccruedMonth> {
  const isClosed = (await journalsAfter(clickhouse, 0n)).some(
    ({ kind, billing_period }) => kind === "statement" && billing_period === month,
  );
  if (isClosed)
    throw new Error(
      `${month} is closed, so there is nothing to accrue: \`apportion export gl --month ${month}\` gives what was posted`,
    );
  await requireAllocated(clickhouse, month);
  const runs = await runsOfMonth(clickhouse, month);
  const exact = await readMonthLines(
    clickhouse,
    month,
    runs.map(({ runId }) => runId),
  );
  const allocated = new Set(runs.map(({ day }) => day));
  return {
    entries: monthEntries(exact, teams),
    daysWithoutData: daysOf(month).filter((day) => !allocated.has(day)),
    incompleteDays: runs.filter(({ missing }) => missing.length > 0).map(({ day }) => day),
  };
}
