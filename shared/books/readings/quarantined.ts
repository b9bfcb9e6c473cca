import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { DATASETS } from "@apportion/domain/facts";
import { requireAll, type Viewer } from "../viewer.js";
import { hasProtectedNames } from "./protected-level.js";

const count = z.string().transform(Number);
const row = z.object({
  id: z.string(),
  dataset: z.enum(DATASETS),
  source: z.string(),
  scope: z.string(),
  period_start: z.string(),
  period_end: z.string(),
  read_at: z.string(),
  snapshot_id: z.string(),
  finality: z.string(),
  currency: z.string(),
  chunk_count: z.int(),
  row_count: count,
  amount: z.string(),
  /** Of a usage reading: what its meter counts, e.g. runs. */
  unit: z.string(),
  content_hash: z.string(),
  log_topic: z.string(),
  log_partition: z.int(),
  log_offset: z.string(),
  reason: z.string(),
  visible_amount: z.string(),
  visible_rows: count,
  is_visible: z.union([z.boolean(), z.number()]).transform(Boolean),
  is_moot: z.union([z.boolean(), z.number()]).transform(Boolean),
  decision: z.string(),
  /** Who prepared the decision; empty while there is none. */
  prepared_by: z.string(),
  decided_by: z.string(),
  decision_reason: z.string(),
});

/** A reading in quarantine beside what is visible of its period. Amounts are decimal strings. */
export type QuarantinedReading = z.infer<typeof row>;

const QUARANTINED = defineQuery({
  name: "quarantined readings",
  sql: `SELECT quarantined.id AS id, quarantined.dataset AS dataset, quarantined.source AS source, quarantined.scope AS scope, quarantined.period_start AS period_start, quarantined.period_end AS period_end, quarantined.read_at AS read_at, quarantined.snapshot_id AS snapshot_id, quarantined.finality AS finality, quarantined.currency AS currency, quarantined.chunk_count AS chunk_count, quarantined.row_count AS row_count, quarantined.amount AS amount, measured.unit AS unit, quarantined.content_hash AS content_hash, quarantined.log_topic AS log_topic, quarantined.log_partition AS log_partition, quarantined.log_offset AS log_offset, quarantined.reason AS reason,
  toString(now.amount) AS visible_amount, now.row_count AS visible_rows,
  now.snapshot_id = quarantined.snapshot_id AND quarantined.snapshot_id != '' AS is_visible,
  now.read_at > quarantined.read OR is_visible AS is_moot,
  decided.decision AS decision, decided.prepared_by AS prepared_by, decided.approved_by AS decided_by, decided.why AS decision_reason
FROM (
  SELECT quarantined_readings.id AS id, dataset, source, scope, charge_period_start AS start,
    any(formatDateTime(charge_period_start, '%Y-%m-%dT%H:%i:%SZ')) AS period_start,
    any(formatDateTime(charge_period_end, '%Y-%m-%dT%H:%i:%SZ')) AS period_end,
    max(quarantined_readings.read_at) AS read, concat(replaceOne(toString(read), ' ', 'T'), 'Z') AS read_at,
    any(quarantined_readings.snapshot_id) AS snapshot_id, any(quarantined_readings.finality) AS finality,
    any(currency) AS currency, any(chunk_count) AS chunk_count, any(quarantined_readings.row_count) AS row_count,
    toString(any(quarantined_readings.amount)) AS amount, any(content_hash) AS content_hash, any(log_topic) AS log_topic,
    any(log_partition) AS log_partition, any(log_offset) AS log_offset, any(reason) AS reason
  FROM quarantined_readings GROUP BY id, dataset, source, scope, start
) AS quarantined
LEFT JOIN current_snapshots AS now ON now.dataset = quarantined.dataset AND now.source = quarantined.source
  AND now.scope = quarantined.scope AND now.charge_period_start = quarantined.start
LEFT JOIN (
  SELECT 'usage' AS dataset, usage_facts.source AS source, usage_facts.scope AS scope, any(usage_facts.unit) AS unit FROM usage_facts
  WHERE (usage_facts.source, usage_facts.scope) IN (SELECT source, scope FROM quarantined_readings WHERE dataset = 'usage')
  GROUP BY source, scope
) AS measured ON measured.dataset = quarantined.dataset AND measured.source = quarantined.source AND measured.scope = quarantined.scope
LEFT JOIN (
  SELECT quarantine_decisions.id AS id, argMax(decision, decided_at) AS decision, argMax(prepared_by, decided_at) AS prepared_by, argMax(approved_by, decided_at) AS approved_by,
    argMax(reason, decided_at) AS why FROM quarantine_decisions GROUP BY id
) AS decided ON decided.id = quarantined.id
WHERE {id:String} = '' OR quarantined.id = {id:String}
ORDER BY quarantined.start, quarantined.source, quarantined.scope, quarantined.read`,
  params: z.object({ id: z.string() }),
  row,
});

/** All of them, or the one with that id. */
export async function quarantinedReadings(clickhouse: ClickHouse, id = ""): Promise<QuarantinedReading[]> {
  return select(clickhouse, QUARANTINED, { id });
}

/**
 * All of them as somebody may see them: what is wrong with a reading may name a workload or bucket, so where there are teams under HIPAA or PCI it is for
 * who sees every name, and for the owner of the deployment, as in the view `pending_quarantine`.
 * @throws NotYoursError
 */
export async function quarantinedSeenBy(
  clickhouse: ClickHouse,
  viewer: Viewer,
): Promise<QuarantinedReading[]> {
  requireAll(viewer);
  const readings = await quarantinedReadings(clickhouse);
  if (viewer.namesOf === "all" || !(await hasProtectedNames(clickhouse))) return readings;
  return readings.map((each) => ({ ...each, reason: `see \`apportion quarantine show ${each.id}\`` }));
}

/** Whether somebody still has to decide: nobody has, and no later good reading of the period made it moot. */
export function isPending({ decision, is_moot }: QuarantinedReading): boolean {
  return decision === "" && !is_moot;
}
