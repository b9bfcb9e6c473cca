import { z } from "zod";
import { weighCells } from "@apportion/books/readings/cells-proof";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { chargePeriodOf, type Day } from "@apportion/domain/period";
import { mismatchOf, storedSnapshots } from "./compare.js";
import { writeCells, type WeighedSnapshot } from "./write-cells.js";

/** Snapshots whose cells are weighed with one query. */
const WEIGHED_AT_ONCE = 200;

const COST_SEALS = defineQuery({
  name: "seals of costs",
  sql: `SELECT snapshot_id, toString(toDate(any(charge_period_start))) AS day, any(chunk_count) AS chunks, any(row_count) AS rows,
  toString(any(snapshots.amount)) AS sealed_amount FROM snapshots WHERE dataset = 'cost' GROUP BY snapshot_id ORDER BY day, snapshot_id`,
  params: z.object({}),
  row: z.object({
    snapshot_id: z.string(),
    day: z.string().transform((text) => text as Day),
    chunks: z.number(),
    rows: z.string().transform(Number),
    sealed_amount: z.string(),
  }),
});
type CostSeal = z.output<(typeof COST_SEALS)["row"]>;

/** Whole rows, since they are written again as they are. */
const SEAL_ROWS = defineQuery({
  name: "seals as they are",
  sql: `SELECT * FROM snapshots WHERE snapshot_id IN {snapshotIds:Array(String)}
ORDER BY snapshot_id, cells_attempt DESC LIMIT 1 BY snapshot_id`,
  params: z.object({ snapshotIds: z.array(z.string()) }),
  row: z.looseObject({ snapshot_id: z.string() }),
});

/**
 * Writes the cells of visible snapshots again where they are gone or are not the sums of their facts. Each gets a seal that names the new ones.
 * Where the facts are not what was sealed either, cells stay as they are: nothing better can be made of what is left, and `verify` says so.
 * @param attempt greater than those of intake: of several the greatest counts
 * @returns ids of the snapshots
 * @throws Error when new cells are not the sums of the facts either
 */
export async function mendCells(clickhouse: ClickHouse, attempt: string): Promise<string[]> {
  const seals = await select(clickhouse, COST_SEALS, {});
  const mended: string[] = [];
  for (let start = 0; start < seals.length; start += WEIGHED_AT_ONCE) {
    const broken = await brokenOf(clickhouse, seals.slice(start, start + WEIGHED_AT_ONCE));
    if (broken.length === 0) continue;
    const [difference] = (await writeCells(clickhouse, broken, attempt)).values();
    if (difference !== undefined) throw new Error(`Cells cannot be made again: ${difference}`);
    const snapshotIds = broken.map(({ snapshotId }) => snapshotId);
    const rows = await select(clickhouse, SEAL_ROWS, { snapshotIds });
    const named = rows.map((row) => ({ ...row, cells_attempt: `${attempt}/${row.snapshot_id}` }));
    await insertRows(clickhouse, "snapshots", named, { token: `${attempt}/cells/${start}` });
    mended.push(...snapshotIds);
  }
  return mended;
}

/** Those whose facts are as they were sealed, and whose cells are not the sums of these. */
async function brokenOf(clickhouse: ClickHouse, seals: readonly CostSeal[]): Promise<WeighedSnapshot[]> {
  const snapshots = seals.map(({ snapshot_id: snapshotId, day }) => ({ snapshotId, day }));
  const weighed = await weighCells(clickhouse, snapshots);
  const unlike = seals.filter(({ snapshot_id }) => weighed.get(snapshot_id)?.isSum === false);
  const stored = await storedSnapshots(
    clickhouse,
    unlike.map(({ snapshot_id: snapshotId, day }) => ({
      seal: { snapshotId, dataset: "cost", chargePeriod: chargePeriodOf(day) },
    })),
  );
  return unlike.flatMap(({ snapshot_id: snapshotId, day, chunks, rows, sealed_amount }) => {
    const found = stored.get(snapshotId);
    const sealed = { chunkCount: chunks, rowCount: rows, amount: sealed_amount };
    return found && mismatchOf(sealed, found) === undefined ? [{ snapshotId, day, stored: found }] : [];
  });
}
