import { roundTogether } from "@apportion/domain/split";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { sumBy, type CostLine } from "../costs/month.js";

/** A part of a named pool that has one place and one reason. */
export interface PoolPart {
  readonly reason: string;
  readonly pool: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly category: string;
  readonly cents: bigint;
}

/** The parts of a named pool, the largest first; their cents add up to the pool's. */
export function poolParts(lines: readonly CostLine[], cents: bigint): PoolPart[] {
  const parts = sumBy(lines, ({ reason, pool, cluster, namespace, category, ownerKind }) =>
    // Idle is told by cluster; what nobody owns by why and where, and not by what it is made of where a namespace says more.
    JSON.stringify([
      reason,
      pool,
      cluster,
      namespace,
      ownerKind === "idle" || namespace !== "" || pool !== "" ? "" : category,
    ]),
  );
  const shares = roundTogether(
    parts.map((part) => part.picos),
    PICOS_PER_CENT,
    cents,
  );
  return parts.map(({ key }, index) => {
    const [reason = "", pool = "", cluster = "", namespace = "", category = ""] = JSON.parse(key) as string[];
    return { reason, pool, cluster, namespace, category, cents: shares[index] ?? 0n };
  });
}
