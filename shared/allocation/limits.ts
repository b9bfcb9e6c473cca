import { splitExactly } from "@apportion/domain/split";

/** Bounds of what teams pay of a pool in a month, in picos. */
export interface Limits {
  readonly caps: ReadonlyMap<string, bigint>;
  readonly minimums: ReadonlyMap<string, bigint>;
  /** Teams that may be asked for more or spared some; of the others, who have left, what they paid stays. */
  readonly teams: ReadonlySet<string>;
}

export interface LimitedShare {
  readonly teamId: string;
  /** What is added to, or taken from, what the days of the month came to. */
  readonly change: bigint;
  readonly because: "cap" | "minimum" | "limits-of-others";
}

export interface LimitedPool {
  /** In the order of the team ids; teams whose share stays are left out. */
  readonly shares: readonly LimitedShare[];
  /** What the caps of all leave, or with a minus what the minimums of all exceed the pool by. */
  readonly remainder: bigint;
}

/**
 * Holds a month's shares of a pool within caps and minimum charges. What one team is spared the others pay in proportion to their
 * shares, as far as their own limits let them; the changes and the remainder add up to zero.
 * @param shares what each team pays for all days of the month, in picos; a negative share is left alone unless it has a minimum
 */
export function applyLimits(
  shares: ReadonlyMap<string, bigint>,
  { caps, minimums, teams: present }: Limits,
): LimitedPool {
  const teams = [...new Set([...shares.keys(), ...minimums.keys()])]
    .filter((id) => present.has(id) && ((shares.get(id) ?? 0n) >= 0n || minimums.has(id)))
    .toSorted();
  const before = new Map(teams.map((id) => [id, shares.get(id) ?? 0n]));
  const total = sum(before.values());
  const fixed = new Map<string, { amount: bigint; because: "cap" | "minimum" }>();
  // A negative share cannot take part in a proportion: it goes to its minimum at once.
  for (const id of teams)
    if ((before.get(id) ?? 0n) < 0n) fixed.set(id, { amount: minimums.get(id) ?? 0n, because: "minimum" });
  let free = teams;
  let after = before;
  for (;;) {
    const available = total - sum([...fixed.values()].map(({ amount }) => amount));
    free = teams.filter((id) => !fixed.has(id));
    const weights = free.map((id) => before.get(id) ?? 0n);
    const canTake = available > 0n && weights.some((weight) => weight > 0n);
    const parts = canTake ? splitExactly(available, weights) : weights.map(() => 0n);
    after = new Map(free.map((id, index) => [id, parts[index] ?? 0n]));
    const over = free.filter((id) => (after.get(id) ?? 0n) > (caps.get(id) ?? total));
    const under = free.filter((id) => (after.get(id) ?? 0n) < (minimums.get(id) ?? 0n));
    if (over.length + under.length === 0) break;
    const excess = sum(over.map((id) => (after.get(id) ?? 0n) - (caps.get(id) ?? 0n)));
    const deficit = sum(under.map((id) => (minimums.get(id) ?? 0n) - (after.get(id) ?? 0n)));
    // Only the side that is further out is settled for good: settling it can bring the other within its limits.
    if (excess >= deficit)
      for (const id of over) fixed.set(id, { amount: caps.get(id) ?? 0n, because: "cap" });
    else for (const id of under) fixed.set(id, { amount: minimums.get(id) ?? 0n, because: "minimum" });
  }
  const limited = teams.map((teamId): LimitedShare => {
    const settled = fixed.get(teamId);
    const now = settled?.amount ?? after.get(teamId) ?? 0n;
    return {
      teamId,
      change: now - (before.get(teamId) ?? 0n),
      because: settled?.because ?? "limits-of-others",
    };
  });
  return {
    shares: limited.filter(({ change }) => change !== 0n),
    remainder: -sum(limited.map(({ change }) => change)),
  };
}

function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
