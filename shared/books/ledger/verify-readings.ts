import type { ClickHouse } from "@apportion/clickhouse/client";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { proveCells } from "../readings/cells-proof.js";
import { sealedSnapshots } from "../runs/as-sealed.js";
import type { StoredRun } from "../runs/stored-runs.js";

/** One thing that is not as it was sealed or posted. */
export interface Finding {
  /** `run 2026-10-03`, `journal 4`. */
  readonly where: string;
  readonly what: string;
}

/** Days whose facts are weighed with one query. */
const DAYS_WEIGHED = 8;

/** Of the costs that runs pinned: their facts must be what was sealed, and their cells the sums of their facts. */
export async function readingFindings(
  clickhouse: ClickHouse,
  runs: readonly StoredRun[],
): Promise<Finding[]> {
  const days = new Map<Day, Set<string>>();
  for (const { day, costSnapshotIds } of runs)
    days.set(day, new Set([...(days.get(day) ?? []), ...costSnapshotIds]));
  const inOrder = [...days].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const findings: Finding[] = [];
  for (let start = 0; start < inOrder.length; start += DAYS_WEIGHED) {
    const snapshots = inOrder
      .slice(start, start + DAYS_WEIGHED)
      .flatMap(([day, ids]) => [...ids].map((snapshotId) => ({ snapshotId, day })));
    const ids = snapshots.map(({ snapshotId }) => snapshotId);
    const [sealed, proved] = await Promise.all([
      sealedSnapshots(clickhouse, ids),
      proveCells(clickhouse, snapshots),
    ]);
    for (const { snapshotId, day, source, scope, rows, amount } of sealed) {
      const { facts, amount: found, difference } = proved.get(snapshotId) ?? { facts: "0", amount: "0" };
      const where = `${source}/${scope} of ${day}`;
      if (facts !== rows || parsePicos(found) !== amount)
        findings.push({
          where,
          what: `it was sealed with ${rows} facts that come to ${formatPicos(amount)}, and now has ${facts} with ${found}`,
        });
      if (difference !== undefined) findings.push({ where, what: difference });
    }
  }
  return findings;
}
