import { type Rules, type RulesOfDay, rulesOn } from "@apportion/allocation/rules-of-day";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { type CostLine, daysBeforeTheBill, isComplete, type MonthCosts, ownerOf } from "../months/month.js";
import { readCorrections } from "../months/read-corrections.js";
import { readMonth } from "../months/read-month.js";
import { readPosted } from "../months/read-posted.js";
import { statementsOf } from "../months/statements.js";
import { recordedRules } from "../runs/rules.js";
import { runsOfMonth, type StoredRun } from "../runs/stored-runs.js";
import { type CellDays, cellDays, type CellOfDay, type CostPlace } from "./cell-days.js";
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
 * @param payers those that are asked about, as `ownerOf` names them: cells of others are then not read. Undefined for everybody
 * @throws CompareError with every month that has nothing to compare, NotAsAllocatedError
 */
export async function compareMonths(
  clickhouse: ClickHouse,
  months: { readonly before: BillingPeriod; readonly after: BillingPeriod },
  registry: Compared,
  payers?: readonly string[],
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
  return (await compareWithCosts(clickhouse, { before, after }, registry, payers)).comparison;
}

/** As {@link compareMonths}, of months that were read, with what the compared days of the later one cost, workload by workload: it is read anyway. */
export async function compareWithCosts(
  clickhouse: ClickHouse,
  { before, after }: { readonly before: MonthCosts; readonly after: MonthCosts },
  registry: Compared,
  payers?: readonly string[],
): Promise<{ readonly comparison: MonthComparison; readonly costs: PeriodCosts }> {
  const compared = comparedDays(before, after);
  if (compared.after.days.length === 0)
    throw new CompareError(
      `--months: ${before.period} and ${after.period} have no day of the same number that is over and allocated in both`,
    );
  const linesOf = (month: MonthCosts, { days }: ComparedDays): CostLine[] => {
    const isCompared = new Set(days.map(({ day }) => day));
    return month.lines.filter(({ day }) => isCompared.has(day));
  };
  const [was, is] = [linesOf(before, compared.before), linesOf(after, compared.after)];
  const places = payers && placesOf([...was, ...is], new Set(payers));
  const sides = {
    before: await readSide(clickhouse, before, { ...compared.before, lines: was, places }, registry),
    after: await readSide(clickhouse, after, { ...compared.after, lines: is, places }, registry),
  };
  const comparison = composeComparison(
    compared.isWhole,
    sides.before.side,
    sides.after.side,
    splitDifference(sides.before.costs, sides.after.costs),
    payers,
  );
  return { comparison, costs: sides.after.costs };
}

/** Where payers have direct costs in either month: a workload that was or is theirs is in one of them, with all who share it. */
export function placesOf(lines: readonly CostLine[], payers: ReadonlySet<string>): CostPlace[] {
  const own = lines.filter(
    (line) => line.basis === "direct" && payers.has(ownerOf(line.ownerKind, line.teamId)),
  );
  return [...new Map(own.map((line) => [placeKey(line), line])).values()];
}

async function readSide(
  clickhouse: ClickHouse,
  month: MonthCosts,
  { days, leftOut, ...read }: ComparedDays & CostsToRead,
  registry: Compared,
): Promise<{ readonly side: Side; readonly costs: PeriodCosts }> {
  const { period } = month;
  const isCompared = new Set(days.map(({ day }) => day));
  const incomplete = days.filter((run) => !isComplete(run));
  const side = {
    month: period,
    days: [...isCompared],
    leftOut,
    isClosed: (await readPosted(clickhouse, period)) !== undefined,
    incompleteDays: incomplete.map(({ day }) => day),
    beforeTheBill: [...daysBeforeTheBill(month, registry)].filter((day) => isCompared.has(day)).toSorted(),
    missing: [...new Set(incomplete.flatMap(({ missing }) => missing))].toSorted(),
    statements: statementsOf(read.lines, registry.teams),
    corrections: await readCorrections(clickhouse, period),
  };
  const runIds = days.map(({ runId }) => runId);
  return { side, costs: await readPeriodCosts(clickhouse, period, runIds, read.lines, read.places) };
}

