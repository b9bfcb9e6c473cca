import { z } from "zod";
import { defineQuery } from "@apportion/clickhouse/query";
import { QUOTA_KIND } from "@apportion/domain/facts";
import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { VISIBLE_USE } from "./container-use.js";
import { namespaceKey } from "./namespaces.js";

/** What a quota lets the pods of its namespace request of something, and what they requested of it: least and greatest of a day, in units of 10⁻¹². */
export interface QuotaLimit {
  readonly hard: bigint;
  readonly used: bigint;
}

/** Undefined: not limited, or not known. */
export interface QuotaDay {
  readonly day: Day;
  /** Cores, GiB, and GPUs. */
  readonly cpu: QuotaLimit | undefined;
  readonly memory: QuotaLimit | undefined;
  readonly gpus: QuotaLimit | undefined;
}

/** A ResourceQuota on the days of utilisation, in their order. */
export interface QuotaUse {
  readonly cluster: string;
  readonly namespace: string;
  /** As it is; it may be hidden from who asks. */
  readonly name: string;
  readonly days: readonly QuotaDay[];
}

const known = z
  .string()
  .nullable()
  .transform((text) => (text === null ? undefined : parsePicos(text)));

/** Of clusters whose utilisation is final on enough of the days, of the last of these. */
export const QUOTA_USE = defineQuery({
  name: "how quotas are used",
  sql: `WITH visible AS (${VISIBLE_USE})
SELECT scope AS cluster, namespace, controller AS quota, toString(toDate(charge_period_start)) AS day, toString(quota_cpu_cores) AS cpu, toString(quota_cpu_used_cores) AS cpu_used,
  toString(quota_memory_gib) AS memory, toString(quota_memory_used_gib) AS memory_used, toString(quota_gpus) AS gpus, toString(quota_gpus_used) AS gpus_used
FROM utilisation_facts
WHERE controller_kind = '${QUOTA_KIND}' AND toDate(charge_period_start) IN {days:Array(Date)} AND snapshot_id IN (SELECT snapshot_id FROM visible)
ORDER BY cluster, namespace, quota, day`,
  params: z.object({ days: z.array(z.string()) }),
  row: z.object({
    cluster: z.string(),
    namespace: z.string(),
    quota: z.string(),
    day: z.string().transform((text) => text as Day),
    cpu: known,
    cpu_used: known,
    memory: known,
    memory_used: known,
    gpus: known,
    gpus_used: known,
  }),
});

/** By `namespaceKey`. */
export type QuotasByNamespace = ReadonlyMap<string, readonly QuotaUse[]>;

/** @param rows of a quota one after the other, in the order of their days */
export function quotasByNamespace(rows: readonly z.infer<(typeof QUOTA_USE)["row"]>[]): QuotasByNamespace {
  const namespaces = new Map<string, (QuotaUse & { readonly days: QuotaDay[] })[]>();
  for (const { cluster, namespace, quota: name, day, ...row } of rows) {
    const key = namespaceKey({ cluster, namespace });
    const quotas = namespaces.get(key) ?? [];
    namespaces.set(key, quotas);
    if (quotas.at(-1)?.name !== name) quotas.push({ cluster, namespace, name, days: [] });
    quotas.at(-1)?.days.push({
      day,
      cpu: limitOf(row.cpu, row.cpu_used),
      memory: limitOf(row.memory, row.memory_used),
      gpus: limitOf(row.gpus, row.gpus_used),
    });
  }
  return namespaces;
}

function limitOf(hard: bigint | undefined, used: bigint | undefined): QuotaLimit | undefined {
  return hard === undefined || used === undefined ? undefined : { hard, used };
}
