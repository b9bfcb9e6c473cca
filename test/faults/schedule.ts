import type { Fault } from "./fault.js";
import { between, randomOf, type Random } from "./random.js";

/** One fault as it will be injected. */
export interface Planned {
  readonly fault: string;
  /** Of everything that it draws, so that it can be repeated alone. */
  readonly seed: number;
  readonly holdMs: number;
}

/** Faults that happen at once; nearly always one. */
export type Round = readonly Planned[];

export type Kind = Pick<Fault, "name" | "share" | "holdMs" | "together">;

const SEED_MAX = 2 ** 31 - 1;

/**
 * So many faults of the kinds in proportion to their shares, in an order that the seed decides, as it does which of equal shares come where there are
 * too few for all. The same seed is the same schedule.
 */
export function scheduleOf(seed: number, count: number, kinds: readonly Kind[]): Round[] {
  const random = randomOf(seed);
  const planned = timesOf(count, shuffled(kinds, random)).flatMap(({ kind, times }) =>
    Array.from({ length: times }, () => ({ kind, plan: planOf(kind, random) })),
  );
  const alone = planned.filter(({ kind }) => kind.together === undefined).map(({ plan }) => [plan]);
  return shuffled([...alone, ...groupsOf(planned)], random);
}

function planOf({ name, holdMs }: Kind, random: Random): Planned {
  return { fault: name, seed: between(random, 0, SEED_MAX), holdMs: between(random, ...holdMs) };
}

/** In proportion to the shares, by largest remainders, so that they add up to `count`; of equal ones the first kinds. */
function timesOf(count: number, kinds: readonly Kind[]): { kind: Kind; times: number }[] {
  const total = kinds.reduce((sum, { share }) => sum + share, 0);
  const exact = kinds.map((kind) => ({ kind, exact: (count * kind.share) / total }));
  const left = count - exact.reduce((sum, each) => sum + Math.floor(each.exact), 0);
  const first = new Set(
    exact
      .toSorted((a, b) => (b.exact % 1) - (a.exact % 1))
      .slice(0, left)
      .map(({ kind }) => kind.name),
  );
  return exact.map((each) => ({
    kind: each.kind,
    times: Math.floor(each.exact) + (first.has(each.kind.name) ? 1 : 0),
  }));
}

/** Of each group rounds with every kind of it at most once. */
function groupsOf(planned: readonly { readonly kind: Kind; readonly plan: Planned }[]): Round[] {
  const rounds = new Map<string, Planned[]>();
  const seen = new Map<string, number>();
  for (const { kind, plan } of planned) {
    if (kind.together === undefined) continue;
    const times = (seen.get(kind.name) ?? 0) + 1;
    seen.set(kind.name, times);
    const key = `${kind.together}/${times}`;
    rounds.set(key, [...(rounds.get(key) ?? []), plan]);
  }
  return [...rounds.values()];
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}
