import type { Category } from "@apportion/domain/category";
import type { Effect, Movement, Subject } from "./movement.js";
import { type PoolCost, splitPool } from "./split-pool.js";
import { type Part, protectedTeamOf, splitWorkload, type Workload } from "./split-workload.js";

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

/** What the compared days of a month cost, to what tells the reasons of a difference apart. Each by a key that means the same in both months. */
export interface PeriodCosts {
  readonly workloads: ReadonlyMap<string, LabelledWorkload>;
  /** Workloads with several labels on one day, by `unlabelled`. */
  readonly severalLabels: ReadonlySet<string>;
  readonly pools: ReadonlyMap<string, PoolCost>;
  readonly rest: ReadonlyMap<string, Rest>;
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
  const apart = new Set([...before.severalLabels, ...after.severalLabels]);
  const movements = new Map<string, Movement[]>();
  const add = (moved: ReadonlyMap<string, readonly Movement[]>): void => {
    for (const [payer, own] of moved) {
      const all = movements.get(payer) ?? [];
      movements.set(payer, all);
      all.push(...own);
    }
  };
  const days = { before: before.days, after: after.days };
  const [was, is] = [followed(before.workloads, apart), followed(after.workloads, apart)];
  for (const key of keysOf(was, is)) add(splitWorkload(was.get(key), is.get(key), days));
  for (const key of keysOf(before.pools, after.pools))
    add(splitPool(before.pools.get(key), after.pools.get(key)));
  for (const key of keysOf(before.rest, after.rest))
    add(splitRest(before.rest.get(key), after.rest.get(key)));
  return movements;
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
