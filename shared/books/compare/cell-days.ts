import { z } from "zod";
import type { FactCosts } from "@apportion/allocation/cost-parts";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select, stream } from "@apportion/clickhouse/query";
import type { CostKind } from "@apportion/domain/facts";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { WORKLOAD } from "../workload-name.js";
import { cellHead, ofSealedCells } from "../readings/cells.js";
import { OWNERSHIP, PROTECTED } from "../readings/protected-level.js";

/** Where direct costs lie: whoever pays one has a line with these. */
export interface CostPlace {
  readonly cluster: string;
  readonly namespace: string;
  readonly service: string;
}

/** What tells cells apart. */
export interface NamedCells {
  readonly source: string;
  readonly scope: string;
  readonly kind: CostKind;
  readonly cluster: string;
  readonly namespace: string;
  readonly controller: string;
  /** The controller, or what runs of a job have in common where each has another name: they are one workload. */
  readonly workload: string;
  readonly team_label: string;
  readonly service: string;
  readonly record_type: string;
  readonly protected_level: string;
  readonly protected_team: string;
}

/** Their costs of a day in picos, and core-hours, GPU-hours and GiB-hours that were charged, in units of 10⁻¹². */
export interface CellOfDay extends FactCosts {
  /** The same object for all days, so that what is made of names is made once. */
  readonly of: NamedCells;
  readonly cpu_quantity: bigint;
  readonly gpu_quantity: bigint;
  readonly memory_quantity: bigint;
}

/** Cells and their days, the cells of a cluster and namespace together. */
export interface CellDays {
  readonly cells: NamedCells;
  readonly days: ReadonlyMap<Day, CellOfDay>;
}

/** Cells of days that one answer has: some 80 MB, which the engine makes whole before it sends them. */
const CELLS_A_READ = 1_000_000;

const ofRuns = {
  months: z.array(z.string()),
  runIds: z.array(z.string()),
  clusters: z.array(z.string()),
  namespaces: z.array(z.string()),
  services: z.array(z.string()),
};

/** Ids of runs and not of snapshots: those of months can be more than a server takes as a parameter. Idle capacity is on its lines. */
const OF_RUNS = `charge_day IN (SELECT charge_day FROM allocation_runs WHERE billing_period IN {months:Array(String)} AND run_id IN {runIds:Array(String)})
  AND ${ofSealedCells("snapshot_id IN (SELECT arrayJoin(snapshot_ids) FROM allocation_runs WHERE billing_period IN {months:Array(String)} AND run_id IN {runIds:Array(String)})")}
  AND kind != 'idle'`;
/** By namespaces first: within a snapshot cells lie in their order, so those of others are not even looked at. */
const OF_PLACES = `${OF_RUNS} AND cells.namespace IN {namespaces:Array(String)} AND (cells.cluster, cells.namespace, cells.service) IN (
    SELECT arrayJoin(arrayZip({clusters:Array(String)}, {namespaces:Array(String)}, {services:Array(String)})))`;

const countQuery = (which: string) =>
  defineQuery({
    name: "how many cells are compared",
    sql: `SELECT count() AS cells FROM cells WHERE ${which}`,
    params: z.object(ofRuns),
    row: z.object({ cells: z.string().transform(Number) }),
  });

const FIGURES = [
  "cpu_cost",
  "gpu_cost",
  "ram_cost",
  "pv_cost",
  "load_balancer_cost",
  "cpu_core_hours",
  "gpu_hours",
  "ram_gib_hours",
  "effective_cost",
];
const NAMES =
  "source, scope, kind, cluster, namespace, controller_kind, controller, team_label, service, record_type";

/** A row for what has a name of its own, with a text for each day: read as rows of days, names and patterns of ownership are most of the work. */
const cellDaysQuery = (which: string) =>
  defineQuery({
    name: "cells of compared days",
    sql: `WITH ${OWNERSHIP}
SELECT *, ${WORKLOAD} AS workload, ${PROTECTED}
FROM (
  SELECT ${NAMES}, groupArray(concat(toString(day), ${FIGURES.map((figure) => `',', toString(of_${figure})`).join(", ")})) AS days
  FROM (
    SELECT charge_day AS day, ${NAMES}, ${FIGURES.map((figure) => `sum(toDecimal256(cells.${figure}, 12)) AS of_${figure}`).join(", ")}
    FROM cells WHERE ${which} AND cityHash64(cells.cluster, cells.namespace) % {parts:UInt32} = {part:UInt32}
    GROUP BY day, ${NAMES})
  GROUP BY ${NAMES})
ORDER BY cluster, namespace, source, scope, controller, team_label, kind, service, record_type`,
    params: z.object({ ...ofRuns, part: z.int(), parts: z.int() }),
    row: z.object({
      ...cellHead,
      workload: z.string(),
      team_label: z.string(),
      service: z.string(),
      record_type: z.string(),
      /** hipaa or pci where it is of such a team, as analysts' views have it; else empty. */
      protected_level: z.string(),
      /** The only such team whose it may be; empty where several have a rule for it. */
      protected_team: z.string(),
      days: z.array(z.string()),
    }),
  });

const EVERYWHERE = { count: countQuery(OF_RUNS), days: cellDaysQuery(OF_RUNS) };
const IN_PLACES = { count: countQuery(OF_PLACES), days: cellDaysQuery(OF_PLACES) };

/**
 * What runs of some months have in cells, but for idle capacity: all of a cluster and namespace at once, in no order of these.
 * @param places those alone; undefined for all
 */
export async function* cellDays(
  clickhouse: ClickHouse,
  months: readonly { readonly period: BillingPeriod; readonly runIds: readonly string[] }[],
  places?: readonly CostPlace[],
): AsyncGenerator<readonly CellDays[]> {
  const params = {
    months: months.map(({ period }) => period),
    runIds: months.flatMap(({ runIds }) => runIds),
    clusters: (places ?? []).map(({ cluster }) => cluster),
    namespaces: (places ?? []).map(({ namespace }) => namespace),
    services: (places ?? []).map(({ service }) => service),
  };
  const { count, days: ofDays } = places === undefined ? EVERYWHERE : IN_PLACES;
  const [counted] = await select(clickhouse, count, params);
  const parts = Math.ceil((counted?.cells ?? 0) / CELLS_A_READ);
  for (let part = 0; part < parts; part += 1) {
    let together: CellDays[] = [];
    for await (const row of stream(clickhouse, ofDays, { ...params, part, parts })) {
      const { days, ...cells } = row;
      const before = together[0]?.cells;
      if (before && (before.cluster !== cells.cluster || before.namespace !== cells.namespace)) {
        yield together;
        together = [];
      }
      together.push({
        cells,
        days: new Map(days.map((text) => [text.slice(0, 10) as Day, dayOf(cells, text)])),
      });
    }
    if (together.length > 0) yield together;
  }
}

function dayOf(of: NamedCells, text: string): CellOfDay {
  const figures = text.split(",");
  const figure = (at: number): bigint => {
    const shown = figures[at] ?? "0";
    return shown === "0" ? 0n : parsePicos(shown);
  };
  return {
    of,
    kind: of.kind,
    cpu: figure(1),
    gpu: figure(2),
    memory: figure(3),
    persistent_volume: figure(4),
    load_balancer: figure(5),
    cpu_quantity: figure(6),
    gpu_quantity: figure(7),
    memory_quantity: figure(8),
    total: figure(9),
  };
}
