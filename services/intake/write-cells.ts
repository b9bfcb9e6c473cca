import { CELL_AMOUNTS, CELL_NAMES } from "@apportion/books/readings/cells";
import { cellsUnlikeFacts, type CostSnapshot, periodOf } from "@apportion/books/readings/cells-proof";
import type { StoredSnapshot } from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { isRefusal } from "@apportion/clickhouse/errors";
import { insertSelect } from "@apportion/clickhouse/insert";
import { foreignMessage } from "@apportion/runtime/foreign-text";

/** Groups beyond it are kept on disk while they are summed. */
const GROUPS_BYTES_MAX = 1_000_000_000;

const NAMES = CELL_NAMES.join(", ");
const FACTS = `FROM cost_facts
WHERE charge_period_start >= {start:DateTime('UTC')} AND charge_period_start < {end:DateTime('UTC')}
  AND snapshot_id IN {snapshotIds:Array(String)}`;
const INSERT = `INSERT INTO cells (snapshot_id, attempt, charge_day, ${NAMES}, ${CELL_AMOUNTS.join(", ")}, fact_count)
SELECT snapshot_id, concat({attempt:String}, '/', snapshot_id), toDate(charge_period_start) AS day, ${NAMES}`;
/** A sum beyond what a column holds is an error: it must not become another number. */
const SUMMED = `${INSERT}, ${CELL_AMOUNTS.map((amount) => `toDecimal128(sum(toDecimal256(cost_facts.${amount}, 12)), 12)`).join(", ")}, count()
${FACTS} GROUP BY snapshot_id, day, ${NAMES}`;
/** Where grouping would not halve them, each fact is a cell, though some have the same names: it would take most of the time of intake. */
const AS_THEY_ARE = `${INSERT}, ${CELL_AMOUNTS.join(", ")}, 1 ${FACTS}`;

/** A snapshot of costs, and what of it lies in the table. */
export interface WeighedSnapshot extends CostSnapshot {
  readonly stored: Pick<StoredSnapshot, "rows" | "amount" | "weight" | "cells">;
}

/**
 * Writes the cells of snapshots of costs and proves each of them against its facts. They count once a seal names the attempt: one that dies
 * before leaves cells that nobody reads.
 * @param attempt of nobody else, so that nothing that was written before counts as its own; cells and seals name it with the snapshot
 * @returns by snapshot, why its cells cannot be written or in what they are not the sums of its facts; sound ones are absent
 */
export async function writeCells(
  clickhouse: ClickHouse,
  snapshots: readonly WeighedSnapshot[],
  attempt: string,
): Promise<Map<string, string>> {
  const unwritable = new Map<string, string>();
  const isSummed = ({ stored: { rows, cells } }: WeighedSnapshot): boolean => Number(rows) >= 2 * cells;
  for (const [query, some] of [
    [SUMMED, snapshots.filter(isSummed)],
    [AS_THEY_ARE, snapshots.filter((each) => !isSummed(each))],
  ] as const)
    for (const [id, reason] of await insert(clickhouse, query, some, attempt)) unwritable.set(id, reason);
  const weighed = snapshots
    .filter(({ snapshotId }) => !unwritable.has(snapshotId))
    .map(({ stored: { rows, amount, weight }, ...snapshot }) => ({
      ...snapshot,
      facts: { facts: rows, amount, weight },
    }));
  return new Map([...unwritable, ...(await cellsUnlikeFacts(clickhouse, weighed, attempt))]);
}

/** @returns by snapshot, why its cells cannot be written: it must not hold up the others */
async function insert(
  clickhouse: ClickHouse,
  query: string,
  snapshots: readonly CostSnapshot[],
  attempt: string,
): Promise<Map<string, string>> {
  const [first, ...others] = snapshots;
  if (!first) return new Map();
  try {
    const snapshotIds = snapshots.map(({ snapshotId }) => snapshotId);
    const settings = { max_bytes_before_external_group_by: String(GROUPS_BYTES_MAX) };
    await insertSelect(clickhouse, query, { ...periodOf(snapshots), attempt, snapshotIds }, settings);
    return new Map();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (others.length === 0)
      return new Map([[first.snapshotId, `its cells cannot be written: ${foreignMessage(error)}`]]);
    const alone = [];
    for (const each of snapshots) alone.push(...(await insert(clickhouse, query, [each], attempt)));
    return new Map(alone);
  }
}
