import { splitExactly } from "@apportion/domain/split";
import { BITS, SCALE, solve } from "./linear-system.js";

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

/** Where the cost of services ends. */
export interface EndToEnd {
  /** Keys of the others, in their order. */
  readonly others: readonly string[];
  /** Share of a service's own cost that ends with each of the others, in units of 10⁻¹²; they add up to {@link WHOLE}. */
  readonly sharesOf: (service: number) => bigint[];
}

/**
 * Share of each service's own cost that ends with each of the others, after the services have charged each other: the rows of
 * (I − A)⁻¹ B, where A is what services take of each other and B what the others take.
 * @throws RangeError for a closed loop; see {@link closedLoops}
 */
export function endToEnd(services: readonly ServiceWeights[]): EndToEnd {
  const others = [...new Set(services.flatMap((each) => [...each.others.keys()]))].sort();
  const known = new Map<ServiceWeights["others"], (column: number) => bigint>();
  const right = services.map((service) => {
    const total = totalOf(service);
    const ratioOf = (column: number): bigint => {
      const weight = service.others.get(others[column] ?? "") ?? 0n;
      return weight === 0n ? 0n : (weight << BITS) / total;
    };
    if (service.services.size > 0) return ratioOf;
    // Many pools follow the same costs, and serve no other service.
    const same = known.get(service.others) ?? ratioOf;
    known.set(service.others, same);
    return same;
  });
  const ratios = solve(notPassedOn(services), others.length, right);
  return { others, sharesOf: (service) => splitExactly(WHOLE, ratios(service)) };
}

/**
 * What each service costs with what it takes of the others: x = c + Aᵀx. For showing; nothing is charged by it.
 * @param costs own cost of each service, in picos
 */
export function grossCosts(services: readonly ServiceWeights[], costs: readonly bigint[]): bigint[] {
  const identity = services.map((_, row) => (column: number) => (row === column ? SCALE : 0n));
  const rows = solve(notPassedOn(services), services.length, identity);
  const passed = services.map((_, row) => rows(row));
  return services.map((_, taker) =>
    costs.reduce((total, cost, from) => {
      const product = cost * (passed[from]?.[taker] ?? 0n);
      return total + (product + (product < 0n ? -SCALE : SCALE) / 2n) / SCALE;
    }, 0n),
  );
}

/**
 * I − A.
 * @throws RangeError for a closed loop
 */
function notPassedOn(services: readonly ServiceWeights[]): bigint[][] {
  const loop = closedLoops(services);
  if (loop.length > 0)
    throw new RangeError(`${loop.join(", ")} serve only each other: their cost has no taker`);
  return services.map((service) => {
    const total = totalOf(service);
    return services.map(
      ({ id }) => (id === service.id ? SCALE : 0n) - ((service.services.get(id) ?? 0n) << BITS) / total,
    );
  });
}

function totalOf({ services, others }: ServiceWeights): bigint {
  return sum(others.values()) + sum(services.values());
}

function sum(values: Iterable<bigint>): bigint {
  let total = 0n;
  for (const value of values) total += value;
  return total;
}
