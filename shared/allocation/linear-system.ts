/** Fixed-point numbers have so many bits after the point: 36 decimal places more than the 12 of an amount. */
export const BITS = 160n;
export const SCALE = 1n << BITS;

/** One row less a multiple of another: less `times`, which is never positive. */
interface Step {
  readonly pivot: number;
  readonly row: number;
  readonly times: bigint;
}

/**
 * Solves A X = B by Gaussian elimination in fixed-point numbers. A is weakly diagonally dominant, with a way out of every row and nothing
 * positive but its diagonal, so no pivoting is needed and nothing but truncation in the last bit is lost. B has nothing negative.
 *
 * B may have a column for each of thousands of teams. They do not know of each other, so they are taken some at a time, side by side in one bigint.
 * @param left A, row by row; it is used up
 * @param columns of B
 * @param right a row of B, column by column; rows that are the same may be the same function
 * @returns X, row by row
 */
export function solve(
  left: readonly bigint[][],
  columns: number,
  right: readonly ((column: number) => bigint)[],
): (row: number) => bigint[] {
  const steps = eliminate(left);
  const changed = new Set(steps.map(({ row }) => row));
  const packs: bigint[][] = left.map(() => []);
  for (let start = 0; start < columns; start += LANES) {
    const lanes = Math.min(LANES, columns - start);
    const known = new Map<(column: number) => bigint, bigint>();
    const rows = right.map((valueOf) => {
      const pack = known.get(valueOf) ?? packed(lanes, (lane) => valueOf(start + lane) << BITS);
      known.set(valueOf, pack);
      return pack;
    });
    applySteps(rows, steps);
    for (const row of changed) packs[row]?.push(rows[row] ?? 0n);
  }
  return (row) => {
    const diagonal = left[row]?.[row] ?? SCALE;
    const values = changed.has(row)
      ? (packs[row] ?? []).flatMap(unpacked).slice(0, columns)
      : Array.from({ length: columns }, (_, column) => (right[row]?.(column) ?? 0n) << BITS);
    return values.map((value) => value / diagonal);
  };
}

/** Takes what is off the diagonal away, first below it and then above. @returns how: the same is to be done to B */
function eliminate(left: readonly bigint[][]): Step[] {
  const steps: Step[] = [];
  const size = left.length;
  const step = (pivot: number, row: number): void => {
    const source = left[pivot] ?? [];
    const target = left[row] ?? [];
    const factor = target[pivot] ?? 0n;
    if (factor === 0n) return;
    const diagonal = source[pivot] ?? 0n;
    if (diagonal <= 0n)
      throw new RangeError("Services pass so little on to others than each other that rounding loses it");
    const times = (factor << BITS) / diagonal;
    for (let column = 0; column < size; column += 1) {
      const value = source[column] ?? 0n;
      if (value !== 0n) target[column] = (target[column] ?? 0n) - ((times * value) >> BITS);
    }
    steps.push({ pivot, row, times });
  };
  for (let pivot = 0; pivot < size; pivot += 1)
    for (let row = pivot + 1; row < size; row += 1) step(pivot, row);
  for (let pivot = size - 1; pivot >= 0; pivot -= 1)
    for (let row = 0; row < pivot; row += 1) step(pivot, row);
  return steps;
}

/** Numbers that lie in one bigint: more make a step cheaper for each of them, until they no longer lie in the processor's cache. */
const LANES = 32;
/** Of each number: room for the product of two that are at most about 1. */
const LANE_BITS = 336;
/** In every lane: what rounds a product up, and what of it stays. A number is moved up by {@link BITS}, so that it is added without a shift. */
const ALMOST_ONE = packed(LANES, () => SCALE - 1n);
const WHOLE = packed(LANES, () => ((1n << BigInt(LANE_BITS)) - 1n) ^ (SCALE - 1n));

function applySteps(rows: bigint[], steps: readonly Step[]): void {
  let pivot = -1;
  let source = 0n;
  for (const step of steps) {
    if (step.pivot !== pivot) {
      pivot = step.pivot;
      source = (rows[pivot] ?? 0n) >> BITS;
    }
    // What is taken away is not above zero, rounded down: what is added is not below zero, rounded up.
    rows[step.row] = (rows[step.row] ?? 0n) + ((-step.times * source + ALMOST_ONE) & WHOLE);
  }
}

function packed(lanes: number, numberOf: (lane: number) => bigint): bigint {
  let pack = 0n;
  for (let lane = lanes - 1; lane >= 0; lane -= 1) pack = (pack << BigInt(LANE_BITS)) | numberOf(lane);
  return pack;
}

function unpacked(pack: bigint): bigint[] {
  return Array.from({ length: LANES }, (_, lane) =>
    BigInt.asUintN(LANE_BITS, pack >> BigInt(lane * LANE_BITS)),
  );
}
