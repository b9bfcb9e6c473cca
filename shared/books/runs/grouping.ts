import { z } from "zod";
import type { CostCell, UsageCell } from "@apportion/allocation/cells";
import { type OriginTotal, totals } from "@apportion/allocation/certificate";
import { partsOf } from "@apportion/allocation/cost-parts";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import {
  type BillingPeriod,
  billingPeriodOf,
  chargePeriodOf,
  type Day,
  daysOf,
  firstDayOf,
  nextBillingPeriod,
} from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { OF_SEALED_CELLS } from "../readings/cells.js";
import { dateTimeParameter } from "../readings/facts-tables.js";
import { requireAsSealed } from "./as-sealed.js";

const picos = z.string().transform(parsePicos);

/**
 * The cells of days, summed to what decides about owners. `controller` is kept only in namespaces where the registry tells
 * owners apart by controller; elsewhere a thousand workloads become one row. Only idle has a node, which the registry gives to a pool, and only
 * what comes from a bill has a service. Sums are Decimal256: Decimal128 overflows silently.
 */
function groupedCosts(controllers: "none" | "named" | "all") {
  const controller = {
    none: "''",
    named: "if(namespace IN {namespaces:Array(String)}, controller, '')",
    all: "controller",
  }[controllers];
  return defineQuery({
    name: "grouped costs of days",
    sql: `SELECT charge_day AS day, source, scope, kind, cluster, namespace, ${controller} AS owning_controller,
  node AS idle_node, team_label, service AS owning_service, if(kind IN ('bill', 'unowned'), record_type, '') AS owning_record_type,
  sum(toDecimal256(cpu_cost, 12)) AS cpu, sum(toDecimal256(gpu_cost, 12)) AS gpu, sum(toDecimal256(ram_cost, 12)) AS memory,
  sum(toDecimal256(pv_cost, 12)) AS persistent_volume, sum(toDecimal256(load_balancer_cost, 12)) AS load_balancer,
  sum(toDecimal256(effective_cost, 12)) AS total
FROM cells
WHERE charge_day >= toDate({start:DateTime('UTC')}) AND charge_day < toDate({end:DateTime('UTC')}) AND ${OF_SEALED_CELLS}
GROUP BY day, source, scope, kind, cluster, namespace, owning_controller, idle_node, team_label, owning_service, owning_record_type
ORDER BY day, source, scope, kind, cluster, namespace, owning_controller, idle_node, team_label, owning_service, owning_record_type`,
    // Several are under way: one thread each groups the same in half of the processor's time, since nothing has to be merged.
    settings: { max_threads: 1 },
    params: z.object({
      namespaces: z.array(z.string()),
      start: z.string(),
      end: z.string(),
      snapshotIds: z.array(z.string()),
    }),
    row: z.object({
      day: z.string().transform((text) => text as Day),
      source: z.string(),
      scope: z.string(),
      kind: z.enum(["workload", "idle", "unmounted", "object-storage", "network", "bill", "unowned"]),
      cluster: z.string(),
      namespace: z.string(),
      owning_controller: z.string(),
      idle_node: z.string(),
      team_label: z.string(),
      owning_service: z.string(),
      owning_record_type: z.string(),
      cpu: picos,
      gpu: picos,
      memory: picos,
      persistent_volume: picos,
      load_balancer: picos,
      total: picos,
    }),
  });
}

export async function groupCosts(
  clickhouse: ClickHouse,
  days: { readonly start: string; readonly end: string; readonly snapshotIds: string[] },
  registry: Registry,
): Promise<Map<Day, GroupedDay>> {
  const { everywhere, namespaces } = controllerNamespaces(registry);
  const controllers = everywhere ? "all" : namespaces.length > 0 ? "named" : "none";
  const rows = await select(clickhouse, groupedCosts(controllers), { namespaces, ...days });
  const grouped = new Map<Day, { cells: CostCell[]; collected: OriginTotal[] }>();
  for (const row of rows) {
    const { source, scope, total } = row;
    const own = grouped.get(row.day) ?? { cells: [], collected: [] };
    own.cells.push({
      source,
      scope,
      kind: row.kind,
      cluster: row.cluster,
      namespace: row.namespace,
      controller: row.owning_controller,
      node: row.idle_node,
      teamLabel: row.team_label,
      service: row.owning_service,
      recordType: row.owning_record_type,
      parts: partsOf(row),
    });
    own.collected.push({ source, scope, amount: total });
    grouped.set(row.day, own);
  }
  return new Map(
    [...grouped].map(([day, { cells, collected }]) => [day, { cells, collected: totals(collected) }]),
  );
}

