import { type CostLine, sumBy } from "@apportion/books/months/month";
import type { Category } from "@apportion/domain/category";
import { roundTogether } from "@apportion/domain/split";
import { PICOS_PER_CENT } from "@apportion/domain/statement";

/** A part of a named pool that has one place and one reason. */
export interface PoolPart {
  readonly reason: string;
  readonly pool: string;
  readonly cluster: string;
  readonly namespace: string;
  /** Pool of the nodes whose capacity was idle; else empty. */
  readonly nodePool: string;
  /** Service of the bill; else empty. */
  readonly service: string;
  /** Team label or tag that no team has; else empty. */
  readonly label: string;
  /** Empty where a namespace or a pool says more. */
  readonly category: Category | "";
  readonly cents: bigint;
}

/** The parts of a named pool, the largest first; their cents add up to the pool's. */
export function poolParts(lines: readonly CostLine[], cents: bigint): PoolPart[] {
  const parts = sumBy(lines, (line) => JSON.stringify(partOf(line)));
  const shares = roundTogether(
    parts.map((part) => part.picos),
    PICOS_PER_CENT,
    cents,
  );
  return parts.map(({ key }, index) => ({
    ...(JSON.parse(key) as ReturnType<typeof partOf>),
    cents: shares[index] ?? 0n,
  }));
}

/** Idle is told by pool of nodes and resource; what nobody owns by why and where, and not by what it is made of where a namespace says more. */
function partOf(line: CostLine): Omit<PoolPart, "cents"> {
  const { reason, pool, cluster, namespace, nodePool, service, label } = line;
  const category = namespace !== "" || pool !== "" ? "" : line.category;
  return { reason, pool, cluster, namespace, nodePool, service, label, category };
}
