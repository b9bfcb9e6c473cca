import type { ClickHouse } from "@apportion/clickhouse/client";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { proveCells } from "../readings/cells-proof.js";
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
  const [sealed, proved] = await Promise.all([
    sealedSnapshots(clickhouse, [...days.keys()]),
    proveCells(clickhouse, snapshots),
  ]);
  return sealed.flatMap(({ snapshotId, day, source, scope, rows, amount }) => {
    const { facts, amount: found, difference } = proved.get(snapshotId) ?? { facts: "0", amount: "0" };
    const isAsSealed = facts === rows && parsePicos(found) === amount;
    const wasSealed = `it was sealed with ${rows} facts that come to ${formatPicos(amount)}, and now has ${facts} with ${found}`;
    const wrong = [...(isAsSealed ? [] : [wasSealed]), ...(difference === undefined ? [] : [difference])];
    return wrong.map((what) => ({ where: `${source}/${scope} of ${day}`, what }));
  });
}
