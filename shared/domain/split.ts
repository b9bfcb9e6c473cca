/**
 * Splits `total` by `weights` into parts that add up to it exactly (largest remainder, after Hamilton): each part is first
 * rounded towards zero, then the units left over go one each to the parts with the largest remainders; of equal remainders
 * the earlier part comes first. Callers order the parts by a name that people know (team id), so a tie has one outcome.
 *
 * Example: 100 by [1, 1, 1] → [34, 33, 33]. A zero weight gets zero, whatever is left over.
 * @throws RangeError for a negative weight, or when there is something to split and nothing with a weight.
 */
export function splitExactly(total: bigint, weights: readonly bigint[]): bigint[] {
  const weightTotal = weights.reduce((sum, weight) => sum + weight, 0n);
  if (weights.some((weight) => weight < 0n)) throw new RangeError("A weight is negative");
  if (weightTotal === 0n) {
    if (total === 0n) return weights.map(() => 0n);
    throw new RangeError("Nothing has a weight: the amount has no taker");
  }
  const sign = total < 0n ? -1n : 1n;
  const magnitude = total * sign;
  const parts = weights.map((weight, index) => {
    const product = magnitude * weight;
    return { index, floor: product / weightTotal, remainder: product % weightTotal };
  });
  const leftOver = magnitude - parts.reduce((sum, part) => sum + part.floor, 0n);
  // Each remainder is below weightTotal, so fewer units are left over than there are parts with a remainder.
  const byRemainder = parts.toSorted((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  const result = parts.map((part) => part.floor);
  for (const { index } of byRemainder.slice(0, Number(leftOver))) result[index] = (result[index] ?? 0n) + 1n;
  return result.map((part) => part * sign);
}

/**
 * Rounds exact amounts to whole units so that they add up to `roundedTotal`: largest remainder over the exact values, which
 * may have either sign. A part never moves by more than one unit from its floor when `roundedTotal` is the rounded sum.
 * Ties go to the earlier part.
 *
 * Example: picos per cent = 10: [14, 14, 14] (1.4 cents each, 4.2 in all) to 4 → [2, 1, 1].
 */
export function roundTogether(exact: readonly bigint[], unit: bigint, roundedTotal: bigint): bigint[] {
  const floors = exact.map((value) => floorDivision(value, unit));
  const remainders = exact.map((value, index) => value - (floors[index] ?? 0n) * unit);
  let leftOver = roundedTotal - floors.reduce((sum, floor) => sum + floor, 0n);
  const order = exact
    .map((_, index) => index)
    .toSorted((a, b) => compareDescending(remainders[a] ?? 0n, remainders[b] ?? 0n) || a - b);
  const candidates = leftOver >= 0n ? order : order.toReversed();
  const step = leftOver >= 0n ? 1n : -1n;
  for (let turn = 0; leftOver !== 0n; turn = (turn + 1) % candidates.length) {
    const index = candidates[turn];
    if (index === undefined) throw new RangeError("There is no part to take what is left over");
    floors[index] = (floors[index] ?? 0n) + step;
    leftOver -= step;
  }
  return floors;
}

function floorDivision(value: bigint, unit: bigint): bigint {
  const quotient = value / unit;
  return value < 0n && value % unit !== 0n ? quotient - 1n : quotient;
}

function compareDescending(a: bigint, b: bigint): number {
  return a === b ? 0 : a > b ? -1 : 1;
}
