import { formatPicos } from "@apportion/domain/money";
import type { CostCell, Origin } from "./cells.js";
import type { Allocation } from "./line.js";

/** Collected against allocated for one source and scope; `difference` is `"0"` or the run is not sealed. */
export interface ConservationEntry extends Origin {
  readonly collected: string;
  readonly allocated: string;
  readonly difference: string;
}

export interface Certificate {
  readonly entries: readonly ConservationEntry[];
  readonly collected: bigint;
  readonly allocated: bigint;
}

export class ConservationError extends Error {
  readonly code = "CONSERVATION";
}

export interface OriginTotal extends Origin {
  readonly amount: bigint;
}

/**
 * Proves that what was allocated is what was collected, for each source and scope, to the last of the twelve places.
 * @throws ConservationError naming every source that does not balance.
 */
export function certify(collected: readonly OriginTotal[], allocated: readonly OriginTotal[]): Certificate {
  const allocatedByOrigin = new Map(allocated.map((total) => [originKey(total), total.amount]));
  const origins = new Map([...collected, ...allocated].map((total) => [originKey(total), total]));
  const collectedByOrigin = new Map(collected.map((total) => [originKey(total), total.amount]));
  const entries = [...origins]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { source, scope }]) => {
      const before = collectedByOrigin.get(key) ?? 0n;
      const after = allocatedByOrigin.get(key) ?? 0n;
      return {
        source,
        scope,
        collected: formatPicos(before),
        allocated: formatPicos(after),
        difference: formatPicos(after - before),
      };
    });
  const wrong = entries.filter((entry) => entry.difference !== "0");
  if (wrong.length > 0)
    throw new ConservationError(`Allocated is not what was collected: ${JSON.stringify(wrong)}`);
  return { entries, collected: sum(collected), allocated: sum(allocated) };
}

export function totalsOfCells(cells: readonly CostCell[]): OriginTotal[] {
  return totals(
    cells.map(({ source, scope, parts }) => ({
      source,
      scope,
      amount: parts.reduce((total, part) => total + part.amount, 0n),
    })),
  );
}

export function totalsOfLines(allocation: Allocation): OriginTotal[] {
  return totals(
    allocation.map((item) =>
      item.kind === "shares"
        ? { source: item.source, scope: item.scope, amount: item.amounts.reduce((a, b) => a + b, 0n) }
        : item,
    ),
  );
}

/** One total for each source and scope. */
export function totals(amounts: readonly OriginTotal[]): OriginTotal[] {
  const byOrigin = new Map<string, OriginTotal>();
  for (const { source, scope, amount } of amounts) {
    const key = originKey({ source, scope });
    byOrigin.set(key, { source, scope, amount: (byOrigin.get(key)?.amount ?? 0n) + amount });
  }
  return [...byOrigin.values()];
}

function sum(amounts: readonly OriginTotal[]): bigint {
  return amounts.reduce((total, { amount }) => total + amount, 0n);
}

function originKey({ source, scope }: Origin): string {
  return JSON.stringify([source, scope]);
}
