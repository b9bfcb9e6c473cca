import { setImmediate } from "node:timers/promises";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { select } from "@apportion/clickhouse/query";
import type { StoredRun } from "../runs/stored-runs.js";
import { type CellRow, CELLS, CELLS_OF_NAMESPACES } from "./queries.js";

/** Reads what the snapshots of a run say of some namespaces, the costliest first. */
export type CellsReader = (
  run: Pick<StoredRun, "day" | "costSnapshotIds">,
  namespaces: readonly string[],
) => Promise<readonly CellRow[]>;

/** More namespaces than that are not named in one question: of one day all are read, and who asks about others waits for the next question. */
const NAMESPACES_MAX = 200;

interface Together {
  readonly days: string[];
  readonly namespaces: string[];
  readonly snapshotIds: Set<string>;
  readonly rows: Promise<readonly CellRow[]>;
}

/**
 * Those who ask in the same moment, or while others are answered, are answered by one question: that a question is asked costs the engine more than
 * what it says of a namespace.
 */
export function cellsReader(clickhouse: ClickHouse): CellsReader {
  let gathering: Together | undefined;
  let asking: Promise<unknown> = Promise.resolve();

  const gather = (): Together => {
    const asked = { days: [] as string[], namespaces: [] as string[], snapshotIds: new Set<string>() };
    const before = asking;
    const ask = async (): Promise<readonly CellRow[]> => {
      await before;
      await setImmediate();
      if (gathering === together) gathering = undefined;
      return select(clickhouse, CELLS_OF_NAMESPACES, { ...asked, snapshotIds: [...asked.snapshotIds] });
    };
    const together: Together = { ...asked, rows: ask() };
    asking = together.rows.catch(() => undefined);
    return together;
  };

  return async ({ day, costSnapshotIds }, namespaces) => {
    if (namespaces.length > NAMESPACES_MAX)
      return select(clickhouse, CELLS, { days: [day], namespaces: [], snapshotIds: [...costSnapshotIds] });
    const isFull = gathering && gathering.namespaces.length + namespaces.length > NAMESPACES_MAX;
    const together = gathering && !isFull ? gathering : gather();
    gathering = together;
    for (const namespace of namespaces) {
      together.days.push(day);
      together.namespaces.push(namespace);
    }
    for (const id of costSnapshotIds) together.snapshotIds.add(id);
    const own = new Set(namespaces);
    return (await together.rows).filter((row) => row.day === day && own.has(row.namespace));
  };
}