interface CostsToRead {
  /** Of the compared days. */
  readonly lines: readonly CostLine[];
  /** Whose direct costs are asked for; undefined: everybody's. */
  readonly places: readonly CostPlace[] | undefined;
}

/**
 * What the days of some runs of a month cost, to be split. Namespace by namespace: a month of cells is never in memory.
 * @param lines of these runs
 * @param places whose direct costs are wanted alone; undefined: everybody's
 * @throws NotAsAllocatedError
 */
export async function readPeriodCosts(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  runIds: readonly string[],
  lines: readonly CostLine[],
  places?: readonly CostPlace[],
): Promise<PeriodCosts> {
  const runs = await runsOfMonth(clickhouse, period, runIds);
  const rulesOf = await rulesOfRuns(clickhouse, runs);
  const isRead = places && new Set(places.map(placeKey));
  const direct = new Map<string, Map<Day, CostLine[]>>();
  const others = lines.filter(({ basis }) => basis !== "direct");
  for (const line of lines)
    if (line.basis === "direct" && (!isRead || isRead.has(placeKey(line)))) {
      const key = JSON.stringify([line.cluster, line.namespace]);
      const byDay = direct.get(key) ?? new Map<Day, CostLine[]>();
      direct.set(key, byDay);
      byDay.set(line.day, [...(byDay.get(line.day) ?? []), line]);
    }
  const sum = new PeriodSum();
  const [firstRules] = rulesOf.values();
  if (firstRules) sum.add(others, [], firstRules);
  const add = (key: string, together: readonly CellDays[]): void => {
    for (const [day, rules] of rulesOf)
      sum.add(direct.get(key)?.get(day) ?? [], cellsOn(day, together), rules, day);
    direct.delete(key);
  };
  for await (const together of cellDays(clickhouse, period, runIds, places)) {
    const { cluster, namespace } = together[0]?.cells ?? { cluster: "", namespace: "" };
    add(JSON.stringify([cluster, namespace]), together);
  }
  for (const key of direct.keys()) add(key, []);
  return sum.costs(runs.length);
}

/** The dearest first: of what is left over of a split, those before get it. */
function cellsOn(day: Day, together: readonly CellDays[]): CellOfDay[] {
  const size = ({ total }: CellOfDay): bigint => (total < 0n ? -total : total);
  return together
    .flatMap(({ days }) => days.get(day) ?? [])
    .toSorted((a, b) => (size(a) === size(b) ? 0 : size(a) > size(b) ? -1 : 1));
}

/**
 * The rules of each run, in the order of their days. Days between which no rule of ownership begins or ends have them in common, and with
 * them who was found to own what.
 */
async function rulesOfRuns(
  clickhouse: ClickHouse,
  runs: readonly StoredRun[],
): Promise<Map<Day, RulesOfDay>> {
  const recorded = new Map<string, Rules>();
  const shared = new Map<string, RulesOfDay>();
  const rulesOf = new Map<Day, RulesOfDay>();
  for (const { day, rulesActivatedAt } of runs) {
    const rules = recorded.get(rulesActivatedAt) ?? (await recordedRules(clickhouse, rulesActivatedAt));
    recorded.set(rulesActivatedAt, rules);
    const changes = rules.registry.rules.flatMap(({ from, to }) => [from ?? "", to ?? ""]);
    const since = changes.reduce((last, each) => (each > last && each <= day ? each : last), "");
    const key = `${rulesActivatedAt} ${since}`;
    const ofDay = shared.get(key) ?? rulesOn(rules, day);
    shared.set(key, ofDay);
    rulesOf.set(day, ofDay);
  }
  return rulesOf;
}

function placeKey({ cluster, namespace, service }: CostPlace): string {
  return JSON.stringify([cluster, namespace, service]);
}
