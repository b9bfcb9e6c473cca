import { rulesOn } from "@apportion/allocation/rules-of-day";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { select } from "@apportion/clickhouse/query";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { CELLS } from "../explain/queries.js";
import { type CostLine, daysBeforeTheBill, isComplete, type MonthCosts } from "../months/month.js";
import { readCorrections } from "../months/read-corrections.js";
import { readMonth } from "../months/read-month.js";
import { readPosted } from "../months/read-posted.js";
import { statementsOf } from "../months/statements.js";
import { recordedRules } from "../runs/rules.js";
import { runsOfMonth } from "../runs/stored-runs.js";
import { type ComparedDays, comparedDays } from "./compared-days.js";
import { composeComparison, type MonthComparison, type Side } from "./comparison.js";
import { PeriodSum } from "./period-sum.js";
import { type PeriodCosts, splitDifference } from "./split-difference.js";

export class CompareError extends Error {
  readonly code = "USAGE";
}

/** Who is asked about, and on whose bill clusters are. */
type Compared = Pick<Registry, "teams" | "accounts">;

/**
 * What everybody owes in two months, and why it differs. Lines, cells and rules are those of the runs that count, so the amounts are the
 * statements'. Nothing is written.
 * @param registry whose teams are compared even where they owe nothing in both
 * @throws CompareError with every month that has nothing to compare, NotAsAllocatedError
 */
export async function compareMonths(
  clickhouse: ClickHouse,
  months: { readonly before: BillingPeriod; readonly after: BillingPeriod },
  registry: Compared,
): Promise<MonthComparison> {
  const [before, after] = [
    await readMonth(clickhouse, months.before),
    await readMonth(clickhouse, months.after),
  ];
  const empty = [before, after].filter(({ days }) => days.length === 0).map(({ period }) => period);
  if (empty.length > 0)
    throw new CompareError(
      `--months: nothing of ${empty.join(" and ")} is allocated yet; collect and allocate it first`,
    );
  return compareRead(clickhouse, { before, after }, registry);
}

/** As {@link compareMonths}, of months that were read. */
export async function compareRead(
  clickhouse: ClickHouse,
  { before, after }: { readonly before: MonthCosts; readonly after: MonthCosts },
  registry: Compared,
): Promise<MonthComparison> {
  const compared = comparedDays(before, after);
  if (compared.after.days.length === 0)
    throw new CompareError(
      `--months: ${before.period} and ${after.period} have no day of the same number that is over and allocated in both`,
    );
  const sides = {
    before: await readSide(clickhouse, before, compared.before, registry),
    after: await readSide(clickhouse, after, compared.after, registry),
  };
  return composeComparison(
    compared.isWhole,
    sides.before.side,
    sides.after.side,
    splitDifference(sides.before.costs, sides.after.costs),
  );
}

async function readSide(
  clickhouse: ClickHouse,
  month: MonthCosts,
  { days, leftOut }: ComparedDays,
  registry: Compared,
): Promise<{ readonly side: Side; readonly costs: PeriodCosts }> {
  const { period } = month;
  const isCompared = new Set(days.map(({ day }) => day));
  const lines = month.lines.filter(({ day }) => isCompared.has(day));
  const incomplete = days.filter((run) => !isComplete(run));
  const side = {
    month: period,
    days: [...isCompared],
    leftOut,
    isClosed: (await readPosted(clickhouse, period)) !== undefined,
    incompleteDays: incomplete.map(({ day }) => day),
    beforeTheBill: [...daysBeforeTheBill(month, registry)].filter((day) => isCompared.has(day)).toSorted(),
    missing: [...new Set(incomplete.flatMap(({ missing }) => missing))].toSorted(),
    statements: statementsOf(lines, registry.teams),
    corrections: await readCorrections(clickhouse, period),
  };
  const runIds = days.map(({ runId }) => runId);
  return { side, costs: await readPeriodCosts(clickhouse, period, runIds, lines) };
}

/**
 * What the days of some runs of a month cost, to be split. Day by day: a month of cells is never in memory.
 * @param lines of these runs
 * @throws NotAsAllocatedError
 */
export async function readPeriodCosts(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  runIds: readonly string[],
  lines: readonly CostLine[],
): Promise<PeriodCosts> {
  const byDay = new Map<string, CostLine[]>();
  for (const line of lines) {
    const ofDay = byDay.get(line.day) ?? [];
    byDay.set(line.day, ofDay);
    ofDay.push(line);
  }
  const rulesOf = new Map<string, Awaited<ReturnType<typeof recordedRules>>>();
  const sum = new PeriodSum();
  for (const { day, rulesActivatedAt, costSnapshotIds } of await runsOfMonth(clickhouse, period, runIds)) {
    const rules = rulesOf.get(rulesActivatedAt) ?? (await recordedRules(clickhouse, rulesActivatedAt));
    rulesOf.set(rulesActivatedAt, rules);
    const cells = await select(clickhouse, CELLS, { day, snapshotIds: [...costSnapshotIds] });
    sum.add(byDay.get(day) ?? [], cells, rulesOn(rules, day));
  }
  return sum.costs();
}
