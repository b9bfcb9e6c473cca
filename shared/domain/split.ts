/**
 * Splits `total` by `weights` into parts that add up to it exactly (largest remainder, after Hamilton): each part is first
 * rounded towards zero, then the units left over go one each to the parts with the largest remainders; of equal remainders
 * the earlier part comes first. Callers order the parts by a name that people know (team id), so a tie has one outcome.
 *
 * Example: 100 by [1, 1, 1] → [34, 33, 33]. A zero weight gets zero, whatever is left over.
 * @throws RangeError for a negative weight, or when there is something to split and nothing with a weight.
 */
export function splitExactly(total: bigint, weights: readonly bigint[]): bigint[] {
  let weightTotal = 0n;
  for (const weight of weights) {
    if (weight < 0n) throw new RangeError("A weight is negative");
    weightTotal += weight;
  }
  if (weightTotal === 0n) {
    if (total === 0n) return weights.map(() => 0n);
    throw new RangeError("Nothing has a weight: the amount has no taker");
  }
  const magnitude = total < 0n ? -total : total;
  let leftOver = magnitude;
  const remainders: bigint[] = [];
  const parts = weights.map((weight) => {
    const product = magnitude * weight;
    const floor = product / weightTotal;
    remainders.push(product - floor * weightTotal);
    leftOver -= floor;
    return floor;
  });
  // Each remainder is below weightTotal, so fewer units are left over than there are parts with a remainder.
  if (leftOver > 0n) addToLargest(parts, remainders, Number(leftOver));
  return total < 0n ? parts.map((part) => -part) : parts;
}

/**
 * Adds a unit to the `count` parts with the largest remainders, of equal ones the earlier. Thousands of them are told apart by doubles, which
 * never turn an order around; only those that are the same as doubles are compared exactly.
 */
function addToLargest(parts: bigint[], remainders: readonly bigint[], count: number): void {
  const sizes = Float64Array.from(remainders, Number);
  const least = sizes.toSorted()[remainders.length - count] ?? 0;
  const level: number[] = [];
  let left = count;
  for (let index = 0; index < sizes.length; index += 1) {
    const size = sizes[index] ?? 0;
    if (size === least) level.push(index);
    if (size <= least) continue;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1;
  }
  if (level.length > left)
    level.sort((a, b) => compareDescending(remainders[a] ?? 0n, remainders[b] ?? 0n) || a - b);
  for (const index of level.slice(0, left)) parts[index] = (parts[index] ?? 0n) + 1n;
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
