import type { ClickHouse } from "@apportion/clickhouse/client";
import { centsThatFoot } from "@apportion/domain/cents";
import type { Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { hiddenWorkload } from "../compare/hidden.js";
import { orderLines, placesOf, readWorkloadCosts } from "../compare/period-lines.js";
import type { WorkloadCost } from "../compare/workload-costs.js";
import { type CostLine, ownerOf, type Payer, payerOf } from "../months/month.js";
import { type MonthReader, readMonth } from "../months/read-month.js";
import { requirePayer, seesNamesOf, type Viewer } from "../viewer.js";
import { monthsOf } from "./question.js";
import { type CostDay, type CostReaders, readCosts } from "./read-costs.js";

/** By what a payer's workloads can be told from others: what lines and cells both have. */
const WORKLOAD_FILTERS = ["cluster", "namespace", "service"] as const;
type WorkloadFilters = Readonly<Partial<Record<(typeof WORKLOAD_FILTERS)[number], readonly string[]>>>;

/** What somebody wants to know of what runs for one payer, for days `[from, to)`. */
export interface WorkloadQuestion {
  readonly from: Day;
  readonly to: Day;
  readonly payer: Payer;
  readonly filters: WorkloadFilters;
}

/** What a payer was charged, workload by workload: they and the rest add up to what its costs are in any other grouping. */
export interface WorkloadsOf {
  /** The costliest first. In picos, and in cents as printed. */
  readonly workloads: readonly (WorkloadCost & { readonly cents: bigint })[];
  /** What is of no workload: shares of pools, idle capacity, what the bill says of none. */
  readonly rest: { readonly picos: bigint; readonly cents: bigint };
  readonly total: { readonly picos: bigint; readonly cents: bigint };
  readonly days: readonly CostDay[];
}

/** Who answers many questions reads each month once. */
interface MonthReaders extends CostReaders {
  readonly monthOf?: MonthReader;
}

/**
 * Cells behind the direct lines of one payer. Cells that do not give the lines are an error.
 * @param nameOf under which name a workload is told apart: those of one name are one
 * @throws QuestionError, NotYoursError, NotAsAllocatedError
 */
export async function readWorkloads(
  clickhouse: ClickHouse,
  registry: Registry,
  viewer: Viewer,
  { from, to, payer, filters }: WorkloadQuestion,
  nameOf: (name: WorkloadCost["name"]) => string,
  { monthOf = (month) => readMonth(clickhouse, month), ...readers }: MonthReaders = {},
): Promise<WorkloadsOf> {
  const id = payerOf(payer);
  requirePayer(viewer, id);
  const { days, picos, cents } = await readCosts(
    clickhouse,
    registry,
    viewer,
    { from, to, step: "total", groupBy: [], filters: { ...filters, team: [id] } },
    readers,
  );
  const owner = ownerOf(payer.ownerKind, payer.teamId);
  const isNamed = seesNamesOf(viewer, payer);
  const asked = new Set(days.map(({ day }) => day));
  const merged = new Map<string, WorkloadCost>();
  for (const month of monthsOf({ from, to })) {
    const { lines: ofMonth, days: ofDays } = await monthOf(month);
    const lines = ofMonth.filter((line) => asked.has(line.day) && isIn(line, filters));
    if (!lines.some((line) => line.basis === "direct" && ownerOf(line.ownerKind, line.teamId) === owner))
      continue;
    const runIds = ofDays.filter(({ day }) => asked.has(day)).map(({ runId }) => runId);
    const period = await orderLines(clickhouse, month, runIds, lines);
    const costs = await readWorkloadCosts(clickhouse, period, placesOf([period], [owner]));
    for (const { name: named, picos: own } of costs.get(owner) ?? []) {
      const name = isNamed ? named : hiddenWorkload(named);
      const key = nameOf(name);
      merged.set(key, { name, picos: (merged.get(key)?.picos ?? 0n) + own });
    }
  }
  const found = [...merged.values()].toSorted((a, b) => (a.picos < b.picos ? 1 : -1));
  const rest = found.reduce((left, each) => left - each.picos, picos);
  const printed = centsThatFoot([...found.map((each) => each.picos), rest], cents);
  return {
    workloads: found.map((each, at) => ({ ...each, cents: printed[at] ?? 0n })),
    rest: { picos: rest, cents: printed.at(-1) ?? 0n },
    total: { picos, cents },
    days,
  };
}

function isIn(line: CostLine, filters: WorkloadFilters): boolean {
  return WORKLOAD_FILTERS.every((name) => filters[name]?.includes(line[name]) ?? true);
}
