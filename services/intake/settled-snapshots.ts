import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { type Dataset, DATASETS } from "@apportion/domain/facts";
import { mismatchOf, storedSnapshots } from "./compare.js";

/** Snapshots that are compared with one query. */
const COMPARED_AT_ONCE = 500;

const SETTLED = defineQuery({
  name: "snapshots that intake decided on",
  sql: `SELECT sealed.snapshot_id AS id, any(sealed.dataset) AS kind,
  formatDateTime(any(sealed.charge_period_start), '%Y-%m-%dT%H:%i:%SZ') AS period_start,
  max(sealed.quarantined) AS is_quarantined, any(sealed.chunk_count) AS chunks, toString(any(sealed.row_count)) AS rows, toString(any(sealed.amount)) AS amount_text
FROM (
  SELECT 0 AS quarantined, snapshot_id, dataset, charge_period_start, chunk_count, row_count, amount FROM snapshots
  UNION ALL
  SELECT 1, snapshot_id, dataset, charge_period_start, chunk_count, row_count, amount FROM quarantined_readings WHERE snapshot_id != ''
) AS sealed GROUP BY id ORDER BY id`,
  params: z.object({}),
  row: z.object({
    id: z.string(),
    kind: z.enum(DATASETS),
    period_start: z.string(),
    is_quarantined: z.number(),
    chunks: z.int(),
    rows: z.string().transform(Number),
    amount_text: z.string(),
  }),
});

export interface SettledSnapshot {
  readonly snapshotId: string;
  readonly dataset: Dataset;
}

interface SettledSnapshots {
  /** Whose rows are as they were sealed. */
  readonly whole: ReadonlySet<string>;
  /** Whose rows are not. */
  readonly broken: readonly SettledSnapshot[];
  /** That are in quarantine, or were. */
  readonly quarantined: ReadonlySet<string>;
}

/** Snapshots that are visible or in quarantine. */
export async function settledSnapshots(clickhouse: ClickHouse): Promise<SettledSnapshots> {
  const rows = await select(clickhouse, SETTLED, {});
  const quarantined = new Set(rows.filter((row) => row.is_quarantined === 1).map(({ id }) => id));
  const settled = rows.map((row) => ({
    snapshotId: row.id,
    dataset: row.kind,
    chargePeriod: { start: row.period_start, end: row.period_start },
    chunkCount: row.chunks,
    rowCount: row.rows,
    amount: row.amount_text,
  }));
  const whole = new Set<string>();
  const broken: SettledSnapshot[] = [];
  for (let start = 0; start < settled.length; start += COMPARED_AT_ONCE) {
    const some = settled.slice(start, start + COMPARED_AT_ONCE);
    const stored = await storedSnapshots(
      clickhouse,
      some.map((seal) => ({ seal })),
    );
    for (const seal of some)
      if (mismatchOf(seal, stored.get(seal.snapshotId)) === undefined) whole.add(seal.snapshotId);
      else broken.push(seal);
  }
  return { whole, broken, quarantined };
}
