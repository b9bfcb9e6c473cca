import { CELL_AMOUNTS, CELL_NAMES } from "@apportion/books/readings/cells";
import { type CostSnapshot, proveCells } from "@apportion/books/readings/cells-proof";
import { dateTimeParameter } from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { addDays, chargePeriodOf } from "@apportion/domain/period";

/** Groups beyond it are kept on disk while they are summed. */
const GROUPS_BYTES_MAX = 1_000_000_000;

const WRITE_CELLS = `INSERT INTO cells (snapshot_id, attempt, charge_day, ${CELL_NAMES.join(", ")}, ${CELL_AMOUNTS.join(", ")}, fact_count)
SELECT snapshot_id, {attempt:String}, toDate(charge_period_start) AS day, ${CELL_NAMES.join(", ")},
  ${CELL_AMOUNTS.map((amount) => `toDecimal128(sum(toDecimal256(cost_facts.${amount}, 12)), 12)`).join(", ")}, count()
FROM cost_facts
WHERE charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
  AND snapshot_id IN {snapshotIds:Array(String)}
GROUP BY snapshot_id, day, ${CELL_NAMES.join(", ")}`;

/**
 * Writes the cells of snapshots of costs and proves each of them against its facts. They count once a seal names the attempt: one that dies
 * before leaves cells that nobody reads.
 * @param attempt of nobody else, so that nothing that was written before counts as its own
 * @returns by snapshot, in what its cells are not the sums of its facts; those that are are absent
 */
export async function writeCells(
  clickhouse: ClickHouse,
  snapshots: readonly CostSnapshot[],
  attempt: string,
): Promise<Map<string, string>> {
  const days = snapshots.map(({ day }) => day).toSorted();
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return new Map();
  await clickhouse.command({
    query: WRITE_CELLS,
    query_params: {
      attempt,
      snapshotIds: snapshots.map(({ snapshotId }) => snapshotId),
      start: dateTimeParameter(chargePeriodOf(first).start),
      end: dateTimeParameter(chargePeriodOf(addDays(last, 1)).start),
    },
    clickhouse_settings: {
      max_bytes_before_external_group_by: String(GROUPS_BYTES_MAX),
      // The attempt is the guard against a repeat: what ClickHouse remembers of rows that are gone must not hold these back.
      insert_deduplicate: 0,
    },
  });
  const proved = await proveCells(clickhouse, snapshots, attempt);
  return new Map(
    [...proved].flatMap(([id, { difference }]) => (difference === undefined ? [] : [[id, difference]])),
  );
}
