import { setTimeout as pause } from "node:timers/promises";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { StoredRun } from "../runs/stored-runs.js";
import { ownershipAtHand } from "../readings/protected-level.js";
import { type CellGroup, cellsOfDays, cellsOfNamespaces } from "./queries.js";

/** A cell, as finely as ownership may ask. */
export interface CellRow extends Omit<CellGroup, `each_${string}`> {
  readonly snapshot_id: string;
  readonly controller: string;
  readonly usage_type: string;
  readonly protected_level: string;
  readonly cpu: bigint;
  readonly gpu: bigint;
  readonly memory: bigint;
  readonly persistent_volume: bigint;
  readonly load_balancer: bigint;
  readonly total: bigint;
}

/** Reads what the snapshots of a run say of some namespaces, in no order. */
export type CellsReader = (
  run: Pick<StoredRun, "day" | "costSnapshotIds">,
  namespaces: readonly string[],
) => Promise<readonly CellRow[]>;

/** So long it is waited for others: a question takes ten times as long, and who comes after it began waits for it too. */
const GATHERED_MS = 8;

/** More namespaces than that are not named in one question: of one day all are read, and who asks about others waits for the next question. */
const NAMESPACES_MAX = 200;

interface Together {
  readonly days: string[];
  readonly namespaces: string[];
  readonly snapshotIds: Set<string>;
  readonly groups: Promise<readonly CellGroup[]>;
}

/**
 * Those who ask in the same moment, or while others are answered, are answered by one question: that a question is asked costs the engine more than
 * what it says of a namespace.
 */
export async function cellsReader(clickhouse: ClickHouse): Promise<CellsReader> {
  const { ownership, protectedPatterns } = await ownershipAtHand(clickhouse);
  const [ofDays, ofNamespaces] = [cellsOfDays(ownership), cellsOfNamespaces(ownership)];
  let gathering: Together | undefined;
  let asking: Promise<unknown> = Promise.resolve();

  const gather = (): Together => {
    const asked = { days: [] as string[], namespaces: [] as string[], snapshotIds: new Set<string>() };
    const before = asking;
    const ask = async (): Promise<readonly CellGroup[]> => {
      await before;
      await pause(GATHERED_MS);
      if (gathering === together) gathering = undefined;
      return select(clickhouse, ofNamespaces, {
        ...asked,
        snapshotIds: [...asked.snapshotIds],
        protectedPatterns,
      });
    };
    const together: Together = { ...asked, groups: ask() };
    asking = together.groups.catch(() => undefined);
    return together;
  };

  return async ({ day, costSnapshotIds }, namespaces) => {
    if (namespaces.length > NAMESPACES_MAX) {
      const asked = { days: [day], namespaces: [], snapshotIds: [...costSnapshotIds], protectedPatterns };
      return (await select(clickhouse, ofDays, asked)).flatMap(cellsOf);
    }
    const isFull = gathering && gathering.namespaces.length + namespaces.length > NAMESPACES_MAX;
    const together = gathering && !isFull ? gathering : gather();
    gathering = together;
    for (const namespace of namespaces) {
      together.days.push(day);
      together.namespaces.push(namespace);
    }
    for (const id of costSnapshotIds) together.snapshotIds.add(id);
    const own = new Set(namespaces);
    return (await together.groups)
      .filter((group) => group.day === day && own.has(group.namespace))
      .flatMap(cellsOf);
  };
}

function cellsOf(group: CellGroup): CellRow[] {
  const { day, source, scope, kind, cluster, namespace, idle_node, team_label, service, record_type } = group;
  // Written out, and not spread: there are thousands.
  return group.each_controller.map((controller, at) => ({
    day,
    source,
    scope,
    kind,
    cluster,
    namespace,
    idle_node,
    team_label,
    service,
    record_type,
    controller,
    snapshot_id: group.each_snapshot_id[at] ?? "",
    usage_type: group.each_usage_type[at] ?? "",
    protected_level: group.each_protected_level[at] ?? "",
    cpu: parsePicos(group.each_cpu[at] ?? ""),
    gpu: parsePicos(group.each_gpu[at] ?? ""),
    memory: parsePicos(group.each_memory[at] ?? ""),
    persistent_volume: parsePicos(group.each_persistent_volume[at] ?? ""),
    load_balancer: parsePicos(group.each_load_balancer[at] ?? ""),
    total: parsePicos(group.each_total[at] ?? ""),
  }));
}
