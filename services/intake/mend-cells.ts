import { z } from "zod";
import { proveCells } from "@apportion/books/readings/cells-proof";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { chargePeriodOf, type Day } from "@apportion/domain/period";
import { NOTHING_STORED, storedSnapshots } from "./compare.js";
import { writeCells } from "./write-cells.js";

/** Snapshots whose cells are proved with one query. */
const PROVED_AT_ONCE = 200;

/** Whole rows, since they are written again as they are. */
const COST_SEALS = defineQuery({
  name: "seals of costs",
  sql: `SELECT *, toString(toDate(charge_period_start)) AS seal_day FROM snapshots WHERE dataset = 'cost'
ORDER BY charge_period_start, snapshot_id, cells_attempt DESC LIMIT 1 BY snapshot_id`,
  params: z.object({}),
  row: z.looseObject({ snapshot_id: z.string(), seal_day: z.string().transform((text) => text as Day) }),
});

/**
 * Writes the cells of visible snapshots again where they are gone or are not the sums of their facts, which are as they were sealed. Each gets
 * a seal that names the new ones.
 * @param attempt greater than those of intake: of several the greatest counts
 * @returns ids of the snapshots
 * @throws Error when new cells are not the sums of the facts either
 */
export async function mendCells(clickhouse: ClickHouse, attempt: string): Promise<string[]> {
  const seals = await select(clickhouse, COST_SEALS, {});
  const mended: string[] = [];
  for (let start = 0; start < seals.length; start += PROVED_AT_ONCE) {
    const some = seals.slice(start, start + PROVED_AT_ONCE);
    const snapshots = some.map(({ snapshot_id, seal_day }) => ({ snapshotId: snapshot_id, day: seal_day }));
    const proved = await proveCells(clickhouse, snapshots);
    const broken = snapshots.filter(({ snapshotId }) => proved.get(snapshotId)?.difference !== undefined);
    if (broken.length === 0) continue;
    const weighed = await storedSnapshots(
      clickhouse,
      broken.map(({ snapshotId, day }) => ({
        seal: { snapshotId, dataset: "cost", chargePeriod: chargePeriodOf(day) },
      })),
    );
    const [difference] = (
      await writeCells(
        clickhouse,
        broken.map((each) => ({ ...each, stored: weighed.get(each.snapshotId) ?? NOTHING_STORED })),
        attempt,
      )
    ).values();
    if (difference !== undefined) throw new Error(`Cells cannot be written: ${difference}`);
    const ids = new Set(broken.map(({ snapshotId }) => snapshotId));
    const rows = some
      .filter(({ snapshot_id }) => ids.has(snapshot_id))
      .map(({ seal_day: _day, ...seal }) => ({ ...seal, cells_attempt: `${attempt}/${seal.snapshot_id}` }));
    await insertRows(clickhouse, "snapshots", rows, { token: `${attempt}/cells/${start}` });
    mended.push(...ids);
  }
  return mended;
}
