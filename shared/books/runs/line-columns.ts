import type { FlatLine } from "@apportion/allocation/line";

/** Columns of text of a line, in the order in which they are hashed; the team stands between them. */
export const BEFORE_TEAM = {
  source: ({ source }) => source,
  scope: ({ scope }) => scope,
  cluster: ({ cluster }) => cluster,
  namespace: ({ namespace }) => namespace,
  node_pool: ({ nodePool }) => nodePool,
  service: ({ service }) => service,
  record_type: ({ recordType }) => recordType,
  label: ({ label }) => label,
  category: ({ category }) => category,
  owner_kind: ({ owner }) => owner.kind,
} as const satisfies Record<string, TextOf>;
export const AFTER_TEAM = {
  basis: ({ basis }) => basis,
  pool: ({ pool }) => pool,
  policy: ({ policy }) => policy,
  method: ({ method }) => method,
  reason: ({ reason }) => reason,
  meter: ({ meter }) => meter,
  usage_window: ({ usageWindow }) => usageWindow,
  between_services: ({ betweenServices }) => betweenServices,
} as const satisfies Record<string, TextOf>;
export type TextOf = (line: FlatLine) => string;

/** Those that are the same on all lines of a strip. */
export const COMMON_TEXTS: Readonly<Record<string, TextOf>> = { ...BEFORE_TEAM, ...AFTER_TEAM };

/**
 * What a run's certificate is about, in its order. The table has two columns more, `meters` and `meter_percents`, which say again what
 * others say so that views need not read text: by the hash runs of before there were such columns are known too; that they fit their line
 * is counted in SQL.
 */
export const HASHED_COLUMNS = [
  "line",
  ...Object.keys(BEFORE_TEAM),
  "team_id",
  ...Object.keys(AFTER_TEAM),
  "driver_quantity",
  "driver_total",
  "amount",
];
