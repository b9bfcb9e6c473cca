import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { daysBeforeTheBill, isComplete, type MonthCosts, ownerOf, payerNamed } from "../months/month.js";
import { readCorrections } from "../months/read-corrections.js";
import { readMonth } from "../months/read-month.js";
import { readPosted } from "../months/read-posted.js";
import { statementsOf } from "../months/statements.js";
import { requirePayer, type Viewer } from "../viewer.js";
import { type ComparedDays, comparedDays } from "./compared-days.js";
import { asSeenBy } from "./hidden.js";
import { composeComparison, type MonthComparison, type Side } from "./comparison.js";
import { orderLines, type PeriodLines, placesOf, readWorkloads } from "./period-lines.js";
import { Difference, type WorkloadCosts } from "./split-difference.js";
import { addWorkloadCosts, type CostsByPayer, type WorkloadCost } from "./workload-costs.js";

export class CompareError extends Error {
  readonly code = "USAGE";
}

/** Whose teams are compared even where they owe nothing in both, and on whose bill clusters are. */
type Compared = Pick<Registry, "teams" | "accounts">;

/** Who asks, and about whom: cells where they have no costs are not read. */
export interface AskedAbout {
  readonly viewer: Viewer;
  /** Ids of teams, or idle, corporate or unallocated; undefined for all that the viewer sees. */
  readonly payers?: readonly string[];
}

/** Those who are asked about, as `ownerOf` names them; undefined for everybody. @throws NotYoursError */
export function payersSeen({ viewer, payers }: AskedAbout): readonly string[] | undefined {
  if (payers === undefined)
    return viewer.teams === "all" ? undefined : viewer.teams.map((id) => ownerOf("team", id));
  return payers.map((payer) => {
    requirePayer(viewer, payer);
    const { ownerKind, teamId } = payerNamed(payer);
    return ownerOf(ownerKind, teamId);
  });
}

/** A month as far as it is compared: what is asked about any payer begins with it. */
interface SideToCompare {
  readonly side: Side;
  readonly lines: PeriodLines;
}

/** Two months, read to be compared for as many payers as somebody asks about. */
export interface MonthsToCompare {
  readonly isWhole: boolean;
  readonly before: SideToCompare;
  readonly after: SideToCompare;
}

/**
 * What everybody owes in two months, and why it differs. Lines, cells and rules are those of the runs that count, so the amounts are the
 * statements'. Nothing is written.
 * @throws CompareError with every month that has nothing to compare, NotAsAllocatedError, NotYoursError
 */
export async function compareMonths(
  clickhouse: ClickHouse,
  months: { readonly before: BillingPeriod; readonly after: BillingPeriod },
  registry: Compared,
  asked: AskedAbout,
): Promise<MonthComparison> {
  payersSeen(asked); // before months are read for who may not see it
  const before = await readMonth(clickhouse, months.before);
  const after = await readMonth(clickhouse, months.after);
  const read = await readMonthsToCompare(clickhouse, { before, after }, registry);
  return (await compareWithCosts(clickhouse, read, asked)).comparison;
}

/** @throws CompareError with every month that has nothing to compare */
export async function readMonthsToCompare(
  clickhouse: ClickHouse,
  { before, after }: { readonly before: MonthCosts; readonly after: MonthCosts },
  registry: Compared,
): Promise<MonthsToCompare> {
  const empty = [before, after].filter(({ days }) => days.length === 0).map(({ period }) => period);
  if (empty.length > 0)
    throw new CompareError(
      `--months: nothing of ${empty.join(" and ")} is allocated yet; collect and allocate it first`,
    );
  const compared = comparedDays(before, after);
  if (compared.after.days.length === 0)
    throw new CompareError(
      `--months: ${before.period} and ${after.period} have no day of the same number that is over and allocated in both`,
    );
  return {
    isWhole: compared.isWhole,
    before: await readSide(clickhouse, before, compared.before, registry),
    after: await readSide(clickhouse, after, compared.after, registry),
  };
}

/**
 * As {@link compareMonths}, with what the compared days of the later month cost, workload by workload: it is read anyway. These have all their names,
 * for reports, which hide them by who is to read an edition.
 * @throws NotAsAllocatedError, NotYoursError
 */
export async function compareWithCosts(
  clickhouse: ClickHouse,
  { isWhole, before, after }: MonthsToCompare,
  asked: AskedAbout,
): Promise<{ readonly comparison: MonthComparison; readonly costs: CostsByPayer }> {
  const payers = payersSeen(asked);
  const costs = new Map<string, WorkloadCost[]>();
  const days = { before: before.side.days.length, after: after.side.days.length };
  const difference = new Difference(days);
  const periods = [before.lines, after.lines];
  const [was = before.lines.beside, is = after.lines.beside] = await readWorkloads(
    clickhouse,
    periods,
    ([then = NONE, now = NONE]) => {
      difference.add(then, now);
      addWorkloadCosts(costs, now, payers);
    },
    payers && placesOf(periods, payers),
  );
  const movements = difference.movements(was, is);
  const comparison = composeComparison(isWhole, before.side, after.side, movements, payers);
  return { comparison: asSeenBy(asked.viewer, comparison), costs };
}

const NONE: WorkloadCosts = { workloads: new Map(), severalLabels: new Set() };

async function readSide(
  clickhouse: ClickHouse,
  month: MonthCosts,
  { days, leftOut }: ComparedDays,
  registry: Compared,
): Promise<SideToCompare> {
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
  return { side, lines: await orderLines(clickhouse, period, runIds, lines) };
}
