import { setTimeout as pause } from "node:timers/promises";
import type { CostCell } from "@apportion/allocation/cells";
import { type FactCosts, partsOf } from "@apportion/allocation/cost-parts";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { select } from "@apportion/clickhouse/query";
import { parsePicos } from "@apportion/domain/money";
import type { StoredRun } from "../runs/stored-runs.js";
import { ownershipAtHand } from "../readings/protected-level.js";
import { type CellGroup, cellsOfDays, cellsOfNamespaces } from "./queries.js";

/** A cell, as finely as ownership may ask. */
export interface CellBehind extends CostCell {
  readonly usageType: string;
  readonly snapshotId: string;
  /** hipaa or pci where it is of such a team, as analysts' views have it; else empty. */
  readonly protectedLevel: string;
  readonly total: bigint;
}

/** Reads what the snapshots of a run say of some namespaces, in no order. */
export type CellsReader = (
  run: Pick<StoredRun, "day" | "costSnapshotIds">,
  namespaces: readonly string[],
) => Promise<readonly CellBehind[]>;

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

/** Cells with the same names are one: where summing would not have halved a snapshot's facts, each of them is a cell. */
function cellsOf(group: CellGroup): CellBehind[] {
  const { source, scope, kind, cluster, namespace, idle_node, team_label, service, record_type } = group;
  const byNames = new Map<string, { readonly at: number; readonly costs: FactCosts }>();
  for (const [at, controller] of group.each_controller.entries()) {
    const names = `${group.each_snapshot_id[at]}\n${controller}\n${group.each_usage_type[at]}`;
    const same = byNames.get(names);
    const added = (costs: readonly string[], known = 0n): bigint => known + parsePicos(costs[at] ?? "");
    const costs: FactCosts = {
      kind,
      cpu: added(group.each_cpu, same?.costs.cpu),
      gpu: added(group.each_gpu, same?.costs.gpu),
      memory: added(group.each_memory, same?.costs.memory),
      persistent_volume: added(group.each_persistent_volume, same?.costs.persistent_volume),
      load_balancer: added(group.each_load_balancer, same?.costs.load_balancer),
      total: added(group.each_total, same?.costs.total),
    };
    byNames.set(names, { at: same?.at ?? at, costs });
  }
  // Written out, and not spread: there are thousands.
  return Array.from(byNames.values(), ({ at, costs }) => ({
    source,
    scope,
    kind,
    cluster,
    namespace,
    node: idle_node,
    teamLabel: team_label,
    service,
    recordType: record_type,
    controller: group.each_controller[at] ?? "",
    usageType: group.each_usage_type[at] ?? "",
    snapshotId: group.each_snapshot_id[at] ?? "",
    protectedLevel: group.each_protected_level[at] ?? "",
    parts: partsOf(costs),
    total: costs.total,
  }));
}
