import { type Allocation, type FlatLine, flatLine, lineOf, type Shares } from "./line.js";

/** Lines of an allocation one after the other that differ in nothing but the team, its weight and its amount. */
export interface Strip {
  /** The first of them. */
  readonly first: FlatLine;
  /** Of each line; empty where no team owns it. */
  readonly teamIds: readonly string[];
  /** `driverQuantity` of each line. */
  readonly quantities: readonly bigint[];
  readonly amounts: readonly bigint[];
}

/** All lines in their order, for who writes, hashes or sums a million of them: what they have in common is looked at once. */
export function* stripsOf(allocation: Allocation): Generator<Strip> {
  for (const item of allocation) {
    if (item.kind === "shares") yield* stripsOfShares(item);
    else {
      const first = flatLine(item);
      const teamId = item.owner.kind === "team" ? item.owner.teamId : "";
      yield { first, teamIds: [teamId], quantities: [first.driverQuantity], amounts: [item.amount] };
    }
  }
}

/** One strip of the teams, one of what nobody owns, whichever comes first. */
function* stripsOfShares(split: Shares): Generator<Strip> {
  const { takers, weights, amounts } = split;
  for (let start = 0; start < takers.length;) {
    const isTeams = takers[start]?.kind === "team";
    const strip = { teamIds: [] as string[], quantities: [] as bigint[], amounts: [] as bigint[] };
    let first: FlatLine | undefined;
    for (; start < takers.length; start += 1) {
      const taker = takers[start];
      const amount = amounts[start] ?? 0n;
      if (!taker || (taker.kind === "team") !== isTeams) break;
      if (amount === 0n) continue;
      first ??= flatLine(lineOf(split, start));
      strip.teamIds.push(isTeams ? taker.id : "");
      strip.quantities.push(weights[start] ?? 0n);
      strip.amounts.push(amount);
    }
    if (first) yield { first, ...strip };
  }
}

export function countLines(allocation: Allocation): number {
  let count = 0;
  for (const item of allocation)
    if (item.kind !== "shares") count += 1;
    else for (const amount of item.amounts) if (amount !== 0n) count += 1;
  return count;
}
