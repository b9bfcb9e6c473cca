import type { ClickHouse } from "@apportion/clickhouse/client";
import type { Day } from "@apportion/domain/period";
import { id, idSql, namespaceOf, seal } from "./company.js";
import type { CompanySize } from "./size.js";

const CLUSTERS = 3;
const IDLE_NODES = 300;
/** One in so many containers: a job with a name of the day, one on a GPU, one that nobody uses, one that nobody owns. */
const ONE_IN = { job: 10, gpu: 100, abandoned: 50, unowned: 1000 };
const decimal = (sql: string): string => `toDecimal128(${sql}, 12)`;

/** What a container costs on a day and how it uses what it asks for, the same of costs and of utilisation; each expression reads `container`. */
const isJob = `container % ${ONE_IN.job} = 9`;
const isOnGpu = `container % ${ONE_IN.gpu} = 7`;
const used = `if(container % ${ONE_IN.abandoned} = 3, 0, 10 + cityHash64(container) % 80) / 100`;
const kind = `if(${isJob}, 'job', 'deployment')`;
const controller = (day: Day): string =>
  `concat('workload-', toString(container), if(${isJob}, '-${day.replaceAll("-", "")}', ''))`;
const namespace = (size: CompanySize): string =>
  `if(container % ${ONE_IN.unowned} = 13, concat('lab-', ${idSql(`intDiv(container, ${ONE_IN.unowned})`)}), ${namespaceOf(size)})`;

/**
 * A day of a company whose use is measured: a row of costs for each container, which is a workload of its own, idle nodes and unmounted
 * volumes; and a row of utilisation for each container.
 */
export async function insertMeasuredDay(clickhouse: ClickHouse, size: CompanySize, day: Day): Promise<void> {
  const snapshotId = `first-${day}`;
  const period = `'${day} 00:00:00', toDateTime('${day} 00:00:00', 'UTC') + toIntervalDay(1)`;
  await clickhouse.command({
    query: `INSERT INTO cost_facts (snapshot_id, source, scope, charge_period_start, charge_period_end, kind, cluster, namespace, controller_kind, controller,
  cpu_cost, gpu_cost, ram_cost, effective_cost, billed_cost, network_cost_info, cpu_core_hours, cpu_request_core_hours, cpu_usage_core_hours,
  gpu_hours, gpu_usage_hours, ram_gib_hours, ram_request_gib_hours, ram_usage_gib_hours)
SELECT '${snapshotId}', 'kubecost', 'bench', ${period}, 'workload', concat('cluster-', toString(container % ${CLUSTERS})), ${namespace(size)}, ${kind}, ${controller(day)},
  ${decimal("(1 + container % 97) / 80 * (1 + cityHash64(container, '" + day + "') % 100 / 1000)")} AS cpu, ${decimal(`if(${isOnGpu}, 12, 0)`)} AS gpu, cpu AS ram,
  cpu + gpu + ram AS cost, cost, ${decimal(`if(${used} = 0, 0, 0.01)`)}, ${decimal("24")}, ${decimal("24")}, ${decimal(`24 * ${used}`)},
  ${decimal(`if(${isOnGpu}, 24, 0)`)}, ${decimal(`if(${isOnGpu}, 24 * ${used}, 0)`)}, ${decimal("96")}, ${decimal("96")}, ${decimal(`96 * ${used}`)}
FROM (SELECT number AS container FROM numbers(${size.containers}))`,
  });
  await clickhouse.command({
    query: `INSERT INTO cost_facts (snapshot_id, source, scope, charge_period_start, charge_period_end, kind, cluster, namespace, node, cpu_cost, pv_cost, effective_cost, billed_cost)
SELECT '${snapshotId}', 'kubecost', 'bench', ${period}, if(number < ${IDLE_NODES}, 'idle', 'unmounted') AS kind, concat('cluster-', toString(number % ${CLUSTERS})),
  if(kind = 'idle', '', concat('team-', ${idSql(`number - ${IDLE_NODES}`)})), if(kind = 'idle', concat('node-', toString(number)), ''),
  ${decimal("if(kind = 'idle', 20, 0)")} AS cpu, ${decimal("if(kind = 'idle', 0, 2)")} AS pv, cpu + pv AS cost, cost
FROM numbers(${IDLE_NODES + size.teams})`,
  });
  const of = { day, version: "first" };
  await seal(clickhouse, { dataset: "cost", source: "kubecost", snapshotId, ...of });
  for (let cluster = 0; cluster < CLUSTERS; cluster += 1) {
    const read = { source: "prometheus", scope: `cluster-${cluster}`, snapshotId: `use-${cluster}-${day}` };
    await insertUse(clickhouse, size, day, { ...read, cluster, period });
    await seal(clickhouse, { dataset: "workload-utilisation", ...read, ...of });
  }
}

async function insertUse(
  clickhouse: ClickHouse,
  size: CompanySize,
  day: Day,
  of: {
    readonly snapshotId: string;
    readonly scope: string;
    readonly cluster: number;
    readonly period: string;
  },
): Promise<void> {
  const percentile = (times: number): string => decimal(`${used} * ${times}`);
  await clickhouse.command({
    query: `INSERT INTO utilisation_facts (snapshot_id, source, scope, charge_period_start, charge_period_end, namespace, controller_kind, controller, container, pods,
  cpu_p50_cores, cpu_p95_cores, cpu_p99_cores, cpu_max_cores, cpu_request_cores, cpu_limit_cores, cpu_throttled_share, memory_p95_gib, memory_max_gib,
  memory_request_gib, memory_limit_gib, restarts, oom_killed_pods)
SELECT '${of.snapshotId}', 'prometheus', '${of.scope}', ${of.period}, ${namespace(size)}, ${kind}, ${controller(day)}, 'main', ${decimal("1")},
  ${percentile(1)}, ${percentile(1.2)}, ${percentile(1.3)}, ${percentile(1.5)}, ${decimal("1")}, NULL, ${decimal("0")}, ${percentile(3.6)}, ${percentile(4)},
  ${decimal("4")}, NULL, ${decimal("0")}, ${decimal("0")}
FROM (SELECT number AS container FROM numbers(${size.containers})) WHERE container % ${CLUSTERS} = ${of.cluster}`,
  });
}

/** Recommendations that somebody accepted on a day, each about a workload of its own. */
export async function insertAccepted(
  clickhouse: ClickHouse,
  size: CompanySize,
  { count, day }: { readonly count: number; readonly day: Day },
): Promise<void> {
  await clickhouse.command({
    query: `INSERT INTO recommendation_decisions (id, decision, decided_by, decided_at, kind, cluster, namespace, controller_kind, controller, owner_team, cash, freed)
SELECT concat('accepted-', toString(container)), 'accepted', 'bench', '${day} 12:00:00', 'oversized-requests', concat('cluster-', toString(container % ${CLUSTERS})),
  ${namespace(size)}, 'deployment', concat('workload-', toString(container)), 't${id(1)}', 0, 10
FROM (SELECT number * 10 AS container FROM numbers(${count}))`,
  });
}
