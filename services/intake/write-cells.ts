import { CELL_AMOUNTS, CELL_NAMES } from "@apportion/books/readings/cells";
import { cellsUnlikeFacts, type CostSnapshot, periodOf } from "@apportion/books/readings/cells-proof";
import type { StoredSnapshot } from "@apportion/books/readings/facts-tables";
import type { ClickHouse } from "@apportion/clickhouse/client";

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
 * @returns by snapshot, in what its cells are not the sums of its facts; those that are are absent
 */
export async function writeCells(
  clickhouse: ClickHouse,
  snapshots: readonly WeighedSnapshot[],
  attempt: string,
): Promise<Map<string, string>> {
  if (snapshots.length === 0) return new Map();
  const isSummed = ({ stored: { rows, cells } }: WeighedSnapshot): boolean => Number(rows) >= 2 * cells;
  await insert(clickhouse, SUMMED, snapshots.filter(isSummed), attempt);
  await insert(
    clickhouse,
    AS_THEY_ARE,
    snapshots.filter((each) => !isSummed(each)),
    attempt,
  );
  const weighed = snapshots.map(({ stored: { rows, amount, weight }, ...snapshot }) => ({
    ...snapshot,
    facts: { facts: rows, amount, weight },
  }));
  return cellsUnlikeFacts(clickhouse, weighed, attempt);
}

async function insert(
  clickhouse: ClickHouse,
  query: string,
  snapshots: readonly CostSnapshot[],
  attempt: string,
): Promise<void> {
  if (snapshots.length === 0) return;
  await clickhouse.command({
    query,
    query_params: {
      ...periodOf(snapshots),
      attempt,
      snapshotIds: snapshots.map(({ snapshotId }) => snapshotId),
    },
    clickhouse_settings: {
      max_bytes_before_external_group_by: String(GROUPS_BYTES_MAX),
      // The attempt is the guard against a repeat: what ClickHouse remembers of rows that are gone must not hold these back.
      insert_deduplicate: 0,
    },
  });
}
