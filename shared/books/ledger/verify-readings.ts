import type { ClickHouse } from "@apportion/clickhouse/client";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { differenceOfCells, weighCells } from "../readings/cells-proof.js";
import { sealedSnapshots } from "../runs/as-sealed.js";
import type { StoredRun } from "../runs/stored-runs.js";

/** One thing that is not as it was sealed or posted. */
export interface Finding {
  /** `run 2026-10-03`, `journal 4`. */
  readonly where: string;
  readonly what: string;
}

/** Of the costs that runs pinned: their facts must be what was sealed, and their cells the sums of their facts. */
export async function readingFindings(
  clickhouse: ClickHouse,
  runs: readonly StoredRun[],
): Promise<Finding[]> {
  const days = new Map(runs.flatMap(({ day, costSnapshotIds }) => costSnapshotIds.map((id) => [id, day])));
  const snapshots = Array.from(days, ([snapshotId, day]) => ({ snapshotId, day }));
  const [sealed, weighed] = await Promise.all([
    sealedSnapshots(clickhouse, [...days.keys()]),
    weighCells(clickhouse, snapshots),
  ]);
  const findings: Finding[] = [];
  for (const { snapshotId, day, source, scope, rows, amount } of sealed) {
    const { facts, amount: found, isSum } = weighed.get(snapshotId) ?? NOTHING;
    const where = `${source}/${scope} of ${day}`;
    if (facts !== rows || parsePicos(found) !== amount)
      findings.push({
        where,
        what: `it was sealed with ${rows} facts that come to ${formatPicos(amount)}, and now has ${facts} with ${found}`,
      });
    if (!isSum) findings.push({ where, what: await differenceOfCells(clickhouse, { snapshotId, day }) });
  }
  return findings;
}

const NOTHING = { facts: "0", amount: "0", isSum: false };
