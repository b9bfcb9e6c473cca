import { splitExactly } from "@apportion/domain/split";

/**
 * Shared services that serve each other. Costs are never grossed up on the way: each service's own cost goes to the teams by its
 * end-to-end ratios, so conservation holds for each service and source whatever the precision of the ratios.
 *
 * These are the direct, step-down and reciprocal methods by which cost accounting allocates support departments.
 */

/** What the takers of a service weigh: other services by id, and everybody else (teams, nobody) by a key of the caller's. */
export interface ServiceWeights {
  readonly id: string;
  readonly services: ReadonlyMap<string, bigint>;
  readonly others: ReadonlyMap<string, bigint>;
}

/** Ratios are fixed-point numbers of so many bits after the point: 36 decimal places more than the 12 of an amount. */
const BITS = 160n;
const SCALE = 1n << BITS;
/** End-to-end ratios are handed out with 12 places, and add up to exactly this. */
export const WHOLE = 10n ** 12n;

/** Services that only serve each other, directly or on the way: their cost would go round for ever. */
export function closedLoops(services: readonly ServiceWeights[]): string[] {
  const open = new Set<string>();
  for (let grown = true; grown;) {
    grown = false;
    for (const { id, services: served, others } of services) {
      const leads = others.size > 0 || [...served.keys()].some((taker) => open.has(taker));
      if (!open.has(id) && leads) {
        open.add(id);
        grown = true;
      }
    }
  }
  return services.map(({ id }) => id).filter((id) => !open.has(id));
}

/**
 * Share of each service's own cost that ends with each of the others, after the services have charged each other: the rows of
 * (I − A)⁻¹ B, where A is what services take of each other and B what the others take.
 * @returns for each service the ratios in units of 10⁻¹²; those of a service add up to {@link WHOLE}
 * @throws RangeError for a closed loop; see {@link closedLoops}
 */
export function endToEnd(services: readonly ServiceWeights[]): Map<string, Map<string, bigint>> {
  const keys = [...new Set(services.flatMap(({ others }) => [...others.keys()]))].sort();
  const ratios = solve(
    services,
    services.map(({ others, services: served }) => {
      const total = sum(others.values()) + sum(served.values());
      return keys.map((key) => ((others.get(key) ?? 0n) << BITS) / total);
    }),
  );
  return new Map(
    services.map(({ id }, row) => {
      const parts = splitExactly(WHOLE, ratios[row] ?? []);
      const shares = keys.map((key, column) => [key, parts[column] ?? 0n] as const);
      return [id, new Map(shares.filter(([, share]) => share > 0n))];
    }),
  );
}

/**
 * What each service costs with what it takes of the others: x = c + Aᵀx. For showing; nothing is charged by it.
 * @param costs own cost of each service, in picos
 */
export function grossCosts(services: readonly ServiceWeights[], costs: readonly bigint[]): bigint[] {
  const identity = services.map((_, row) => services.map((__, column) => (row === column ? SCALE : 0n)));
  const passed = solve(services, identity);
  return services.map((_, taker) =>
    costs.reduce((total, cost, from) => {
      const product = cost * (passed[from]?.[taker] ?? 0n);
      return total + (product + (product < 0n ? -SCALE : SCALE) / 2n) / SCALE;
    }, 0n),
  );
}

/**
 * Solves (I − A) X = B by Gaussian elimination in fixed-point numbers. I − A is weakly diagonally dominant with a way out of every
 * row, so no pivoting is needed and nothing but truncation in the last bit is lost.
 */
function solve(services: readonly ServiceWeights[], right: readonly (readonly bigint[])[]): bigint[][] {
  const loop = closedLoops(services);
  if (loop.length > 0)
    throw new RangeError(`${loop.join(", ")} serve only each other: their cost has no taker`);
  const left = services.map(({ id, services: served, others }) => {
    const total = sum(others.values()) + sum(served.values());
    return services.map(
      (taker) => (taker.id === id ? SCALE : 0n) - ((served.get(taker.id) ?? 0n) << BITS) / total,
    );
  });
  const rows = left.map((row, index) => [...row, ...(right[index] ?? [])]);
  const size = rows.length;
  for (let pivot = 0; pivot < size; pivot += 1)
    for (let row = pivot + 1; row < size; row += 1) eliminate(rows, pivot, row);
  for (let pivot = size - 1; pivot >= 0; pivot -= 1)
    for (let row = 0; row < pivot; row += 1) eliminate(rows, pivot, row);
  return rows.map((row, index) =>
    row.slice(size).map((value) => nonNegative((value << BITS) / (row[index] ?? SCALE))),
  );
}

function eliminate(rows: bigint[][], pivot: number, row: number): void {
  const target = rows[row];
  const source = rows[pivot];
  if (!target || !source) return;
  const factor = target[pivot] ?? 0n;
  if (factor === 0n) return;
  const times = (factor << BITS) / (source[pivot] ?? SCALE);
  for (let column = 0; column < target.length; column += 1) {
    const value = source[column] ?? 0n;
    if (value !== 0n) target[column] = (target[column] ?? 0n) - ((times * value) >> BITS);
  }
}

/** Truncation can leave a hair below zero where the exact result is zero. */
function nonNegative(value: bigint): bigint {
  return value < 0n ? 0n : value;
}

function sum(values: Iterable<bigint>): bigint {
  let total = 0n;
  for (const value of values) total += value;
  return total;
}
