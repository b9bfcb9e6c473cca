import { readingName, type CostFactRow, type ReadingKey } from "@apportion/domain/facts";
import type { EventLog } from "@apportion/event-log/log";
import type { SnapshotSealed } from "@apportion/events/catalogue";
import { publishedReadings } from "@apportion/readings/published-readings";
import { ReadingError } from "@apportion/readings/source";
import { explainingClusters } from "./kept-shares.js";

export interface EarlierReadings {
  /**
   * Rows of the last reading of the period in which bytes explained something; none where they never did. `last` is what was published of
   * it at all. @throws ReadingError where the log does not have that any more
   */
  attributed(last: SnapshotSealed): Promise<readonly CostFactRow[]>;
}

/**
 * The earlier readings of some periods of one scope. The log is read for them once, and only when one of them is asked for: a Prometheus
 * that keeps its samples long enough never costs that.
 */
export function createEarlierReadings(
  log: EventLog,
  scope: { readonly dataset: "cost"; readonly source: string; readonly scope: string },
  keys: readonly ReadingKey[],
): EarlierReadings {
  let loading: ReturnType<typeof load> | undefined;
  return {
    async attributed(last) {
      loading ??= load(log, scope, new Set(keys.map(readingName)));
      const { snapshotIds, attributed } = await loading;
      if (!snapshotIds.has(last.snapshotId))
        throw new ReadingError(
          "rejected",
          "Prometheus does not reach back to this day any more, and the event log does not have its earlier reading, so it keeps what it was read with; let both keep 70 days",
        );
      return attributed.get(readingName(last)) ?? [];
    },
  };
}

async function load(
  log: EventLog,
  scope: { readonly dataset: "cost"; readonly source: string; readonly scope: string },
  names: ReadonlySet<string>,
): Promise<{
  readonly snapshotIds: ReadonlySet<string>;
  readonly attributed: ReadonlyMap<string, readonly CostFactRow[]>;
}> {
  const snapshotIds = new Set<string>();
  const attributed = new Map<string, readonly CostFactRow[]>();
  for await (const { name, snapshotId, rows } of publishedReadings(log, scope, names)) {
    snapshotIds.add(snapshotId);
    // One without owners after one that had some waits in quarantine, or was let pass: its shares would be nobody's.
    if (explainingClusters(rows).size > 0) attributed.set(name, rows);
  }
  return { snapshotIds, attributed };
}
