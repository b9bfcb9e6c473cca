import { z } from "zod";
import { defineQuery } from "@apportion/clickhouse/query";
import { QUOTA_KIND } from "@apportion/domain/facts";
import { parsePicos } from "@apportion/domain/money";
import { WORKLOAD } from "../workload-name.js";
import { workloadKey } from "./workload-subject.js";

/** Memory is sized by the maximum of so many complete days: fewer have not seen a week. */
export const USE_DAYS = 8;
/** They are looked for among so many complete days: the last ones may be provisional. */
export const USE_DAYS_MAX_AGO = 10;

/** How one container of a workload used the days of utilisation, in units of 10⁻¹² cores and GiB: the greatest of its days and pods. Unknown is undefined. */
export interface ContainerUse {
  readonly container: string;
  /** Days on which it ran, of those that were read. */
  readonly days: number;
  readonly cpuP95: bigint | undefined;
  readonly cpuP99: bigint | undefined;
  readonly memoryMax: bigint | undefined;
  /** As on its last day; undefined where it asks for none. */
  readonly cpuRequest: bigint | undefined;
  readonly memoryRequest: bigint | undefined;
  /** Whether a pod was killed for want of memory. Where nothing counts kills, none is known. */
  readonly isOomKilled: boolean;
  /** Hours of the nights and weekends of these days in which it ran, and of those in which it used CPU, in units of 10⁻¹²; undefined where a day is not known. */
  readonly offHours: bigint | undefined;
  readonly busyOffHours: bigint | undefined;
  /** By its name, or its workload's: somebody works in it by day. */
  readonly isNotebook: boolean;
  /** Greatest mean utilisation of its GPUs on a day, 0 to 1 in units of 10⁻¹²; undefined without GPUs, where a day is not known, or where the cluster's exporter says only 0 or 1. */
  readonly gpuShare: bigint | undefined;
}

/** Jupyter's and others that people open in a browser. Names may be hidden from who asks, so they are looked at before. */
const NOTEBOOK = /jupyter|notebook|rstudio|zeppelin|code-server|vscode/i;

/** All days together; NULL where one of them is not known. */
const whole = (column: string): string =>
  `if(countIf(isNull(${column})) = 0, toString(sum(toDecimal256(${column}, 12))), NULL)`;

const known = z
  .string()
  .nullable()
  .transform((text) => (text === null ? undefined : parsePicos(text)));

/** The greatest of all days; NULL where one of them is not known. */
const greatest = (column: string): string =>
  `if(countIf(isNull(${column})) = 0, toString(max(${column})), NULL)`;
/** `argMax` leaves out NULLs, which say that nothing is asked for. */
const latest = (column: string): string => `toString(argMax(tuple(${column}), charge_period_start).1)`;

/** Readings of clusters whose utilisation is final on enough of the days, of the last of these. */
export const VISIBLE_USE = `SELECT snapshot_id, scope FROM (
  SELECT snapshot_id, scope, count() OVER (PARTITION BY scope) AS of_scope FROM (
    SELECT snapshot_id, scope FROM current_snapshots
    WHERE dataset = 'workload-utilisation' AND finality = 'final' AND toDate(charge_period_start) IN {days:Array(Date)}
    ORDER BY charge_period_start DESC LIMIT ${USE_DAYS} BY scope
  )
) WHERE of_scope = ${USE_DAYS}`;

/** Of the containers in them. */
export const CONTAINER_USE = defineQuery({
  name: "how containers use what they ask for",
  sql: `WITH visible AS (${VISIBLE_USE})
SELECT scope AS cluster, namespace, controller_kind, ${WORKLOAD} AS workload, container, toString(uniqExact(charge_period_start)) AS days,
  toString(toDate(max(charge_period_start))) AS last_day,
  ${greatest("cpu_p95_cores")} AS cpu_p95, ${greatest("cpu_p99_cores")} AS cpu_p99, ${greatest("memory_max_gib")} AS memory_max,
  ${latest("cpu_request_cores")} AS cpu_request, ${latest("memory_request_gib")} AS memory_request, max(ifNull(oom_killed_pods, 0)) > 0 AS is_oom_killed,
  ${greatest("gpu_utilisation_share")} AS gpu_share, countIf(gpu_utilisation_share > 0 AND gpu_utilisation_share < 1) > 0 AS is_gpu_measured,
  ${whole("off_hours")} AS off, ${whole("busy_off_hours")} AS busy_off
FROM utilisation_facts
WHERE controller_kind != '${QUOTA_KIND}' AND toDate(charge_period_start) IN {days:Array(Date)} AND snapshot_id IN (SELECT snapshot_id FROM visible)
GROUP BY cluster, namespace, controller_kind, workload, container ORDER BY cluster, namespace, controller_kind, workload, container`,
  params: z.object({ days: z.array(z.string()) }),
  row: z.object({
    cluster: z.string(),
    namespace: z.string(),
    controller_kind: z.string(),
    workload: z.string(),
    container: z.string(),
    days: z.string().transform(Number),
    last_day: z.string(),
    cpu_p95: known,
    cpu_p99: known,
    memory_max: known,
    cpu_request: known,
    memory_request: known,
    is_oom_killed: z.number().transform((flag) => flag === 1),
    gpu_share: known,
    is_gpu_measured: z.number().transform((flag) => flag === 1),
    off: known,
    busy_off: known,
  }),
});

/** By `workloadKey`. */
export type UseByWorkload = ReadonlyMap<string, readonly ContainerUse[]>;

type UseRow = z.infer<(typeof CONTAINER_USE)["row"]>;

export function useByWorkload(rows: readonly UseRow[]): UseByWorkload {
  const keys = rows.map((row) => {
    // Costs know bare pods of a namespace together, by no name.
    const isBare = row.controller_kind === "pod";
    return workloadKey({
      ...row,
      controllerKind: isBare ? "" : row.controller_kind,
      controller: isBare ? "" : row.workload,
    });
  });
  const lastDays = new Map<string, string>();
  for (const [index, { last_day }] of rows.entries()) {
    const key = keys[index] ?? "";
    if (last_day > (lastDays.get(key) ?? "")) lastDays.set(key, last_day);
  }
  const gpusMeasured = new Set(rows.filter((row) => row.is_gpu_measured).map(({ cluster }) => cluster));
  const uses = new Map<string, ContainerUse[]>();
  for (const [index, row] of rows.entries()) {
    const key = keys[index] ?? "";
    if (row.last_day !== lastDays.get(key)) continue; // a container that its workload has no more
    const use = {
      container: row.container,
      days: row.days,
      cpuP95: row.cpu_p95,
      cpuP99: row.cpu_p99,
      memoryMax: row.memory_max,
      cpuRequest: row.cpu_request,
      memoryRequest: row.memory_request,
      isOomKilled: row.is_oom_killed,
      gpuShare: gpusMeasured.has(row.cluster) ? row.gpu_share : undefined,
      offHours: row.off,
      busyOffHours: row.busy_off,
      isNotebook: NOTEBOOK.test(row.workload) || NOTEBOOK.test(row.container),
    };
    uses.set(key, [...(uses.get(key) ?? []), use]);
  }
  return uses;
}
