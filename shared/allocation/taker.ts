/** Who takes a share of a pool; `nobody` is usage without an owner, whose share stays unallocated. */
export type TakerKind = "team" | "service" | "nobody";

export interface TakerName {
  readonly kind: TakerKind;
  /** Empty for nobody. */
  readonly id: string;
}

export interface Taker extends TakerName {
  /** In units of 10⁻¹² of the meter or the currency, or of a percent or ratio. */
  readonly weight: bigint;
}

export const NOBODY: TakerName = { kind: "nobody", id: "" };

const KINDS: readonly TakerKind[] = ["team", "service", "nobody"];

/** One entry for each taker: teams by id, then services, nobody last. Of equal remainders the earlier one takes the last unit. */
export function merged(takers: Iterable<Taker>): Taker[] {
  const weights: Record<TakerKind, Map<string, bigint>> = {
    team: new Map(),
    service: new Map(),
    nobody: new Map(),
  };
  for (const { kind, id, weight } of takers) weights[kind].set(id, (weights[kind].get(id) ?? 0n) + weight);
  return KINDS.flatMap((kind) =>
    [...weights[kind]].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, weight]) => ({ kind, id, weight })),
  );
}
