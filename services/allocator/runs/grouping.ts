import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, run } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import {
  chargePeriodOf,
  firstDayOf,
  nextBillingPeriod,
  type BillingPeriod,
  type Day,
} from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { CostCell, UsageCell } from "../allocation/allocate.js";
import { KUBERNETES_SOURCE } from "../allocation/rate-variance.js";
import { dateTimeParameter } from "../intake/facts-tables.js";

const picos = z.string().transform(parsePicos);

/**
 * The day's facts, summed to what decides about owners. `controller` is kept only in namespaces where the registry tells
 * owners apart by controller; elsewhere a thousand workloads become one row. Sums are Decimal256: Decimal128 overflows
 * silently.
 */
const GROUPED_COSTS = defineQuery({
  name: "grouped costs of a day",
  sql: `SELECT source, scope, kind, cluster, namespace,
  if({everywhere:Bool} OR namespace IN {namespaces:Array(String)}, controller, '') AS owning_controller, team_label,
  sum(toDecimal256(cpu_cost, 12)) AS cpu, sum(toDecimal256(gpu_cost, 12)) AS gpu, sum(toDecimal256(ram_cost, 12)) AS memory,
  sum(toDecimal256(pv_cost, 12)) AS persistent_volume, sum(toDecimal256(load_balancer_cost, 12)) AS load_balancer,
  if(kind = 'bill', service, '') AS owning_service, if(kind = 'bill', record_type, '') AS owning_record_type,
  sum(if(kind = 'object-storage', toDecimal256(effective_cost, 12), toDecimal256(0, 12))) AS object_storage,
  sum(if(kind = 'network', toDecimal256(effective_cost, 12), toDecimal256(0, 12))) AS network,
  sum(if(kind = 'bill', toDecimal256(effective_cost, 12), toDecimal256(0, 12))) AS services
FROM cost_facts
WHERE charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
  AND snapshot_id IN {snapshotIds:Array(String)}
GROUP BY source, scope, kind, cluster, namespace, owning_controller, team_label, owning_service, owning_record_type
ORDER BY source, scope, kind, cluster, namespace, owning_controller, team_label, owning_service, owning_record_type`,
  params: z.object({
    everywhere: z.boolean(),
    namespaces: z.array(z.string()),
    start: z.string(),
    end: z.string(),
    snapshotIds: z.array(z.string()),
  }),
  row: z.object({
    source: z.string(),
    scope: z.string(),
    kind: z.enum(["workload", "idle", "unmounted", "object-storage", "network", "bill"]),
    cluster: z.string(),
    namespace: z.string(),
    owning_controller: z.string(),
    team_label: z.string(),
    cpu: picos,
    gpu: picos,
    memory: picos,
    persistent_volume: picos,
    load_balancer: picos,
    owning_service: z.string(),
    owning_record_type: z.string(),
    object_storage: picos,
    network: picos,
    services: picos,
  }),
});

export async function groupCosts(
  clickhouse: ClickHouse,
  day: Day,
  snapshotIds: readonly string[],
  registry: Registry,
): Promise<CostCell[]> {
  const rows = await run(clickhouse, GROUPED_COSTS, {
    ...controllerNamespaces(registry),
    start: dateTimeParameter(chargePeriodOf(day).start),
    end: dateTimeParameter(chargePeriodOf(day).end),
    snapshotIds: [...snapshotIds],
  });
  return rows.map((row) => ({
    source: row.source,
    scope: row.scope,
    kind: row.kind,
    cluster: row.cluster,
    namespace: row.namespace,
    controller: row.owning_controller,
    teamLabel: row.team_label,
    service: row.owning_service,
    recordType: row.owning_record_type,
    parts: [
      { category: "cpu", amount: row.cpu },
      { category: "gpu", amount: row.gpu },
      { category: "memory", amount: row.memory },
      { category: "persistent-volume", amount: row.persistent_volume },
      { category: "load-balancer", amount: row.load_balancer },
      { category: "object-storage", amount: row.object_storage },
      { category: "network", amount: row.network },
      { category: "services", amount: row.services },
    ],
  }));
}

const BILLED_KUBERNETES = defineQuery({
  name: "what the bill says of Kubernetes",
  sql: `SELECT sum(toDecimal256(effective_cost, 12)) AS billed FROM bill_facts
WHERE charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
  AND snapshot_id IN {snapshotIds:Array(String)} AND owner = {owner:String}`,
  params: z.object({
    start: z.string(),
    end: z.string(),
    snapshotIds: z.array(z.string()),
    owner: z.string(),
  }),
  row: z.object({ billed: picos }),
});

/** What the bill says of the machines, volumes and load balancers behind Kubernetes on one day, in picos. */
export async function billedKubernetes(
  clickhouse: ClickHouse,
  day: Day,
  snapshotIds: readonly string[],
): Promise<bigint> {
  const [row] = await run(clickhouse, BILLED_KUBERNETES, {
    start: dateTimeParameter(chargePeriodOf(day).start),
    end: dateTimeParameter(chargePeriodOf(day).end),
    snapshotIds: [...snapshotIds],
    owner: KUBERNETES_SOURCE,
  });
  return row?.billed ?? 0n;
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
  sql: `SELECT toString(toDate(charge_period_start)) AS day, meter, team_label, namespace,
  sum(toDecimal256(quantity, 12)) AS quantity
FROM usage_facts
WHERE charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
  AND snapshot_id IN {snapshotIds:Array(String)}
GROUP BY day, meter, team_label, namespace
ORDER BY day, meter, team_label, namespace`,
  params: z.object({ start: z.string(), end: z.string(), snapshotIds: z.array(z.string()) }),
  row: z.object({
    day: z.string().transform((text) => text as Day),
    meter: z.string(),
    team_label: z.string(),
    namespace: z.string(),
    quantity: picos,
  }),
});

export async function groupUsage(
  clickhouse: ClickHouse,
  period: BillingPeriod,
  snapshotIds: readonly string[],
): Promise<UsageCell[]> {
  const rows = await run(clickhouse, GROUPED_USAGE, {
    start: dateTimeParameter(chargePeriodOf(firstDayOf(period)).start),
    end: dateTimeParameter(chargePeriodOf(firstDayOf(nextBillingPeriod(period))).start),
    snapshotIds: [...snapshotIds],
  });
  return rows.map(({ day, meter, team_label, namespace, quantity }) => ({
    day,
    meter,
    teamLabel: team_label,
    namespace,
    quantity,
  }));
}
