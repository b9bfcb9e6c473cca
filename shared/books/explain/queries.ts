import { z } from "zod";
import { defineQuery } from "@apportion/clickhouse/query";
import { CATEGORIES } from "@apportion/domain/category";
import { JOURNAL_KINDS } from "@apportion/domain/journal-kind";
import { parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { cellHead, OF_SEALED_CELLS } from "../readings/cells.js";
import { ofOwnershipAtHand, PROTECTED_LEVEL } from "../readings/protected-level.js";
import { OF_SEALED_ATTEMPTS } from "../runs/sealed-attempts.js";

const picos = z.string().transform(parsePicos);

/** What is told of each cell of a group. */
const EACH = {
  snapshot_id: "snapshot_id",
  controller: "controller",
  usage_type: "usage_type",
  protected_level: PROTECTED_LEVEL,
  cpu: "toString(cpu_cost)",
  gpu: "toString(gpu_cost)",
  memory: "toString(ram_cost)",
  persistent_volume: "toString(pv_cost)",
  load_balancer: "toString(load_balancer_cost)",
  total: "toString(effective_cost)",
};
const each = z.array(z.string());

/** Cells as they lie in the table, some of which may have the same names: to add them up here took the engine as long as to find them. */
const cellsQuery = (which: string, ownership: string) =>
  defineQuery({
    name: "cells of snapshots",
    sql: `WITH ${ownership}
SELECT toString(charge_day) AS day, source, scope, kind, cluster, namespace, if(kind = 'idle', node, '') AS idle_node, team_label, service, record_type,
  ${Object.entries(EACH)
    .map(([name, column]) => `groupArray(${column}) AS each_${name}`)
    .join(", ")}
FROM cells WHERE charge_day IN {days:Array(Date)} AND ${OF_SEALED_CELLS} ${which}
GROUP BY day, source, scope, kind, cluster, namespace, idle_node, team_label, service, record_type`,
    params: z.object({
      days: z.array(z.string()),
      snapshotIds: z.array(z.string()),
      namespaces: z.array(z.string()),
      ...ofOwnershipAtHand,
    }),
    row: z.object({
      day: z.string(),
      source: z.string(),
      scope: z.string(),
      kind: cellHead.kind,
      cluster: z.string(),
      namespace: z.string(),
      idle_node: z.string(),
      team_label: z.string(),
      service: z.string(),
      record_type: z.string(),
      // Of each cell of the group, in one order: some thousand cells as rows took longer to send and to read than to find.
      each_snapshot_id: each,
      each_controller: each,
      each_usage_type: each,
      /** hipaa or pci where it is of such a team, as analysts' views have it; else empty. */
      each_protected_level: each,
      each_cpu: each,
      each_gpu: each,
      each_memory: each,
      each_persistent_volume: each,
      each_load_balancer: each,
      each_total: each,
    }),
  });
/** What days' snapshots say, as finely as ownership may ask. */
export const cellsOfDays = (ownership: string) => cellsQuery("", ownership);
/** Of each day the namespace that has the same place. By namespaces first: within a snapshot cells lie in their order. */
export const cellsOfNamespaces = (ownership: string) =>
  cellsQuery(
    `AND cells.namespace IN {namespaces:Array(String)}
  AND (charge_day, cells.namespace) IN (SELECT arrayJoin(arrayZip({days:Array(Date)}, {namespaces:Array(String)})))`,
    ownership,
  );
export type CellGroup = z.infer<ReturnType<typeof cellsQuery>["row"]>;

/** Where the snapshots that runs of a month pinned lie in the event log. */
export const POSITIONS = defineQuery({
  name: "where snapshots lie in the log",
  sql: `SELECT snapshot_id, any(dataset) AS kind, any(source) AS read_from, any(scope) AS part,
  toString(any(charge_period_start)) AS period_start, toString(any(snapshots.read_at)) AS read,
  any(log_topic) AS topic, any(log_partition) AS in_partition, any(log_offset) AS at
FROM snapshots
WHERE snapshot_id IN (SELECT arrayJoin(snapshot_ids) FROM allocation_runs WHERE billing_period = {month:String} AND run_id IN {runIds:Array(String)})
GROUP BY snapshot_id ORDER BY kind, read_from, part, period_start`,
  params: z.object({ month: z.string(), runIds: z.array(z.string()) }),
  row: z.object({
    snapshot_id: z.string(),
    kind: z.string(),
    read_from: z.string(),
    part: z.string(),
    period_start: z.string(),
    read: z.string(),
    topic: z.string(),
    in_partition: z.number(),
    at: z.string(),
  }),
});

export type PositionRow = z.output<(typeof POSITIONS)["row"]>;

/** What was posted into a month beside the statement, and later about it, for a payer: a team's id, or idle, corporate or unallocated. */
export const CORRECTIONS = defineQuery({
  name: "corrections posted into a month, and later about it",
  sql: `SELECT toString(seq) AS place, kind, any(said.reason) AS why, billing_period, corrects_period, category, pool, toString(sum(signed_amount)) AS charged,
  toString(any(posted_entries.posted_at)) AS posted
FROM posted_entries
INNER JOIN (SELECT DISTINCT journal_id, reason FROM journals) AS said ON said.journal_id = posted_entries.journal_id
WHERE (billing_period = {month:String} OR corrects_period = {month:String}) AND kind != 'statement' AND account != 'clearing' AND if(account = 'team', team_id, account) = {team:String}
GROUP BY seq, place, kind, billing_period, corrects_period, category, pool ORDER BY seq, corrects_period, category, pool`,
  params: z.object({ month: z.string(), team: z.string() }),
  row: z.object({
    place: z.string(),
    kind: z.enum(JOURNAL_KINDS).exclude(["statement"]),
    why: z.string(),
    billing_period: z.string().transform((text) => text as BillingPeriod),
    corrects_period: z.string().transform((text) => text as BillingPeriod),
    category: z.enum(CATEGORIES),
    pool: z.string(),
    charged: z.string(),
    posted: z.string(),
  }),
});

/** What a payer's lines of days came to by one set of runs and by another. */
export const CHANGED_DAYS = defineQuery({
  name: "what a payer's lines came to by runs before and now",
  sql: `SELECT toString(charge_day) AS day, category, pool, run_before, run_now,
  sumIf(toDecimal256(amount, 12), run_id = run_before) AS before, sumIf(toDecimal256(amount, 12), run_id = run_now) AS now
FROM allocation_lines
INNER JOIN (SELECT charge_day, anyIf(run_id, run_id IN {before:Array(String)}) AS run_before, anyIf(run_id, run_id IN {now:Array(String)}) AS run_now
  FROM allocation_runs WHERE billing_period = {month:String} AND run_id IN arrayConcat({before:Array(String)}, {now:Array(String)})
  GROUP BY charge_day) AS changed USING (charge_day)
WHERE billing_period = {month:String} AND run_id IN arrayConcat({before:Array(String)}, {now:Array(String)})
  AND if(owner_kind = 'team', team_id, owner_kind) = {team:String} AND ${OF_SEALED_ATTEMPTS}
GROUP BY day, category, pool, run_before, run_now HAVING before != now ORDER BY day`,
  params: z.object({
    month: z.string(),
    team: z.string(),
    before: z.array(z.string()),
    now: z.array(z.string()),
  }),
  row: z.object({
    day: z.string().transform((text) => text as Day),
    category: z.enum(CATEGORIES),
    pool: z.string(),
    run_before: z.string(),
    run_now: z.string(),
    before: picos,
    now: picos,
  }),
});
export type ChangedDayRow = z.output<(typeof CHANGED_DAYS)["row"]>;
