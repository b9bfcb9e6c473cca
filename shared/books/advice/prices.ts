import type { Day } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { accountOf, type Registry } from "@apportion/domain/tenancy";
import type { CompleteDay } from "./complete-days.js";

/** From Kubecost's prices to those of statements, by day and cluster. */
export interface Prices {
  /** What a list price is on the statement; the same where no bill prices the cluster. */
  atBill(day: Day, cluster: string, picos: bigint): bigint;
  /** What a cost at the statement's price of one day is at that of another. */
  moved(cluster: string, cost: bigint, from: Day, to: Day): bigint;
  /** By how much at most list prices grow, as a ratio. */
  readonly most: { readonly billed: bigint; readonly listed: bigint };
}

const SAME = { billed: 1n, listed: 1n };

/**
 * The difference between a bill and list prices is spread over whatever costs more than nothing on its clusters, in proportion (`allocation/rate-variance.ts`): the same ratio here.
 * @param negatives what idle of a day and cluster comes to below zero, in picos, by `day/cluster`: it takes no part of the difference
 */
export function pricesOf(
  days: readonly CompleteDay[],
  registry: Pick<Registry, "accounts">,
  negatives: ReadonlyMap<string, bigint>,
): Prices {
  const ratios = new Map<string, { readonly billed: bigint; readonly listed: bigint }>();
  for (const { day, listPrices, rateVariances } of days) {
    const takers = new Map<string, bigint>();
    for (const [cluster, listed] of listPrices) {
      const account = accountOf(registry, cluster);
      if (account === undefined) continue;
      const taking = listed - (negatives.get(`${day}/${cluster}`) ?? 0n);
      takers.set(account, (takers.get(account) ?? 0n) + taking);
    }
    for (const cluster of listPrices.keys()) {
      const account = accountOf(registry, cluster) ?? "";
      const [listed = 0n, variance = 0n] = [takers.get(account), rateVariances.get(account)];
      if (listed > 0n && listed + variance > 0n)
        ratios.set(`${day}/${cluster}`, { billed: listed + variance, listed });
    }
  }
  const most = [...ratios.values()].reduce(
    (max, each) => (each.billed * max.listed > max.billed * each.listed ? each : max),
    SAME,
  );
  return {
    atBill(day, cluster, picos) {
      const ratio = ratios.get(`${day}/${cluster}`);
      return ratio ? roundedDivision(picos * ratio.billed, ratio.listed) : picos;
    },
    moved(cluster, cost, from, to) {
      const [there, here] = [
        ratios.get(`${from}/${cluster}`) ?? SAME,
        ratios.get(`${to}/${cluster}`) ?? SAME,
      ];
      return roundedDivision(cost * there.listed * here.billed, there.billed * here.listed);
    },
    most,
  };
}
