import { type Rules, type RulesOfDay, rulesOn } from "@apportion/allocation/rules-of-day";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { compareSizes } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { type CostLine, ownerOf } from "../months/month.js";
import { recordedRules } from "../runs/rules.js";
import { runsOfMonth, type StoredRun } from "../runs/stored-runs.js";
import { type CellDays, cellDays, type CellOfDay, type CostPlace } from "./cell-days.js";
import { PeriodSum } from "./period-sum.js";
import type { CostsBeside, LabelledWorkload, PeriodCosts, WorkloadCosts } from "./split-difference.js";
import { addWorkloadCosts, type CostsByPayer, type WorkloadCost } from "./workload-costs.js";

/** Lines of the days of some runs of a month, ordered so that what any payer's workloads cost is found among them without another look at all of them. */
export interface PeriodLines {
  readonly period: BillingPeriod;
  readonly runIds: readonly string[];
  /** By the days of the runs, in their order. */
  readonly rulesOf: ReadonlyMap<Day, RulesOfDay>;
  /** Direct lines, by cluster and namespace, and by day. */
  readonly direct: ReadonlyMap<string, ReadonlyMap<Day, readonly CostLine[]>>;
  /** Where each payer has direct costs, as `ownerOf` names it. */
  readonly places: ReadonlyMap<string, ReadonlyMap<string, CostPlace>>;
  /** What is of no workload, summed. */
  readonly beside: CostsBeside;
}

/** @param lines of these runs; of some of them alone, `beside` is of these */
export async function orderLines(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  runIds: readonly string[],
  lines: readonly CostLine[],
): Promise<PeriodLines> {
  const runs = await runsOfMonth(clickhouse, period, runIds);
  const rulesOf = await rulesOfRuns(clickhouse, runs);
  const direct = new Map<string, Map<Day, CostLine[]>>();
  const places = new Map<string, Map<string, CostPlace>>();
  for (const line of lines) {
    if (line.basis !== "direct") continue;
    const key = namespaceKey(line);
    const byDay = direct.get(key) ?? new Map<Day, CostLine[]>();
    direct.set(key, byDay);
    const ofDay = byDay.get(line.day);
    if (ofDay) ofDay.push(line);
    else byDay.set(line.day, [line]);
    const payer = ownerOf(line.ownerKind, line.teamId);
    const own = places.get(payer) ?? new Map<string, CostPlace>();
    places.set(payer, own);
    const { cluster, namespace, service } = line;
    own.set(placeKey(line), { cluster, namespace, service });
  }
  const beside = new PeriodSum();
  const [rules] = rulesOf.values();
  if (rules)
    beside.add(
      lines.filter(({ basis }) => basis !== "direct"),
      [],
      rules,
    );
  return { period, runIds, rulesOf, direct, places, beside: beside.beside };
}

/** Where payers have direct costs in any of these periods: a workload that was or is theirs is in one of them, with all who share it. */
export function placesOf(periods: readonly PeriodLines[], payers: readonly string[]): CostPlace[] {
  const own = periods.flatMap(({ places }) => payers.flatMap((payer) => [...(places.get(payer) ?? [])]));
  return [...new Map(own).values()];
}

/**
 * What the days of some periods cost, to be split: what of workloads is in a namespace is handed over at once, of each of the periods, and never again. So a
 * month of cells, or of workloads, is never in memory.
 * @param places whose direct costs are wanted alone; undefined: everybody's
 * @returns what is of no workload, of each of the periods
 * @throws NotAsAllocatedError
 */
export async function readWorkloads(
  clickhouse: ClickHouse,
  periods: readonly PeriodLines[],
  take: (ofPeriods: readonly WorkloadCosts[]) => void,
  places?: readonly CostPlace[],
): Promise<CostsBeside[]> {
  const isRead = places && new Set(places.map(placeKey));
  const left = new Set(
    places ? places.map(namespaceKey) : periods.flatMap(({ direct }) => [...direct.keys()]),
  );
  const sums = periods.map((of) => ({ of, sum: new PeriodSum() }));
  const add = (key: string, together: readonly CellDays[]): void => {
    for (const { of, sum } of sums) {
      const byDay = of.direct.get(key);
      for (const [day, rules] of of.rulesOf) {
        const lines = byDay?.get(day) ?? [];
        const wanted = isRead ? lines.filter((line) => isRead.has(placeKey(line))) : lines;
        sum.add(wanted, cellsOn(day, together), rules, day);
      }
    }
    take(sums.map(({ sum }) => sum.takeWorkloads()));
    left.delete(key);
  };
  for await (const together of cellDays(clickhouse, periods, places)) {
    const [first] = together;
    if (first) add(namespaceKey(first.cells), together);
  }
  for (const key of left) add(key, []);
  return sums.map(({ of: { beside }, sum }) => ({
    pools: beside.pools,
    rest: new Map([...beside.rest, ...sum.beside.rest]),
  }));
}

/**
 * What each payer paid of each workload.
 * @param places whose direct costs are wanted alone; undefined: everybody's
 * @throws NotAsAllocatedError
 */
export async function readWorkloadCosts(
  clickhouse: ClickHouse,
  period: PeriodLines,
  places?: readonly CostPlace[],
): Promise<CostsByPayer> {
  const byPayer = new Map<string, WorkloadCost[]>();
  await readWorkloads(
    clickhouse,
    [period],
    (ofPeriods) => {
      for (const costs of ofPeriods) addWorkloadCosts(byPayer, costs);
    },
    places,
  );
  return byPayer;
}

/** All of it at once, as of a few days. @throws NotAsAllocatedError */
export async function readPeriodCosts(clickhouse: ClickHouse, period: PeriodLines): Promise<PeriodCosts> {
  const workloads = new Map<string, LabelledWorkload>();
  const severalLabels = new Set<string>();
  const take = (ofPeriods: readonly WorkloadCosts[]): void => {
    for (const own of ofPeriods) {
      for (const [key, workload] of own.workloads) workloads.set(key, workload);
      for (const key of own.severalLabels) severalLabels.add(key);
    }
  };
  const [beside = period.beside] = await readWorkloads(clickhouse, [period], take);
  return { workloads, severalLabels, ...beside, days: period.rulesOf.size };
}

/** The dearest first: of what is left over of a split, those before get it. */
function cellsOn(day: Day, together: readonly CellDays[]): CellOfDay[] {
  return together
    .flatMap(({ days }) => days.get(day) ?? [])
    .toSorted((a, b) => compareSizes(a.total, b.total));
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

function namespaceKey({ cluster, namespace }: Pick<CostPlace, "cluster" | "namespace">): string {
  return JSON.stringify([cluster, namespace]);
}

function placeKey({ cluster, namespace, service }: CostPlace): string {
  return JSON.stringify([cluster, namespace, service]);
}
