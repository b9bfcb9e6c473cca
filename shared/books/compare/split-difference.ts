import type { Category } from "@apportion/domain/category";
import type { Effect, Movement, Subject } from "./movement.js";
import { type PoolCost, splitPool } from "./split-pool.js";
import { type Days, type Part, protectedTeamOf, splitWorkload, type Workload } from "./split-workload.js";

/** A workload, and under which key it is followed through a change of its label. */
export interface LabelledWorkload extends Workload {
  /** The same for all labels of a workload. */
  readonly unlabelled: string;
}

/** What is neither of a workload nor of a pool: its difference has one reason. */
export interface Rest {
  readonly effect: Extract<Effect, "idle" | "adjustments" | "not-told-apart">;
  readonly subject: Subject;
  readonly category: Category;
  /** In picos. */
  readonly byPayer: ReadonlyMap<string, bigint>;
}

/** What workloads cost, each by a key that means the same in both months. */
export interface WorkloadCosts {
  readonly workloads: ReadonlyMap<string, LabelledWorkload>;
  /** Workloads with several labels on one day, by `unlabelled`. */
  readonly severalLabels: ReadonlySet<string>;
}

/** What is of no workload, each by a key that means the same in both months. */
export interface CostsBeside {
  readonly pools: ReadonlyMap<string, PoolCost>;
  readonly rest: ReadonlyMap<string, Rest>;
}

/** What the compared days of a month cost, to what tells the reasons of a difference apart. */
export interface PeriodCosts extends WorkloadCosts, CostsBeside {
  /** How many days they are. */
  readonly days: number;
}

/**
 * Splits what each payer owes otherwise into movements that add up to it, to the last of 12 places. Pure.
 *
 * A workload that has one label at a time is followed through a change of it, so that a label which was corrected is a change of its owner; where
 * several are there at once, each label is a workload of its own.
 */
export function splitDifference(before: PeriodCosts, after: PeriodCosts): Map<string, Movement[]> {
  const difference = new Difference({ before: before.days, after: after.days });
  difference.add(before, after);
  return difference.movements(before, after);
}

/** The same piece by piece, in whatever order: of large months all workloads are never in memory. */
export class Difference {
  readonly #days: Days;
  /** By payer, and by the key of the workload. */
  readonly #moved = new Map<string, { readonly key: string; readonly movements: readonly Movement[] }[]>();

  constructor(days: Days) {
    this.#days = days;
  }

  /** Adds some workloads, with all the labels that they have. */
  add(before: WorkloadCosts, after: WorkloadCosts): void {
    const apart = new Set([...before.severalLabels, ...after.severalLabels]);
    const [was, is] = [followed(before.workloads, apart), followed(after.workloads, apart)];
    for (const key of keysOf(was, is))
      for (const [payer, movements] of splitWorkload(was.get(key), is.get(key), this.#days)) {
        if (movements.length === 0) continue;
        const own = this.#moved.get(payer);
        if (own) own.push({ key, movements });
        else this.#moved.set(payer, [{ key, movements }]);
      }
  }

  /** Of each payer, as `ownerOf` names it: of what was added in the order of its keys, and then of the rest. */
  movements(before: CostsBeside, after: CostsBeside): Map<string, Movement[]> {
    const all = new Map<string, Movement[]>();
    for (const [payer, moved] of this.#moved)
      all.set(
        payer,
        moved.sort((a, b) => (a.key < b.key ? -1 : 1)).flatMap(({ movements }) => movements),
      );
    const add = (moved: ReadonlyMap<string, readonly Movement[]>): void => {
      for (const [payer, own] of moved) all.set(payer, [...(all.get(payer) ?? []), ...own]);
    };
    for (const key of keysOf(before.pools, after.pools))
      add(splitPool(before.pools.get(key), after.pools.get(key)));
    for (const key of keysOf(before.rest, after.rest))
      add(splitRest(before.rest.get(key), after.rest.get(key)));
    return all;
  }
}

function splitRest(before: Rest | undefined, after: Rest | undefined): Map<string, Movement[]> {
  const rest = after ?? before;
  if (!rest) return new Map();
  const { effect, subject, category } = rest;
  const payers = keysOf(before?.byPayer ?? new Map(), after?.byPayer ?? new Map());
  return new Map(
    payers.map((payer) => {
      const [was, is] = [before?.byPayer.get(payer) ?? 0n, after?.byPayer.get(payer) ?? 0n];
      const movement = { effect, subject, category, picos: is - was, before: was, after: is };
      return [payer, was === is ? [] : [movement]];
    }),
  );
}

/** Labels of a workload as one, but for those that were there at once. */
function followed(
  workloads: ReadonlyMap<string, LabelledWorkload>,
  apart: ReadonlySet<string>,
): Map<string, Workload> {
  const merged = new Map<string, Workload>();
  for (const [key, workload] of workloads) {
    if (apart.has(workload.unlabelled)) merged.set(key, workload);
    else merged.set(workload.unlabelled, together(merged.get(workload.unlabelled), workload));
  }
  return merged;
}

function together(one: Workload | undefined, other: Workload): Workload {
  const byPayer = new Map<string, Map<Category, Part>>();
  for (const each of one ? [one, other] : [other])
    for (const [payer, parts] of each.byPayer) {
      const sums = byPayer.get(payer) ?? new Map<Category, Part>();
      byPayer.set(payer, sums);
      for (const [category, part] of parts) sums.set(category, plus(sums.get(category), part));
    }
  const protectedLevel = one?.name.protectedLevel || other.name.protectedLevel;
  const protectedTeam = protectedTeamOf(one?.name, other.name);
  // In a namespace the label says nothing that the name does not; of what is tagged it says whose it is.
  const isTold = other.name.namespace === "" && (one?.name.label ?? other.name.label) === other.name.label;
  const label = isTold ? other.name.label : "";
  return { name: { ...other.name, label, protectedLevel, protectedTeam }, byPayer };
}

export function plus(one: Part | undefined, { cost, quantity }: Part): Part {
  return { cost: (one?.cost ?? 0n) + cost, quantity: (one?.quantity ?? 0n) + quantity };
}

function keysOf(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...one.keys(), ...other.keys()])].sort();
}