/** A day's cells in groups, and what is charged of them by source and scope. */
export interface GroupedDay {
  readonly cells: readonly CostCell[];
  readonly collected: readonly OriginTotal[];
}

/** Where controllers decide about owners. A rule that names a controller and no exact namespace concerns all of them. */
function controllerNamespaces(registry: Registry): { everywhere: boolean; namespaces: string[] } {
  const named = registry.rules
    .filter((rule) => rule.match.controller !== undefined)
    .map((rule) => rule.match.namespace);
  return {
    everywhere: named.some((namespace) => namespace === undefined || namespace.endsWith("*")),
    namespaces: [...new Set(named.filter((namespace) => namespace !== undefined))].sort(),
  };
}

const GROUPED_USAGE = defineQuery({
  name: "grouped usage of a month",
  sql: `SELECT if(meter IN {dailyMeters:Array(String)}, toDate(charge_period_start),
    arrayLast(start -> start <= toDate(charge_period_start), {ownedSince:Array(Date)})) AS day, meter, team_label, usage_facts.cluster AS cluster, namespace,
  sum(toDecimal256(usage_facts.quantity, 12)) AS quantity
FROM usage_facts
WHERE charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
  AND snapshot_id IN {snapshotIds:Array(String)}
GROUP BY day, meter, team_label, cluster, namespace
ORDER BY day, meter, team_label, cluster, namespace`,
  params: z.object({
    start: z.string(),
    end: z.string(),
    snapshotIds: z.array(z.string()),
    ownedSince: z.array(z.string()),
    dailyMeters: z.array(z.string()),
  }),
  row: z.object({
    day: z.string().transform((text) => text as Day),
    meter: z.string(),
    team_label: z.string(),
    cluster: z.string(),
    namespace: z.string(),
    quantity: picos,
  }),
});

/**
 * Usage of a month. Where no policy counts the use of single days, those between two changes of ownership are one: each cell has the
 * first day on which its owners were the same, so a month in which nothing changed hands is a thirty-first of its days.
 * @param dailyMeters meters whose days are kept apart
 * @throws ConservationError when it is not what was sealed
 */
export async function groupUsage(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  snapshotIds: readonly string[],
  registry: Registry,
  dailyMeters: readonly string[],
): Promise<UsageCell[]> {
  const grouping = select(clickhouse, GROUPED_USAGE, {
    start: dateTimeParameter(chargePeriodOf(firstDayOf(period)).start),
    end: dateTimeParameter(chargePeriodOf(firstDayOf(nextBillingPeriod(period))).start),
    snapshotIds: [...snapshotIds],
    ownedSince: ownershipChanges(registry, period),
    dailyMeters: [...dailyMeters],
  });
  const [rows] = await Promise.all([
    grouping,
    requireAsSealed(clickhouse, "usage", daysOf(period), snapshotIds),
  ]);
  return rows.map(({ day, meter, team_label, cluster, namespace, quantity }) => ({
    day,
    meter,
    teamLabel: team_label,
    cluster,
    namespace,
    quantity,
  }));
}

/** Days of the month on which a rule begins or ends to hold, in their order; the first day of the month is the first. */
function ownershipChanges({ rules }: Registry, period: BillingPeriod): Day[] {
  const first = firstDayOf(period);
  const changes = rules
    .flatMap(({ from, to }) => [from, to])
    .filter((day) => day !== undefined && day > first && billingPeriodOf(day) === period);
  return [...new Set([first, ...changes])].filter((day) => day !== undefined).toSorted();
}
